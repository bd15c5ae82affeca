"""What a controller says over a real Modbus wire, and what is made of one that misbehaves."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.collector import Collector
from ingest.errors import WireFault
from ingest.modbus_frames import DeviceRefusal
from ingest.plant import ModbusUnit, Plant
from ingest.probe import read_words
from ingest.registers import Register, RegisterTable
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import GAP, Event, EventState, Quality, Reading, Severity
from ingest.words import RegisterType, WordOrder
from tests.pymodbus_server import serving

Collecting = Callable[..., AbstractContextManager[Collector]]
Until = Callable[..., None]
FreePort = Callable[[], int]
HOLDING, INPUT, COIL = RegisterTable.HOLDING, RegisterTable.INPUT, RegisterTable.COIL
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AWAY = datetime(2100, 1, 1, tzinfo=UTC)

MAP = (
    Register("state", HOLDING, 0, RegisterType.UINT16),
    Register("oil_temp", INPUT, 10, RegisterType.INT16, scale=0.1),
    Register("pressure", INPUT, 12, RegisterType.FLOAT32, WordOrder.CDAB),
    Register("total", INPUT, 20, RegisterType.UINT32, WordOrder.BADC),
    Register("door", COIL, 3, RegisterType.BOOL),
)
WORDS = {10: 0x10000 - 55, 12: 0x0000, 13: 0x4276, 20: 0x0100, 21: 0x0200}


def unit_at(port: int, *registers: Register, timeout_s: float = 10.0) -> ModbusUnit:
    url = f"tcp://127.0.0.1:{port}"
    return ModbusUnit(url, 1, 0.05, registers or MAP, timeout_s=timeout_s)


@contextmanager
def controller(port: int) -> Iterator[None]:
    """pymodbus' own server with the words above; addresses without a value do not exist."""
    words = [SimData(at, values=[word], datatype=DataType.REGISTERS) for at, word in WORDS.items()]
    device = SimDevice(
        1,
        simdata=(
            [SimData(0, values=[False, False, False, True] * 4, datatype=DataType.BITS)],
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=[6], datatype=DataType.REGISTERS)],
            words,
        ),
    )
    with serving(lambda: ModbusTcpServer([device], address=("127.0.0.1", port))):
        yield


@dataclass
class Seen:
    """What a device was asked."""

    functions: list[int] = field(default_factory=list)
    connections: int = 0


Answer = Callable[[int, int, int], bytes]
"""From transaction id, function code and count to a whole frame, or nothing."""


@contextmanager
def rogue(port: int, answer: Answer) -> Iterator[Seen]:
    """A device that answers as it likes, and what it saw."""
    seen = Seen()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            seen.connections += 1
            while request := self.request.recv(260):
                transaction, _, _, _, function, _, count = struct.unpack(">HHHBBHH", request[:12])
                seen.functions.append(function)
                if frame := answer(transaction, function, count):
                    self.request.sendall(frame)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


def frame(transaction: int, function: int, content: bytes, *, unit: int = 1) -> bytes:
    return struct.pack(">HHHBB", transaction, 0, len(content) + 2, unit, function) + content


def words(count: int, word: int = 7) -> bytes:
    return bytes([2 * count]) + struct.pack(">H", word) * count


def readings_of(history: SqliteHistory, machine: str, signal: str) -> list[Reading]:
    return history.readings(machine, signal, LONG_AGO, FAR_AWAY)


