"""The outbox as a person sees it, and the way to a centre with a key and a certificate."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from typer.testing import CliRunner, Result

from ingest.errors import SettingsFault, StoreFault
from ingest.forward import forwarding
from ingest.history import history_path
from ingest.outbox import Outbox, Refused
from ingest.outbox_items import as_json, item_of
from ingest.peer import Peer
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading
from service.access import Role, create_key
from service.cli.desk import ServiceDesk
from service.cli.main import app
from service.cli.outbox import passing_on
from service.metrics import Traffic, exposition
from tests.floor.centre import parts_at
from tests.leash import leashed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
CENTRE = "https://centre.invalid"
PLANT = """\
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""


def reading(number: int) -> Reading:
    return Reading("press-3", "oil", 1.5, "", Quality.GOOD, NOON, NOON, "mqtt:a", number)


def andon(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which two records wait and a third was refused."""
    path = history_path(tmp_path)
    with SqliteHistory(path) as history, Outbox(path) as outbox:
        outbox.begin(CENTRE, "cell-a")
        history.write([reading(1), reading(2), reading(3)])
        waiting = outbox.head(1)[0]
        outbox.confirm([], [Refused(waiting, as_json(item_of(waiting.record)), "no")], NOON)
    return tmp_path


def test_the_outbox_is_shown(home: Path) -> None:
    """In words and as JSON."""
    assert (
        f"2 records of cell-a wait for {CENTRE}" in andon("outbox", "show", "--home", home).output
    )
    assert json.loads(andon("outbox", "show", "--home", home, "--json").output) == {
        "url": CENTRE,
        "cell": "cell-a",
        "waiting": 2,
        "oldest": NOON.isoformat(),
    }


def test_what_was_refused_waits_again(home: Path) -> None:
    """Once."""
    retry = ("outbox", "retry", "--home", home, "--json")
    assert [json.loads(andon(*retry).output)["queued"] for _ in range(2)] == [1, 0]
    assert "0 refused records" in andon(*retry[:-1]).output


def test_an_outbox_is_given_up(home: Path) -> None:
    """Then there is none, and the history is whole."""
    assert "2 records that waited" in andon("outbox", "end", "--home", home).output
    assert "Nothing is passed on" in andon("outbox", "show", "--home", home).output
    for command in ("retry", "end"):
        assert isinstance(andon("outbox", command, "--home", home).exception, SettingsFault)
    with SqliteHistory(history_path(home)) as history:
        assert len(list(history.export())) == 3


def test_a_collector_that_passes_nothing_on_says_what_waits(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An outbox that nobody empties would fill the disk."""
    with passing_on(home, IngestSettings()):
        pass
    told = capsys.readouterr().err
    assert CENTRE in told
    assert "andon outbox end" in told


def test_a_history_in_a_database_has_no_outbox(home: Path) -> None:
    """Said before anything is collected."""
    settings = IngestSettings(forward_url=CENTRE, history_url="postgresql://andon@db/andon")
    with pytest.raises(SettingsFault, match="ANDON_HISTORY_URL"), passing_on(home, settings):
        pass


def test_a_url_that_is_none_is_refused(tmp_path: Path) -> None:
    """With the name of its setting."""
    fault = andon("ingest", "--forward", "centre:8080", "--home", tmp_path).exception
    assert isinstance(fault, SettingsFault)
    assert "ANDON_FORWARD_URL: must begin with http:// or https://" in str(fault)


def test_an_outbox_is_emptied_while_the_disk_is_full(tmp_path: Path) -> None:
    """The reserve is there for that: new records wait, confirmed ones make room for them."""
    path = history_path(tmp_path)
    with SqliteHistory(path) as history, Outbox(path) as outbox:
        outbox.begin(CENTRE, "cell-a")
        history.write([reading(number) for number in range(50)])
        with SqliteHistory(path, reserve_bytes=1 << 60) as full:
            with pytest.raises(StoreFault, match="is full"):
                full.write([reading(99)])
            outbox.confirm(outbox.head(50), [], NOON)
        assert outbox.head(1) == []


@pytest.fixture
def centre(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Peer]:
    """A centre with TLS and keys, and all that is needed to be let in."""
    authority, port = trustme.CA(), free_port()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    certificate.write_to_path(tmp_path / "centre.pem")
    keys = tmp_path / "keys.json"
    (tmp_path / "key").write_text(create_key(keys, Role.ENGINEER, name="all"))
    (tmp_path / "centre.toml").write_text(PLANT)
    command: list[str | Path] = [sys.executable, "-m", "tests.floor.centre"]
    command += ["--home", tmp_path / "centre"]
    command += ["--plant", tmp_path / "centre.toml", "--keys", keys, "--port", str(port)]
    command += ["--certificate", tmp_path / "centre.pem"]
    peer = Peer(f"https://localhost:{port}", tmp_path / "key", tmp_path / "ca.pem")
    with subprocess.Popen(
        leashed(command), cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as running:
        try:
            until(lambda: _answers(peer), within_s=60)
            yield peer
        finally:
            running.terminate()


def _answers(peer: Peer) -> bool:
    with peer.client(timeout_s=5) as client:
        try:
            return client.get("/healthz").is_success
        except httpx.TransportError:
            return False


def test_a_centre_is_reached_over_tls_with_a_key(
    home: Path, centre: Peer, until: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """With the CA and the key it is; without the CA everything is kept and the reason said."""
    strange = Peer(centre.url, centre.key_file)
    settings = IngestSettings(forward_backoff_s=0.2, cell="cell-a")
    with caplog.at_level(logging.WARNING), forwarding(history_path(home), strange, settings):
        until(lambda: "certificate" in caplog.text.lower(), within_s=60)
    with forwarding(history_path(home), centre, settings) as outbox:
        until(lambda: not outbox.head(1), within_s=60)
    with SqliteHistory(home / "centre" / "history.db") as history:
        assert [count.source for count in history.counters()] == ["http:all/cell-a/mqtt:a"]


def test_a_command_asks_a_service_with_keys(centre: Peer) -> None:
    """`andon docs` and `andon ask` send the key; without it the service refuses and says why."""
    with ServiceDesk(centre) as desk:
        assert desk.documents() == []
    with (
        ServiceDesk(Peer(centre.url, ca_file=centre.ca_file)) as desk,
        pytest.raises(SettingsFault, match="ANDON_API_KEY_FILE"),
    ):
        desk.documents()


def test_the_service_of_a_cell_tells_what_it_owes(home: Path) -> None:
    """To Prometheus, and as a part that works with less while the centre is away for long."""
    (home / "plant.toml").write_text(PLANT)
    with parts_at(home, home / "plant.toml") as parts:
        shown = exposition(parts, Traffic()).decode()
        (part,) = [part for part in parts.state_of_parts() if part.name == "outbox"]
        soon = replace(parts, clock=lambda: NOON + timedelta(seconds=9)).state_of_parts()
    assert "andon_outbox_records 2.0" in shown
    assert "andon_outbox_oldest_seconds" in shown
    assert (part.state, part.detail) == ("degraded", f"2 record(s) wait for {CENTRE}")
    assert [part.state for part in soon if part.name == "outbox"] == ["ok"]
