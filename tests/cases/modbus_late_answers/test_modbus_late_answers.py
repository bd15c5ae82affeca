"""An answer that comes after we gave it up is not taken for the answer to a later question."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.modbus import ModbusWire
from ingest.settings import IngestSettings
from tests.modbus_device import Asked, device, values
from tests.polled import Kept, machine_at, until


def _failures(wire: ModbusWire) -> int:
    """Questions to the first machine that were given up; none of a wire that has ended."""
    figures = wire.figures().get("m1")
    return figures.failures if figures else 0


@pytest.mark.parametrize("neighbours", [0, 1])
def test_a_late_answer_never_becomes_a_value(free_port: Callable[[], int], neighbours: int) -> None:
    """Every answer bears the number of its question; alone, and behind a shared connection.

    The device does nothing meanwhile, so that the late answer stands before all others.
    """
    slow: set[int] = set()

    def answer(asked: Asked) -> bytes:
        if asked.unit == 1 and asked.number % 7 == 3:
            slow.add(asked.number)
            failures = _failures(wire)
            until(lambda: _failures(wire) != failures)
        return values(asked, asked.number)

    port = free_port()
    machines = [
        machine_at(f"tcp://127.0.0.1:{port}", f"m{unit}", unit=unit, timeout_s=0.2)
        for unit in range(1, neighbours + 2)
    ]
    kept = Kept()
    wire = ModbusWire(machines, IngestSettings(modbus_backoff_s=0.1), offer=kept.take)
    with device(port, answer) as log:
        wire.start()
        until(lambda: len(slow) >= 3 and len(kept.values("a", "m1")) >= 8)
        wire.stop()
        units = {asked.number: asked.unit for asked in log.asked}
    for unit in range(1, neighbours + 2):
        given = [value for value in kept.values("a", f"m{unit}") if isinstance(value, int)]
        assert given == sorted(set(given))
        assert not slow & set(given)
        assert {units[value] for value in given} == {unit}
    assert None in kept.values("a", "m1")


def test_an_answer_that_nobody_asked_for_ends_the_connection(
    free_port: Callable[[], int],
) -> None:
    """A device that is one answer ahead would stay so for ever: a new connection is made."""

    def answer(asked: Asked) -> bytes:
        extra = values(asked, 60_000) if asked.number == 2 else b""
        return values(asked, asked.number) + extra

    port = free_port()
    kept = Kept()
    machine = machine_at(f"tcp://127.0.0.1:{port}", timeout_s=20.0)
    wire = ModbusWire([machine], IngestSettings(), offer=kept.take)
    with device(port, answer) as log:
        wire.start()
        until(lambda: len(kept.values("a")) >= 6)
        wire.stop()
    assert kept.values("a")[:6] == [0, 1, 2, 3, 4, 5]
    assert log.connections == 2
