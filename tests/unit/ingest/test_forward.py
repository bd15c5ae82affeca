"""Passing on: what is confirmed goes, what is not stays, and nothing overtakes."""

from __future__ import annotations

import fcntl
import gzip
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.errors import SettingsFault, WireFault
from ingest.forward import CentreAway, Forwarder, forwarding, parts_of
from ingest.history import Record
from ingest.outbox import Outbox, Waiting
from ingest.peer import Peer
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.01)


def reading(number: int, source: str = "mqtt:a") -> Reading:
    return Reading("press-3", "oil", 1.5, "", Quality.GOOD, NOON, NOON, source, number)


def event(number: int, source: str = "mqtt:b") -> Event:
    return Event("press-3", "E1", Severity.INFO, EventState.NOTE, "", NOON, NOON, source, number)


def body(request: httpx.Request) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(request.content))
    return content


def sequences(request: httpx.Request) -> list[int]:
    said = body(request)
    return [item["sequence"] for item in said.get("readings", []) + said.get("events", [])]


def accept(request: httpx.Request) -> httpx.Response:
    """Confirm everything."""
    items = [{"status": "accepted", "reason": ""} for _ in sequences(request)]
    return httpx.Response(200, json={"items": items})


class Cell:
    """An outbox that is filled by hand, and a centre that answers as it is told."""

    def __init__(self, history: SqliteHistory, outbox: Outbox) -> None:
        self.history = history
        self.outbox = outbox
        self.requests: list[httpx.Request] = []
        self.answer: Answer = accept
        self.stop = threading.Event()

    def forwarder(self, **settings: Any) -> Forwarder:
        transport = httpx.MockTransport(self._handle)
        client = Peer("http://centre").client(timeout_s=1, transport=transport)
        chosen = IngestSettings().model_copy(update=settings)
        return Forwarder(self.outbox, client, chosen, cell="cell-a")

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)

    @property
    def waiting(self) -> list[Record]:
        return [waiting.record for waiting in self.outbox.head(10_000)]


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    """A cell with nothing to say yet."""
    with SqliteHistory(tmp_path / "history.db") as history, Outbox(history.path) as outbox:
        outbox.begin("http://centre", "cell-a")
        made = Cell(history, outbox)
        yield made
        made.stop.set()


def test_confirmed_records_leave_in_order(cell: Cell) -> None:
    """Readings to one path, events to the other, each with its source and its times."""
    for record in (reading(1), event(1), reading(2)):
        cell.history.write([record])
    assert cell.forwarder().pass_on(cell.stop) == 3
    first, second = cell.requests
    assert (first.url.path, second.url.path) == ("/v1/readings", "/v1/events")
    assert body(first)["cell"] == "cell-a"
    assert body(first)["readings"][0] == {
        "machine": "press-3",
        "signal": "oil",
        "value": 1.5,
        "unit": "",
        "quality": "good",
        "source": "mqtt:a",
        "source_time": NOON.isoformat(),
        "received_time": NOON.isoformat(),
        "sequence": 1,
    }
    assert sequences(first) == [1, 2]
    assert cell.waiting == []


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def surprise(request: httpx.Request) -> httpx.Response:
    raise ZeroDivisionError


VERDICTS = [{"index": at, "status": "accepted", "reason": ""} for at in range(2)]
KEEPING: dict[str, Answer] = {
    "unreachable": unreachable,
    "busy": lambda _: httpx.Response(503, json={"detail": "The disk is full."}),
    "slow down": lambda _: httpx.Response(429, headers={"Retry-After": "7"}),
    "no key": lambda _: httpx.Response(401, json={"detail": "This needs an API key."}),
    "elsewhere": lambda _: httpx.Response(301, headers={"Location": "/there"}),
    "not found": lambda _: httpx.Response(404, text="<html>"),
    "older centre": lambda _: httpx.Response(
        422, json={"detail": "1 fault", "errors": [{"pointer": "/body/cell", "detail": "extra"}]}
    ),
    "a login page": lambda _: httpx.Response(200, text="<html>Log in</html>"),
    "another program": lambda _: httpx.Response(200, json=["ok"]),
    "half an answer": lambda _: httpx.Response(200, json={"items": [{"status": "accepted"}]}),
    "no verdict": lambda _: httpx.Response(200, json={"items": 2 * [{"status": 1, "reason": 0}]}),
    "another order": lambda _: httpx.Response(200, json={"items": list(reversed(VERDICTS))}),
    "an endless answer": lambda _: httpx.Response(200, content=repeat(b" " * 65_536)),
    "a packed answer": lambda _: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(bytes(2**20))
    ),
    "a deep answer": lambda _: httpx.Response(200, text="[" * 100_000),
}


