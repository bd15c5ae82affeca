"""Who may do what, and what a browser of another origin may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.errors import NotKnown, SettingsFault
from service.access import Role, access_for, create_key, read_keys, remove_key
from service.settings import ServiceSettings

READING = {"machine": "press-3", "signal": "oil_temp", "value": 1.5}
PUSH = {"readings": [{**READING, "source_time": "2026-11-22T11:59:00Z"}]}

Keyed = Callable[[Role | None], TestClient]


def test_without_a_key_only_health_and_page_answer(keyed: Keyed) -> None:
    """Everything that says something about the plant asks for a key."""
    client = keyed(None)
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200
    for path in ("/v1/machines", "/v1/issues", "/v1/stream", "/metrics", "/v1/models"):
        reply = client.get(path)
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.MACHINE, {"push"}),
        (Role.OPERATOR, {"read", "ask"}),
        (Role.ENGINEER, {"push", "read", "ask", "models"}),
    ],
)
def test_a_role_may_do_its_own_and_no_more(keyed: Keyed, role: Role, allowed: set[str]) -> None:
    """Machines push, operators read and ask, engineers do everything."""
    client = keyed(role)
    replies = {
        "push": client.post("/v1/readings", json=PUSH),
        "read": client.get("/v1/machines"),
        "ask": client.post("/v1/ask", json={"question": "what now?"}),
        "models": client.post("/v1/models/error_code/promote", json={"version": "fake-0"}),
    }
    assert {name for name, reply in replies.items() if reply.status_code == 200} == allowed
    assert {reply.status_code for reply in replies.values()} <= {200, 403}


def test_wrong_and_malformed_keys_are_refused(keyed: Keyed) -> None:
    """Also one that differs in its last letter."""
    client = keyed(Role.ENGINEER)
    good = str(client.headers["Authorization"])
    flipped = good[:-1] + ("A" if good[-1] != "A" else "B")
    for bad in ("Bearer x", "Bearer andon_00000000_" + "A" * 43, flipped, "Basic eDp5"):
        assert client.get("/v1/machines", headers={"Authorization": bad}).status_code == 401
    token = good.removeprefix("Bearer ")
    client.headers.pop("Authorization")
    assert client.get("/v1/machines", headers={"X-API-Key": token}).status_code == 200


def test_new_and_removed_keys_count_without_a_restart(keyed: Keyed, tmp_path: Path) -> None:
    """The file is read again when it changes."""
    client, path = keyed(None), tmp_path / "keys.json"
    token = create_key(path, Role.OPERATOR, name="new")
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/v1/machines", headers=header).status_code == 200
    remove_key(path, token.split("_")[1])
    assert client.get("/v1/machines", headers=header).status_code == 401


def test_keys_file_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    """Only hashes, readable by the owner alone."""
    path = tmp_path / "keys.json"
    token = create_key(path, Role.MACHINE, name="gateway")
    assert token.split("_", 2)[2] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [key.name for key in read_keys(path)] == ["gateway"]
    with pytest.raises(NotKnown):
        remove_key(path, "nobody")


def test_reachable_address_without_keys_is_refused(tmp_path: Path) -> None:
    """At start, naming what to do; loopback stays open."""
    with pytest.raises(SettingsFault, match="andon keys create"):
        access_for(ServiceSettings(host="0.0.0.0", home=tmp_path))
    assert access_for(ServiceSettings(host="127.0.0.1", home=tmp_path)).open
    (tmp_path / "keys.json").write_text('{"keys": []}')
    with pytest.raises(SettingsFault, match="holds no key"):
        access_for(ServiceSettings(keys_file=tmp_path / "keys.json", home=tmp_path))
    (tmp_path / "keys.json").write_text("[1")
    with pytest.raises(SettingsFault, match="no keys file"):
        access_for(ServiceSettings(keys_file=tmp_path / "keys.json", home=tmp_path))


def test_open_service_answers_to_loopback_names_only(client: TestClient) -> None:
    """A name that someone's DNS points at this machine gets nothing."""
    for host in ("evil.example", "evil.example:8080", "[::1", ""):
        assert client.get("/v1/machines", headers={"Host": host}).status_code == 403
    for host in ("localhost:8080", "127.0.0.1:1", "[::1]:8080"):
        assert client.get("/v1/machines", headers={"Host": host}).status_code == 200


def test_page_of_another_origin_changes_nothing(client: TestClient) -> None:
    """Not even with a form, which needs no leave from us."""
    for origin in ("https://evil.example", "null", "http://[::1"):
        foreign = {"Origin": origin}
        assert client.post("/v1/readings", json=PUSH, headers=foreign).status_code == 403
    own = {"Origin": "http://127.0.0.1"}
    assert client.post("/v1/readings", json=PUSH, headers=own).status_code == 200


def test_every_reply_forbids_outside_content(client: TestClient) -> None:
    """The page may load nothing from elsewhere, and nobody may frame it."""
    for path in ("/", "/v1/machines", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
