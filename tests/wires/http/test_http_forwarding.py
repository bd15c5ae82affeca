"""A cell and its centre: the forwarder against the real app, over a link that fails."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from ingest.errors import StoreFault, WireFault
from ingest.forward import Forwarder
from ingest.outbox import Outbox
from ingest.peer import Peer
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity
from service.access import Role
from service.app import create_app
from service.parts import Parts
from tests.wires.http.conftest import LOCAL, NOON

TOPIC = "mqtt:andon/line-1/press-3/telemetry"


def reading(
    number: int | None = 1, machine: str = "press-3", value: float | None = 45.5
) -> Reading:
    quality = Quality.BAD if value is None else Quality.UNCERTAIN
    at = NOON - timedelta(days=3, microseconds=7)
    return Reading(machine, "oil_temp", value, "K", quality, at, at, TOPIC, number)


def event(number: int = 1) -> Event:
    at = NOON - timedelta(days=3)
    words = ("E217", Severity.CRITICAL, EventState.RAISED, "Öl heiß")
    return Event("press-3", *words, at, at, "mqtt:events", number)


class Cell:
    """A cell's history with its outbox, and the link to the centre."""

    def __init__(self, folder: Path, centre: TestClient, name: str) -> None:
        self.history = SqliteHistory(folder / "history.db")
        self.outbox = Outbox(self.history.path)
        self._centre = centre
        self.answers_lost = 0
        name = self.outbox.begin("http://centre", name)
        client = Peer("http://centre").client(
            timeout_s=5, transport=httpx.MockTransport(self._link)
        )
        self._forwarder = Forwarder(self.outbox, client, IngestSettings(), cell=name)

    def _link(self, request: httpx.Request) -> httpx.Response:
        """Bring it to the centre; lose as many answers as it is to lose."""
        kept = ("content-type", "content-encoding", "authorization")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        reply = self._centre.post(request.url.path, content=request.content, headers=headers)
        if self.answers_lost:
            self.answers_lost -= 1
            raise httpx.ReadTimeout("the answer got lost")
        return httpx.Response(reply.status_code, content=reply.content)

    def pass_on(self) -> int:
        return self._forwarder.pass_on(threading.Event())

    def close(self) -> None:
        self.outbox.__exit__(None, None, None)
        self.history.close()


@pytest.fixture
def cell_of(tmp_path: Path) -> Iterator[Callable[[TestClient, str], Cell]]:
    """Makes cells of a centre."""
    made: list[Cell] = []

    def make(centre: TestClient, name: str = "cell-a") -> Cell:
        made.append(Cell(tmp_path / f"cell-{len(made)}", centre, name))
        return made[-1]

    yield make
    for cell in made:
        cell.close()


CellOf = Callable[..., Cell]


def test_a_record_arrives_as_it_left(client: TestClient, parts: Parts, cell_of: CellOf) -> None:
    """Value, unit, quality, times and number; its source says through whom it came."""
    cell = cell_of(client)
    cell.history.write([reading(1), reading(2, value=None), reading(None), event()])
    assert cell.pass_on() == 4
    source = f"http:open/cell-a/{TOPIC}"
    span = (NOON - timedelta(days=9), NOON)
    found = parts.history.readings("press-3", "oil_temp", *span)
    expected = [reading(1), reading(2, value=None), reading(None)]
    assert set(found) == {replace(one, source=source) for one in expected}
    (heard,) = parts.history.events("press-3", *span)
    assert replace(heard, row=None) == replace(event(), source="http:open/cell-a/mqtt:events")
    assert cell.outbox.head(10) == []


def test_a_lost_answer_doubles_nothing(client: TestClient, parts: Parts, cell_of: CellOf) -> None:
    """The centre had committed; the repeat is a duplicate, with a number and without."""
    cell = cell_of(client)
    cell.history.write([reading(1), reading(None), event()])
    cell.answers_lost = 2
    for _ in range(2):
        with pytest.raises(WireFault):
            cell.pass_on()
    assert cell.pass_on() == 3
    counts = parts.history.counters()
    assert sum(count.stored for count in counts) == 3
    assert sum(count.duplicates for count in counts) > 0
    assert len(list(parts.history.export())) == 2


def test_two_cells_are_never_taken_for_one(
    client: TestClient, parts: Parts, cell_of: CellOf
) -> None:
    """The same topic, number and time at both."""
    for name in ("cell-a", "cell-b"):
        cell = cell_of(client, name)
        cell.history.write([reading(1)])
        cell.pass_on()
    assert [count.stored for count in parts.history.counters()] == [1, 1]


def test_what_the_centre_refuses_does_not_block(
    client: TestClient, parts: Parts, cell_of: CellOf
) -> None:
    """An unknown machine is set aside at the cell, with the centre's words."""
    cell = cell_of(client)
    cell.history.write([reading(1), reading(2, machine="press-9"), reading(3)])
    assert cell.pass_on() == 3
    (letter,) = cell.history.dead_letters()
    assert "'press-9' is not in the plant description" in letter.reason
    assert len(list(parts.history.export())) == 2


def test_a_centre_that_cannot_store_confirms_nothing(
    client: TestClient, parts: Parts, cell_of: CellOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the centre: 503, and the cell keeps everything."""
    cell = cell_of(client)
    cell.history.write([reading(1)])
    with monkeypatch.context() as full:
        full.setattr(SqliteHistory, "write", lambda *_: _refuse())
        with pytest.raises(WireFault, match=r"503.*disk is full"):
            cell.pass_on()
    assert cell.pass_on() == 1


def _refuse() -> None:
    raise StoreFault("The disk is full.")


def test_only_a_machine_key_may_pass_on(
    keyed: Callable[[Role | None], TestClient], cell_of: CellOf, parts: Parts
) -> None:
    """An operator's key keeps everything at the cell; the key's name is part of the source."""
    cell = cell_of(keyed(Role.OPERATOR))
    cell.history.write([reading(1)])
    with pytest.raises(WireFault, match="403"):
        cell.pass_on()
    keyed(Role.MACHINE)
    assert cell.pass_on() == 1
    assert parts.history.counters()[0].source == f"http:a-machine/cell-a/{TOPIC}"


def test_a_receipt_is_never_later_than_now(client: TestClient, parts: Parts) -> None:
    """A cell's clock that runs ahead must not make the centre's data look fresh for ever."""
    ahead = (NOON + timedelta(hours=5)).isoformat()
    item = {
        "machine": "press-3",
        "signal": "oil_temp",
        "value": 1.5,
        "source_time": NOON.isoformat(),
        "received_time": ahead,
    }
    assert client.post("/v1/readings", json={"readings": [item]}).json()["stored"] == 1
    assert parts.history.counters()[0].last_received == NOON


def _packed(parts: Parts, content: bytes) -> int:
    with TestClient(create_app(parts), base_url=LOCAL) as client:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return client.post("/v1/readings", content=content, headers=headers).status_code


def test_a_packed_body_is_bounded_by_what_it_unpacks_to(parts: Parts) -> None:
    """A bomb, nonsense and a body that is cut off are refused."""
    item = {"machine": "press-3", "signal": "oil_temp", "value": 1, "source_time": str(NOON)}
    good = gzip.compress(json.dumps({"readings": [item]}).encode())
    assert _packed(parts, good) == 200
    assert _packed(parts, good[:-9]) == 400
    assert _packed(parts, b"nonsense") == 400
    assert _packed(parts, gzip.compress(b" " * 64_000_000)) == 413
