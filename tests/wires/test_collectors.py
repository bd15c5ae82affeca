"""Several collectors of one history, several brokers of one plant, and a plant that changes."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest.broker import EmbeddedBroker
from ingest.collector import Collector, Place
from ingest.history import History
from ingest.opening import opened_history, opened_roster
from ingest.plant import load_plant
from ingest.roster import Roster
from ingest.roster_sqlite import SqliteRoster, roster_path
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from tests.leash import leashed
from tests.modbus_device import Log, device, values

Until = Callable[..., None]
PublisherTo = Callable[..., Any]
FreePort = Callable[[], int]
LONG_S = 60.0
REGISTERS = "signal,table,address,type\nspeed,holding,0,uint16\nload,holding,1,uint16\n"


@contextmanager
def devices(ports: list[int]) -> Iterator[list[Log]]:
    """Modbus devices on those ports that answer every read with zeros."""
    with ExitStack() as stack:
        zeros = partial(values, word=0)
        yield [stack.enter_context(device(port, zeros)) for port in ports]


def connections(log: Log) -> list[int]:
    """Connections in the order of their requests, repeats left out."""
    return [number for number, _ in itertools.groupby(asked.connection for asked in log.asked)]


def machine(name: str, port: int | None = None) -> str:
    """A stanza of a machine, polled if it has a port."""
    text = f'\n[[machines]]\nid = "{name}"\nline = "line-1"\nkind = "press"\n'
    if port is not None:
        text += (
            f'[machines.modbus]\nurl = "tcp://127.0.0.1:{port}"\n'
            'period_s = 0.1\ntimeout_s = 20\nregisters = "map.csv"\n'
        )
    return text


def routes(section: str, *topics: str) -> str:
    """Stanzas of routes."""
    return "".join(
        f'\n[[{section}.routes]]\ntopic = "{topic}"\nsequence = "/seq"\ntime = "/ts"\n'
        for topic in topics
    )


def mqtt(broker: Any, *topics: str, share: str = "") -> str:
    head = f'\n[mqtt]\nurl = "{broker.url}"\nversion = {broker.version}\nshare = "{share}"\n'
    return head + routes("mqtt", *topics)


def written(path: Path, *parts: str) -> Path:
    """A plant description in its folder; replaced in one step, as an editor does."""
    path.with_name("map.csv").write_text(REGISTERS)
    draft = path.with_name("draft")
    draft.write_text("".join(parts))
    draft.replace(path)
    return path


def message(sequence: int) -> str:
    return json.dumps({"ts": "2026-11-22T10:00:00Z", "seq": sequence, "values": {"oil_temp": 1.0}})


def stored(history: History, source: str = "mqtt") -> int:
    return sum(count.stored for count in history.counters() if count.source.startswith(source))


def units(roster: Roster) -> list[float]:
    """How many controllers each collector polls, the fewest first."""
    return sorted(pulse.figures["modbus_units"] for pulse in roster.pulses())


Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[Callable[[Path, IngestSettings], Start]]:
    """Starts `andon ingest` in processes of its own, whose log is in the test's folder."""
    running: list[subprocess.Popen[bytes]] = []

    def starter(plant: Path, settings: IngestSettings) -> Start:
        environment = {**os.environ, "ANDON_LEASE_S": str(settings.lease_s)}
        environment["ANDON_HISTORY_URL"] = settings.history_url
        command = [sys.executable, "-m", "service", "ingest"]
        command += ["--plant", str(plant), "--home", str(tmp_path / "home")]

        def start() -> subprocess.Popen[bytes]:
            log = tmp_path / f"collector-{len(running) + 1}.log"
            with log.open("wb") as file:
                running.append(subprocess.Popen(leashed(command), stderr=file, env=environment))
            return running[-1]

        return start

    yield starter
    for process in running:
        process.kill()
        process.wait(30)


@pytest.mark.parametrize("any_broker", ["mosquitto-5"], indirect=True)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_collectors_divide_the_controllers_and_take_over_those_of_a_dead_one(
    store: str,
    request: pytest.FixtureRequest,
    any_broker: Any,
    publisher_to: PublisherTo,
    starting: Callable[[Path, IngestSettings], Start],
    free_port: FreePort,
    tmp_path: Path,
    until: Until,
) -> None:
    """One joins, both store each message once between them, one is killed; never two on a lane."""
    url = request.getfixturevalue("postgres") if store == "postgres" else ""
    settings = IngestSettings(history_url=url, lease_s=5.0)
    ports = [free_port() for _ in range(4)]
    stanzas = [machine(f"press-{port}", port) for port in ports]
    topic = "andon/{line}/{machine}/telemetry"
    plant = written(
        tmp_path / "plant.toml", mqtt(any_broker, topic, share="andon"), *stanzas, machine("mill")
    )
    start = starting(plant, settings)
    with (
        devices(ports) as found,
        opened_history(tmp_path / "home", settings) as history,
        opened_roster(tmp_path / "home", settings) as roster,
    ):
        first = start()
        until(lambda: units(roster) == [4], LONG_S)
        start()
        until(lambda: units(roster) == [2, 2], LONG_S)
        until(lambda: [pulse.figures["brokers_connected"] for pulse in roster.pulses()] == [1, 1])
        publisher = publisher_to(any_broker)
        publisher.send("andon/line-1/mill/telemetry", *(message(n) for n in range(400)))
        until(lambda: stored(history) == 400, LONG_S)
        assert sum(count.duplicates for count in history.counters()) == 0
        first.kill()
        until(lambda: 4 in units(roster), LONG_S)
        seen = [len(log.asked) for log in found]
        until(lambda: all(len(d.asked) > n for d, n in zip(found, seen, strict=True)), LONG_S)
    for log in found:
        assert len(set(connections(log))) == len(connections(log))  # none came back


