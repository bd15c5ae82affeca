"""Settings of the ingest room come from the environment and are checked."""

from __future__ import annotations

import pytest

from ingest.errors import SettingsFault
from ingest.settings import IngestSettings
from service.settings import read_settings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the prefix ANDON_."""
    monkeypatch.setenv("ANDON_BATCH_SIZE", "7")
    assert read_settings(IngestSettings).batch_size == 7


def test_every_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that the operator set."""
    monkeypatch.setenv("ANDON_BATCH_SIZE", "0")
    monkeypatch.setenv("ANDON_BATCH_MS", "soon")
    with pytest.raises(SettingsFault) as caught:
        read_settings(IngestSettings)
    assert "ANDON_BATCH_SIZE: " in str(caught.value)
    assert "ANDON_BATCH_MS: " in str(caught.value)
    assert "'soon'" in str(caught.value)