def test_every_type_table_and_order_of_a_controller(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Read merged where the device has gaps too: a refused block is split and remembered."""
    port = free_port()
    with controller(port), collecting(plant_of(controllers={"press-3": unit_at(port)})):
        until(lambda: len(readings_of(history, "press-3", "total")) >= 3)
    latest = {reading.signal: reading for reading in history.latest("press-3")}
    assert {signal: reading.value for signal, reading in latest.items()} == {
        "state": 6,
        "oil_temp": -5.5,
        "pressure": 61.5,
        "total": 0x00010002,
        "door": True,
    }
    assert all(reading.quality is Quality.GOOD for reading in latest.values())
    assert {reading.source for reading in latest.values()} == {"modbus:press-3"}


def test_a_dead_controller_does_not_starve_a_live_one(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """One that accepts and never answers, one that nobody serves, one that lives."""
    live, silent = free_port(), free_port()
    controllers = {
        "silent": unit_at(silent, timeout_s=60.0),
        "absent": unit_at(free_port()),
        "live": unit_at(live),
    }
    with (
        controller(live),
        rogue(silent, lambda *_: b""),
        collecting(plant_of(controllers=controllers)),
    ):
        until(lambda: len(readings_of(history, "live", "total")) >= 40)
        assert readings_of(history, "silent", "state") == []
    (bad,) = readings_of(history, "absent", "state")
    assert (bad.value, bad.quality) == (None, Quality.BAD)


def test_a_controller_that_goes_and_comes_back_is_bad_once_and_then_good(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The old value never gets a new time; the log says it once, with the reason."""
    port = free_port()
    state = MAP[0]

    def qualities() -> list[Quality]:
        return [reading.quality for reading in readings_of(history, "press-3", "state")]

    def notes() -> list[Event]:
        return history.events("press-3", LONG_AGO, FAR_AWAY)

    plant = plant_of(controllers={"press-3": unit_at(port, state)})
    with ExitStack() as first:
        first.enter_context(controller(port))  # there before the first poll, which it must not miss
        with collecting(plant, modbus_backoff_s=0.2):
            until(lambda: qualities().count(Quality.GOOD) >= 3)
            first.close()
            until(lambda: qualities()[-1] is Quality.BAD)
            before = len(qualities())
            threading.Event().wait(0.6)
            assert len(qualities()) == before
            with controller(port):
                until(lambda: qualities()[-1] is Quality.GOOD and len(notes()) == 2)
                assert qualities().count(Quality.BAD) == 1
                assert caplog.text.count("modbus device gives nothing machine=press-3") == 1
                assert caplog.text.count("modbus signals are back machine=press-3") == 1
                gone, back = notes()
    assert gone.text.startswith("The controller is out of reach since 20")
    assert "closed by the device" in gone.text or "cannot be reached" in gone.text
    assert back.text.startswith("The controller was out of reach from 20")
    assert "cannot be reached" in back.text
    assert {(note.code, note.severity, note.state) for note in (gone, back)} == {
        (GAP, Severity.INFO, EventState.NOTE)
    }


NONSENSE: dict[str, tuple[Answer, str]] = {
    "too few registers": (
        lambda t, f, n: frame(t, f, words(n - 1)),
        "holds 1 values, asked were 2",
    ),
    "too many registers": (lambda t, f, n: frame(t, f, words(n + 1)), "holds 3 values"),
    "wrong function code": (lambda t, f, n: frame(t, 4, words(n)), "function code 4, asked was 3"),
    "wrong transaction": (
        lambda t, f, n: frame(t + 1, f, words(n)),
        "answer to transaction 2, asked was 1",
    ),
    "wrong unit": (
        lambda t, f, n: frame(t, f, words(n), unit=9),
        "answer of unit 9, asked was unit 1",
    ),
    "half a frame": (lambda t, f, n: frame(t, f, words(n))[:9], "no answer .*; 9 bytes came"),
    "garbage": (lambda t, f, n: b"\xde\xad\xbe\xef" * 20, "is no Modbus: de ad be ef"),
    "silence": (lambda t, f, n: b"", "no answer within 2 s"),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_nonsense_answer_is_no_value(free_port: FreePort, kind: str) -> None:
    """Each is said in its own words; pymodbus would let the first three through."""
    answer, reason = NONSENSE[kind]
    port = free_port()
    with rogue(port, answer), pytest.raises(WireFault, match=reason):
        read_words(f"tcp://127.0.0.1:{port}", HOLDING, 0, count=2, unit=1)


@pytest.mark.parametrize("code", range(1, 12))
def test_an_exception_answer_says_what_the_device_says(free_port: FreePort, code: int) -> None:
    """By number and name; the connection stays."""
    port = free_port()
    with (
        rogue(port, lambda t, f, _n: frame(t, f + 0x80, bytes([code]))),
        pytest.raises(DeviceRefusal, match=f"exception {code} ") as caught,
    ):
        read_words(f"tcp://127.0.0.1:{port}", HOLDING, 0, count=1, unit=1)
    assert caught.value.code == code


def test_a_value_that_is_no_number_is_bad_once(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """A float32 NaN, as devices send it for a broken sensor; its neighbour stays good."""
    port = free_port()
    registers = (
        Register("broken", HOLDING, 0, RegisterType.FLOAT32),
        Register("fine", HOLDING, 2, RegisterType.UINT16),
    )
    content = bytes([6]) + bytes.fromhex("7fc00000") + b"\x00\x05"
    plant = plant_of(controllers={"press-3": unit_at(port, *registers)})
    with rogue(port, lambda t, f, _n: frame(t, f, content)), collecting(plant):
        until(lambda: len(readings_of(history, "press-3", "fine")) >= 5)
    (bad,) = readings_of(history, "press-3", "broken")
    assert (bad.value, bad.quality) == (None, Quality.BAD)
    assert {reading.value for reading in readings_of(history, "press-3", "fine")} == {5}


def test_only_reading_functions_are_ever_sent(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    collecting: Collecting,
    until: Until,
) -> None:
    """Codes 1 to 4, whatever the device answers."""
    port = free_port()
    with (
        rogue(port, lambda t, f, _n: frame(t, f + 0x80, b"\x02")) as seen,
        collecting(plant_of(controllers={"press-3": unit_at(port)})),
    ):
        until(lambda: len(seen.functions) > 30)
    assert set(seen.functions) <= {1, 2, 3, 4}


def test_two_units_behind_one_gateway_share_a_connection(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Many gateways take only one; the units take turns."""
    port = free_port()
    register = Register("n", HOLDING, 0, RegisterType.UINT16)
    controllers = {name: unit_at(port, register) for name in ("one", "two")}
    with (
        rogue(port, lambda t, f, n: frame(t, f, words(n))) as seen,
        collecting(plant_of(controllers=controllers)),
    ):
        until(lambda: all(len(readings_of(history, name, "n")) >= 5 for name in controllers))
    assert seen.connections == 1


def test_the_time_of_a_reading_is_the_time_of_its_answer(
    free_port: FreePort,
    plant_of: Callable[..., Plant],
    history: SqliteHistory,
    collecting: Collecting,
    until: Until,
) -> None:
    """Not of the poll before, and not of the write."""
    port = free_port()
    start = datetime.now(UTC)
    with controller(port), collecting(plant_of(controllers={"press-3": unit_at(port, MAP[0])})):
        until(lambda: len(readings_of(history, "press-3", "state")) >= 5)
    times = [reading.source_time for reading in readings_of(history, "press-3", "state")]
    assert start < times[0]
    assert times[-1] < datetime.now(UTC)
    assert sorted(set(times)) == times
