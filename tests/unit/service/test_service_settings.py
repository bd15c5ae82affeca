"""Settings of the process, and names that nobody reads."""

from __future__ import annotations

import pytest

from ingest.errors import SettingsFault
from service.settings import ServiceSettings, is_loopback, known_names, refuse_unknown_settings


def test_unknown_names_are_refused_all_at_once() -> None:
    """With the likely one; names for the tests and of others pass."""
    environment = {
        "ANDON_PROT": "1",
        "ANDON_WATCH_CLEAR": "1",
        "ANDON_TEST_DATA": "x",
        "HOME": "/",
        "ANDON_HOME": "y",
    }
    with pytest.raises(SettingsFault) as caught:
        refuse_unknown_settings(environment)
    assert "ANDON_PROT is no setting of Andon (did you mean ANDON_PORT?)" in str(caught.value)
    assert "ANDON_WATCH_CLEAR is no setting" in str(caught.value)
    assert "TEST_DATA" not in str(caught.value)
    refuse_unknown_settings({"andon_home": "y", "ANDON_TEST_X": "", "PATH": ""})


def test_every_room_is_asked_for_its_names() -> None:
    """One field of each room that has settings."""
    names = {"ANDON_PORT", "ANDON_ENCODER", "ANDON_QDRANT_URL", "ANDON_LLM_URL"}
    assert names <= known_names()


def test_bad_values_are_named_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name in the environment."""
    monkeypatch.setenv("ANDON_PORT", "eighty")
    monkeypatch.setenv("ANDON_WATCH_CLEAR_S", "-1")
    with pytest.raises(SettingsFault, match=r"ANDON_PORT: .*eighty") as caught:
        ServiceSettings.read()
    assert "ANDON_WATCH_CLEAR_S" in str(caught.value)


def test_command_line_overrules_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what it does not say is left to it."""
    monkeypatch.setenv("ANDON_PORT", "9000")
    monkeypatch.setenv("ANDON_HOST", "localhost")
    settings = ServiceSettings.read(port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "localhost")


@pytest.mark.parametrize(
    ("host", "only_us"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, *, only_us: bool) -> None:
    """Names and addresses that only this machine reaches."""
    assert is_loopback(host) is only_us
