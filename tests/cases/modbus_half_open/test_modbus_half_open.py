"""A connection that looks alive and brings nothing, as after a firewall forgot it, is left."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from ingest.modbus import ModbusWire
from ingest.settings import IngestSettings
from tests.modbus_device import Asked, device, values
from tests.polled import Kept, machine_at, until


@pytest.mark.parametrize("units", [1, 3])
def test_a_mute_connection_is_replaced(free_port: Callable[[], int], units: int) -> None:
    """Any later one answers: all units are back, and bad readings do not repeat themselves."""

    def answer(asked: Asked) -> bytes:
        mute = asked.connection == 0 and asked.number >= 3 * units
        return b"" if mute else values(asked, min(asked.connection, 1))

    port = free_port()
    machines = [
        machine_at(f"tcp://127.0.0.1:{port}", f"m{unit}", unit=unit, timeout_s=0.3)
        for unit in range(1, units + 1)
    ]
    kept = Kept()
    wire = ModbusWire(machines, IngestSettings(modbus_backoff_s=0.2), offer=kept.take)
    with device(port, answer) as log:
        wire.start()
        until(lambda: all(1 in kept.values("a", machine.id) for machine in machines))
        wire.stop()
    for machine in machines:
        given = kept.values("a", machine.id)
        assert set(given) <= {0, None, 1}
        assert (None, None) not in pairwise(given)
    assert log.connections >= 2


def test_a_device_that_hangs_up_between_two_polls_is_called_again(
    free_port: Callable[[], int],
) -> None:
    """As devices do that have few connections to give: no reading is lost by it."""
    gone: list[int] = []

    def answer(asked: Asked) -> bytes:
        if asked.number % 3 == 2 and asked.connection not in gone:
            gone.append(asked.connection)
            raise ConnectionAbortedError
        return values(asked, asked.number)

    port = free_port()
    kept = Kept()
    wire = ModbusWire(
        [machine_at(f"tcp://127.0.0.1:{port}", timeout_s=20)], IngestSettings(), offer=kept.take
    )
    with device(port, answer) as log:
        wire.start()
        until(lambda: len(kept.values("a")) >= 8)
        wire.stop()
    assert None not in kept.values("a")
    assert log.connections >= 3