@pytest.mark.parametrize("name", KEEPING)
def test_what_is_not_confirmed_stays(cell: Cell, name: str) -> None:
    """Whatever a centre, a proxy or nobody answers: only a confirmation is one."""
    cell.history.write([reading(1), reading(2)])
    cell.answer = KEEPING[name]
    with pytest.raises(WireFault):
        cell.forwarder().pass_on(cell.stop)
    assert cell.waiting == [reading(1), reading(2)]
    assert cell.history.dead_letters() == []


def test_an_answer_that_trickles_is_not_waited_for(cell: Cell) -> None:
    """Each piece comes in time, the last one never."""
    cell.history.write([reading(1)])
    cell.answer = lambda _: httpx.Response(200, content=repeat(b" "))
    with pytest.raises(CentreAway, match="too long to answer"):
        cell.forwarder(forward_timeout_s=0.05).pass_on(cell.stop)
    assert cell.waiting == [reading(1)]


def test_words_of_the_centre_are_one_short_line(cell: Cell) -> None:
    """It may be a stranger, and the log is ours."""
    cell.history.write([reading(1)])
    words = "no\n2026 ERROR \x1b[31m" + "x" * 10**6
    cell.answer = lambda _: httpx.Response(500, json={"detail": words})
    with pytest.raises(CentreAway) as away:
        cell.forwarder().pass_on(cell.stop)
    assert away.value.message.isprintable()
    assert len(away.value.message) <= 1000


def test_the_centre_may_say_when_to_come_again(cell: Cell) -> None:
    """Seconds are kept to, within an hour; a date is not understood and not needed."""
    cell.history.write([reading(1)])
    headers: dict[str, str] = {}
    cell.answer = lambda _: httpx.Response(503, headers=headers)
    for asked, understood in (("7", 7.0), ("999999", 3600.0), ("Mon, 23 Nov 2026", 0.0)):
        headers["Retry-After"] = asked
        with pytest.raises(CentreAway) as away:
            cell.forwarder().pass_on(cell.stop)
        assert away.value.retry_after_s == understood


def test_a_refused_record_does_not_hold_up_the_others(cell: Cell) -> None:
    """It becomes a dead letter of the cell with the centre's reason."""
    cell.history.write([reading(1), reading(2), reading(3)])

    def answer(request: httpx.Request) -> httpx.Response:
        results = [
            {"status": "rejected", "reason": "unknown"} if number == 2 else {"status": "accepted"}
            for number in sequences(request)
        ]
        return httpx.Response(200, json={"items": results})

    cell.answer = answer
    cell.forwarder().pass_on(cell.stop)
    assert cell.waiting == []
    (letter,) = cell.history.dead_letters()
    assert letter.reason == "the centre refuses it: unknown"
    assert json.loads(letter.payload)["sequence"] == 2


def test_a_request_that_is_too_large_is_halved(cell: Cell) -> None:
    """Down to one record, and one alone that is too large is set aside."""
    cell.history.write([reading(number) for number in range(8)])

    def answer(request: httpx.Request) -> httpx.Response:
        asked = sequences(request)
        return httpx.Response(413) if len(asked) > 2 or 5 in asked else accept(request)

    cell.answer = answer
    cell.forwarder().pass_on(cell.stop)
    assert cell.waiting == []
    (letter,) = cell.history.dead_letters()
    assert json.loads(letter.payload)["sequence"] == 5


def test_nothing_of_a_source_overtakes() -> None:
    """A part ends where a source changes from readings to events; other sources wait with it."""
    mixed = event(2, "mqtt:a")
    queue: list[Record] = [reading(1), event(1), reading(2), mixed, reading(3), event(3)]
    parts = parts_of([Waiting(number, record) for number, record in enumerate(queue)])
    assert [[one.record for one in part] for part in parts] == [
        [reading(1), reading(2)],
        [event(1)],
    ]


