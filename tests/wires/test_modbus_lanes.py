"""Many lanes: units that share a connection, lanes that come and go, and what they tell of it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ingest.modbus import ModbusWire
from ingest.modbus_address import parse_address
from ingest.modbus_frames import Ask
from ingest.modbus_link import ModbusLink
from ingest.plant import Machine
from ingest.settings import IngestSettings
from tests.modbus_device import Asked, device, exception, values
from tests.polled import Kept, machine_at, until

FreePort = Callable[[], int]


@contextmanager
def polling(*machines: Machine, kept: Kept, **settings: object) -> Iterator[ModbusWire]:
    chosen = IngestSettings().model_copy(update=settings)
    wire = ModbusWire(machines, chosen, offer=kept.take)
    wire.start()
    try:
        yield wire
    finally:
        wire.stop()


def test_units_behind_one_address_take_turns_by_request(free_port: FreePort) -> None:
    """Whoever has just asked stands behind all others, however much there is to ask."""
    port = free_port()

    async def ask_all() -> None:
        link = ModbusLink(parse_address(f"tcp://127.0.0.1:{port}"))

        async def ask(unit: int) -> None:
            for _ in range(20):
                await link.read(Ask(unit, 3, 0, 1), 20.0)

        await asyncio.gather(*(ask(unit) for unit in range(1, 6)))
        link.close()

    with device(port, lambda asked: values(asked, asked.unit)) as log:
        asyncio.run(ask_all())
    assert [asked.unit for asked in log.asked] == [1, 2, 3, 4, 5] * 20
    assert log.connections == 1


def test_a_dead_unit_behind_a_gateway_is_asked_ever_less(free_port: FreePort) -> None:
    """Its neighbours keep the connection, and it is there at once when it lives again."""
    dead = threading.Event()
    dead.set()

    def answer(asked: Asked) -> bytes:
        return b"" if asked.unit == 3 and dead.is_set() else values(asked, asked.unit)

    port = free_port()
    machines = [
        machine_at(f"tcp://127.0.0.1:{port}", f"m{unit}", unit=unit, timeout_s=1.0)
        for unit in range(1, 6)
    ]
    kept = Kept()
    with device(port, answer) as log, polling(*machines, kept=kept, modbus_backoff_s=1.0) as wire:
        until(lambda: all(kept.values("a", f"m{unit}").count(unit) >= 60 for unit in (1, 2, 4, 5)))
        asked = Counter(one.unit for one in log.asked)
        assert asked[3] * 5 < asked[1]
        assert wire.figures()["m3"].away
        assert wire.figures()["m3"].reason.startswith("no answer within")
        dead.clear()
        until(lambda: 3 in kept.values("a", "m3"))
        assert not wire.figures()["m3"].away
    assert kept.values("a", "m3")[0] is None


def test_a_gateway_that_speaks_for_a_dead_unit_is_no_dead_gateway(free_port: FreePort) -> None:
    """Exceptions 10 and 11 are about the unit: it is away, and the connection stays."""

    def answer(asked: Asked) -> bytes:
        return exception(asked, 8 + asked.unit) if asked.unit > 1 else values(asked, 1)

    port = free_port()
    machines = [
        machine_at(f"tcp://127.0.0.1:{port}", f"m{unit}", unit=unit, timeout_s=20)
        for unit in (1, 2, 3)
    ]
    kept = Kept()
    with device(port, answer) as log, polling(*machines, kept=kept) as wire:
        until(lambda: len(kept.values("a", "m1")) >= 20)
        figures = wire.figures()
    assert (figures["m1"].away, figures["m2"].away, figures["m3"].away) == (False, True, True)
    assert "exception 10 (gateway path unavailable)" in figures["m2"].reason
    assert "exception 11 (gateway target did not answer)" in figures["m3"].reason
    assert log.connections == 1


def test_a_unit_that_is_polled_once_an_hour_is_looked_for_sooner(free_port: FreePort) -> None:
    """It was away when it was due; its value comes when it does."""
    port = free_port()
    kept = Kept()
    machine = machine_at(f"tcp://127.0.0.1:{port}", period_s=3600.0, timeout_s=20)
    with polling(machine, kept=kept, modbus_backoff_s=0.2) as wire:
        until(lambda: wire.figures()["m"].failures >= 2)
        with device(port, lambda asked: values(asked, 7)):
            until(lambda: 7 in kept.values("a"))


def test_lanes_change_while_others_go_on(free_port: FreePort) -> None:
    """An unchanged one keeps its connection; of one that is gone, nothing comes any more."""
    first, second = free_port(), free_port()
    stays, goes = (
        machine_at(f"tcp://127.0.0.1:{first}", "s", timeout_s=20),
        machine_at(f"tcp://127.0.0.1:{second}", "g", timeout_s=20),
    )
    changed = machine_at(f"tcp://127.0.0.1:{second}", "g", signals="ab", timeout_s=20)
    kept = Kept()
    with (
        device(first, lambda asked: values(asked, 1)) as log,
        device(second, lambda asked: values(asked, 2)) as other,
        polling(stays, goes, kept=kept) as wire,
    ):
        until(lambda: kept.values("a", "s") and kept.values("a", "g"))
        wire.assign([stays])
        over, count = len(kept.values("a", "g")), len(kept.values("a", "s"))
        until(lambda: len(kept.values("a", "s")) >= count + 10)
        assert len(kept.values("a", "g")) == over
        assert set(wire.figures()) == {"s"}
        wire.assign([changed, stays])
        until(lambda: kept.values("b", "g"))
        assert set(wire.figures()) == {"s", "g"}
        wire.assign([])
        assert wire.figures() == {}
        over = len(kept.values("a", "g"))
        wire.assign([goes])
        until(lambda: len(kept.values("a", "g")) > over)
    assert log.connections == 1
    assert other.connections == 3
    assert {asked.count for asked in other.asked if asked.connection == 1} == {2}


def test_a_wire_without_controllers_needs_no_thread() -> None:
    """Until it is given one; it can be stopped in any state."""
    kept = Kept()
    with polling(kept=kept) as wire:
        wire.assign([])
        assert not any(thread.name == "andon-modbus" for thread in threading.enumerate())
        wire.stop()


def test_a_lane_tells_how_it_fares(free_port: FreePort) -> None:
    """Polls, values, the time between two answers, and when the last one came."""
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    machine = machine_at(url, signals="abc", period_s=0.1, timeout_s=20)
    kept = Kept()
    began = datetime.now(UTC)
    with device(port, lambda asked: values(asked, 1)), polling(machine, kept=kept) as wire:
        until(lambda: wire.figures()["m"].polls >= 5)
        figures = wire.figures()["m"]
    assert (figures.url, figures.unit, figures.failures, figures.reason) == (url, 1, 0, "")
    assert figures.readings >= 3 * (figures.polls - 1)
    assert figures.last_success is not None
    assert began < figures.last_success < datetime.now(UTC)
    assert figures.jitter_p99_s is not None


def test_values_inside_the_deadband_stay_on_the_wire(free_port: FreePort) -> None:
    """Only every tenth answer moves far enough."""
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    kept = Kept()
    machine = machine_at(url, deadband=10.0, heartbeat_s=3600.0, timeout_s=20)
    with (
        device(port, lambda asked: values(asked, asked.number)) as log,
        polling(machine, kept=kept),
    ):
        until(lambda: len(log.asked) > 35)
    assert kept.values("a")[:4] == [0, 10, 20, 30]


def test_a_device_that_takes_fewer_registers_than_planned_is_asked_for_fewer(
    free_port: FreePort,
) -> None:
    """Exception 3 is how some say so, exception 2 how others do; it is remembered."""

    def answer(asked: Asked) -> bytes:
        return exception(asked, 3) if asked.count > 1 else values(asked, asked.address)

    port = free_port()
    kept = Kept()
    machine = machine_at(f"tcp://127.0.0.1:{port}", signals="abc", timeout_s=20)
    with device(port, answer) as log, polling(machine, kept=kept):
        until(lambda: len(kept.values("c")) >= 3)
    assert [asked.count for asked in log.asked[:4]] == [3, 1, 1, 1]
    assert sum(asked.count > 1 for asked in log.asked) == 1
    assert kept.values("b")[:3] == [1, 1, 1]