@pytest.mark.parametrize("any_broker", ["embedded-5"], indirect=True)
def test_a_signal_has_the_plant_read_again(
    any_broker: Any,
    starting: Callable[[Path, IngestSettings], Start],
    tmp_path: Path,
    until: Until,
) -> None:
    """SIGHUP to the real process; it goes on collecting and ends in order."""
    plant = written(tmp_path / "plant.toml", mqtt(any_broker, "t/{machine}"), machine("mill"))
    process = starting(plant, IngestSettings())()
    log = tmp_path / "collector-1.log"
    until(lambda: "subscribed to the broker" in log.read_text(), LONG_S)
    process.send_signal(signal.SIGHUP)
    until(lambda: "plant is read again" in log.read_text(), LONG_S)
    process.terminate()
    assert process.wait(LONG_S) == 0
    with SqliteRoster(roster_path(tmp_path / "home")) as roster:
        assert roster.pulses() == []


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector in this process looks at its plant description ten times a second."""
    monkeypatch.setattr("ingest.collector._WATCH_S", 0.1)


@contextmanager
def collecting(
    plant: Path, history: SqliteHistory, home: Path, **settings: object
) -> Iterator[Collector]:
    """A collector of that file with its place among others, ended as SIGTERM would."""
    with SqliteRoster(roster_path(home)) as roster:
        collector = Collector(
            load_plant(plant),
            history,
            IngestSettings().model_copy(update=settings),
            place=Place(roster, "one", home / "sessions.json"),
        )
        stop = threading.Event()
        thread = threading.Thread(target=collector.run, args=(stop,))
        thread.start()
        try:
            yield collector
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def two_brokers(tmp_path: Path, free_port: FreePort) -> Iterator[list[EmbeddedBroker]]:
    """Two brokers of one plant."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(EmbeddedBroker(free_port(), tmp_path / name))
            for name in ("first", "second")
        ]


class _At:
    """What a publisher needs to know of a broker."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.url, self.version = broker.url, 5
        self.port = int(broker.url.rsplit(":", 1)[1])


def test_each_of_several_brokers_is_confirmed_what_it_sent(
    two_brokers: list[EmbeddedBroker],
    publisher_to: PublisherTo,
    history: SqliteHistory,
    tmp_path: Path,
    until: Until,
) -> None:
    """The same topic on both is two sources, and after a restart neither sends anything again."""
    first, second = map(_At, two_brokers)
    plant = written(
        tmp_path / "plant.toml",
        mqtt(first, "t/{machine}"),
        f'\n[[brokers]]\nid = "hall-2"\nurl = "{second.url}"\n',
        routes("brokers", "t/{machine}"),
        machine("mill"),
    )
    senders = [publisher_to(first), publisher_to(second)]
    for round_ in range(2):
        with collecting(plant, history, tmp_path) as collector:
            until(lambda: collector.connected, LONG_S)
            for sender in senders:
                numbers = range(150 * round_, 150 * round_ + 150)
                sender.send("t/mill", *(message(number) for number in numbers))
            wanted = 300 * (round_ + 1)
            until(lambda wanted=wanted: stored(history) == wanted, LONG_S)
    by_source = {count.source: (count.received, count.stored) for count in history.counters()}
    assert by_source == {"mqtt:t/mill": (300, 300), "mqtt@hall-2:t/mill": (300, 300)}


def test_a_broker_that_is_added_is_listened_to_and_one_that_is_removed_is_left(
    two_brokers: list[EmbeddedBroker],
    publisher_to: PublisherTo,
    history: SqliteHistory,
    tmp_path: Path,
    until: Until,
) -> None:
    """While the collector runs; what the left one sends afterwards is nobody's."""
    first, second = map(_At, two_brokers)
    path = tmp_path / "plant.toml"
    alone = (mqtt(first, "t/{machine}"), machine("mill"))
    other = f'\n[[brokers]]\nid = "hall-2"\nurl = "{second.url}"\n'
    written(path, *alone)
    senders = [publisher_to(first), publisher_to(second)]
    with collecting(path, history, tmp_path) as collector:
        until(lambda: collector.connected, LONG_S)
        written(path, *alone, other, routes("brokers", "t/{machine}"))
        until(lambda: len(collector._wires) == 2 and collector._wires.connected == 2, LONG_S)
        until(lambda: _arrives(senders[1], history, "mqtt@hall-2"), LONG_S)
        written(path, *alone)
        until(lambda: len(collector._wires) == 1, LONG_S)
        senders[1].send("t/unknown", message(1))  # would be a dead letter
        until(lambda: _arrives(senders[0], history, "mqtt:"), LONG_S)
    assert history.dead_letters() == []