class Patience(threading.Event):
    """An event that never happens, and remembers how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def test_the_rate_is_kept_to(cell: Cell) -> None:
    """The second request waits for as long as the first one's records are worth."""
    cell.history.write([reading(number) for number in range(20)])
    forwarder, stop = cell.forwarder(forward_rate=2.0, forward_batch=10), Patience()
    forwarder.pass_on(stop)
    forwarder.pass_on(stop)
    assert stop.waits[0] == 0
    assert 4 < stop.waits[1] <= 5


def test_it_goes_on_when_the_centre_is_back(cell: Cell, caplog: pytest.LogCaptureFixture) -> None:
    """After refusals and its own surprises; said once that it waits, once that it goes on."""
    cell.history.write([reading(1)])
    answers = iter([unreachable, unreachable, surprise, accept])

    def answer(request: httpx.Request) -> httpx.Response:
        return next(answers)(request)

    cell.answer = answer
    forwarder = cell.forwarder(forward_backoff_s=0.1)
    thread = threading.Thread(target=forwarder.run, args=(cell.stop,), daemon=True)
    with caplog.at_level(logging.WARNING):
        thread.start()
        until(lambda: "takes records again" in caplog.text)
        cell.stop.set()
        thread.join(60)
    assert not thread.is_alive()
    assert caplog.text.count("it cannot be reached") == 1
    assert "ZeroDivisionError" in caplog.text
    assert cell.waiting == []


def test_one_forwarder_a_home(cell: Cell, caplog: pytest.LogCaptureFixture) -> None:
    """A second one waits until the first is gone, however it went, and takes over."""
    cell.history.write([reading(1)])
    thread = threading.Thread(target=cell.forwarder().run, args=(cell.stop,), daemon=True)
    lock = cell.outbox.path.with_name("outbox.lock")
    with lock.open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with caplog.at_level(logging.INFO):
            thread.start()
            until(lambda: "another collector" in caplog.text)
        assert cell.requests == []
    until(lambda: cell.waiting == [])
    with lock.open("w") as third, pytest.raises(BlockingIOError):
        fcntl.flock(third, fcntl.LOCK_SH | fcntl.LOCK_NB)
    cell.stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert [sequences(request) for request in cell.requests] == [[1]]


def test_a_key_is_sent_and_read_anew(tmp_path: Path) -> None:
    """So that it can be changed while a collector runs."""
    file, seen = tmp_path / "key", list[str]()
    file.write_text("andon_1\n")

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200)

    peer = Peer("http://centre", key_file=file)
    with peer.client(timeout_s=1, transport=httpx.MockTransport(handle)) as client:
        client.get("/")
        file.write_text("andon_2")
        client.get("/")
    assert seen == ["Bearer andon_1", "Bearer andon_2"]


def test_a_peer_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    """The key file, the CA file or the URL, by name."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "two").write_text("one two")
    for peer, word in (
        (Peer("http://a", key_file=tmp_path / "none"), "none"),
        (Peer("http://a", key_file=tmp_path / "empty"), "ANDON_API_KEY_FILE|andon keys"),
        (Peer("http://a", key_file=tmp_path / "two"), "one API key"),
        (Peer("https://a", ca_file=tmp_path / "none"), "ANDON_CA_FILE"),
        (Peer("https://a", ca_file=tmp_path / "two"), "PEM"),
        (Peer("http://[::1"), "no URL"),
    ):
        with pytest.raises(SettingsFault, match=word):
            peer.client(timeout_s=1)


def test_a_key_in_plain_text_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """But not on the way to this machine itself."""
    (tmp_path / "key").write_text("andon_1")
    with SqliteHistory(tmp_path / "history.db") as history:
        for url in ("http://127.0.0.1:9", "http://centre.invalid"):
            peer = Peer(url, tmp_path / "key")
            with forwarding(history.path, peer, IngestSettings()):
                pass
    assert caplog.text.count("unencrypted") == 1
    assert "url=http://centre.invalid" in caplog.text