_NUMBERS = itertools.count(1)


def _arrives(sender: Any, history: SqliteHistory, source: str) -> bool:
    """Whether messages sent now are taken in: one may be sent before the subscription stands."""
    sender.send("t/mill", message(next(_NUMBERS)))
    return stored(history, source) > 0


@pytest.mark.parametrize("any_broker", ["mosquitto-5"], indirect=True)
def test_no_message_is_lost_while_the_topics_change(
    any_broker: Any,
    publisher_to: PublisherTo,
    history: SqliteHistory,
    tmp_path: Path,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Other filters for the same topic, a new topic, a description with faults in between."""
    caplog.set_level("INFO")
    path = tmp_path / "plant.toml"
    mill = machine("mill")
    forms = [
        mqtt(any_broker, "t/{machine}", "u/{machine}") + mill,
        mqtt(any_broker, "t/{machine}/#", "t/{machine}") + mill,
        mqtt(any_broker, "nonsense") + mill,
        mqtt(any_broker, "{area}/{machine}") + mill,
        mqtt(any_broker, "t/{machine}") + machine("lathe") + mill,
    ]
    written(path, forms[0])
    sent = itertools.count()
    sender = publisher_to(any_broker)
    with collecting(path, history, tmp_path) as collector:
        until(lambda: "subscribed to the broker" in caplog.text, LONG_S)
        watch = collector._plant_watch
        for form in forms[1:]:
            looks = (watch.taken_over, watch.trouble)
            written(path, form)
            while (watch.taken_over, watch.trouble) == looks:
                sender.send("t/mill", *(message(next(sent)) for _ in range(20)))
        for _ in range(20):
            sender.send("t/mill", *(message(next(sent)) for _ in range(20)))
        total = next(sent)
        until(lambda: stored(history) == total, LONG_S)
    assert watch.taken_over == 3
    assert "needs the part {machine}" in caplog.text
    assert history.dead_letters() == []


@pytest.mark.parametrize("any_broker", ["mosquitto-5", "mosquitto-4"], indirect=True)
def test_a_topic_that_was_given_up_between_two_runs_is_unsubscribed(
    any_broker: Any,
    publisher_to: PublisherTo,
    history: SqliteHistory,
    tmp_path: Path,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The broker keeps a session with its topics; the next collector takes the session up."""
    caplog.set_level("INFO")
    path = written(
        tmp_path / "plant.toml", mqtt(any_broker, "t/{machine}", "u/{machine}"), machine("mill")
    )
    with collecting(path, history, tmp_path):
        until(lambda: "subscribed to the broker" in caplog.text, LONG_S)
    written(path, mqtt(any_broker, "t/{machine}"), machine("mill"))
    caplog.clear()
    sender = publisher_to(any_broker)
    with collecting(path, history, tmp_path):
        until(lambda: "subscribed to the broker" in caplog.text, LONG_S)
        sender.send("t/mill", message(1))
        until(lambda: stored(history) == 1, LONG_S)  # after the unsubscription, which is as old
        sender.send("u/mill", message(2))
        sender.send("t/mill", message(3))
        until(lambda: stored(history) == 2, LONG_S)
    assert history.dead_letters() == []


def _turns(log: Log, until: Until) -> None:
    """Wait until a device has been asked some more times."""
    seen = len(log.asked)
    until(lambda: len(log.asked) > seen + 5, LONG_S)


def test_only_the_lane_of_a_machine_that_changed_begins_anew(
    free_port: FreePort, history: SqliteHistory, tmp_path: Path, until: Until
) -> None:
    """The others keep their connection; a machine that is gone is polled no more."""
    ports = [free_port() for _ in range(3)]
    path = tmp_path / "plant.toml"
    names = ("same", "changed", "gone")
    stanzas = [machine(name, port) for name, port in zip(names, ports, strict=True)]
    written(path, *stanzas)
    with devices(ports) as (same, changed, gone), collecting(path, history, tmp_path) as collector:
        until(lambda: all(log.asked for log in (same, changed, gone)), LONG_S)
        written(path, stanzas[0], stanzas[1].replace("period_s = 0.1", "period_s = 0.2"))
        until(lambda: len(connections(changed)) == 2, LONG_S)
        until(lambda: "gone" not in collector._modbus.figures(), LONG_S)
        _turns(same, until)  # what was on its way to the one that is gone has arrived
        last = len(gone.asked)
        _turns(same, until)
        assert connections(same) == [0]
        assert len(gone.asked) == last
