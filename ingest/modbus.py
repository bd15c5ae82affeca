"""The controllers' wire: one lane a device in one thread, so that a dead one starves no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.modbus_address import Address
from ingest.modbus_lane import Lane, LaneFigures
from ingest.modbus_link import ModbusLink
from ingest.plant import Machine, ModbusUnit
from ingest.polled import Polled
from ingest.settings import IngestSettings
from ingest.tls import TlsFiles

_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class _Running:
    """A lane at work."""

    machine: Machine
    lane: Lane
    link: ModbusLink
    task: asyncio.Task[None]


class ModbusWire:
    """The lanes of a plant, in one thread with one event loop; units of one address share a link.

    Which machines are polled can change at any time, from any thread.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        settings: IngestSettings,
        *,
        offer: Callable[[Polled], bool],
    ) -> None:
        self._machines = tuple(machines)
        self._backoff_s = settings.modbus_backoff_s
        self._offer = offer
        self._changing = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running: dict[str, _Running] = {}
        self._links: dict[tuple[Address, TlsFiles], ModbusLink] = {}

    def start(self) -> None:
        """Begin to poll."""
        self.assign(self._machines)

    def stop(self) -> None:
        """End every lane and close every connection."""
        self.assign(())
        with self._changing:
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(_PATIENCE_S)
                self._loop = self._thread = None

    def assign(self, machines: Sequence[Machine]) -> None:
        """Poll these machines and no others from now on; lanes of equal machines go on untouched.

        When it returns, the lanes of the others have ended.
        """
        with self._changing:
            if self._loop is None and not any(machine.modbus for machine in machines):
                return
            loop = self._loop or self._begin()
            done = asyncio.run_coroutine_threadsafe(self._reassign(machines), loop)
            done.result(_PATIENCE_S)

    def figures(self) -> Mapping[str, LaneFigures]:
        """How each lane fares, by machine."""
        return {name: running.lane.figures for name, running in list(self._running.items())}

    def _begin(self) -> asyncio.AbstractEventLoop:
        loop = self._loop = asyncio.new_event_loop()

        def run() -> None:
            asyncio.set_event_loop(loop)
            try:
                loop.run_forever()
            finally:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

        self._thread = threading.Thread(target=run, name="andon-modbus", daemon=True)
        self._thread.start()
        return loop

    async def _reassign(self, machines: Sequence[Machine]) -> None:
        wanted = {machine.id: machine for machine in machines if machine.modbus is not None}
        await self._end(
            running
            for name, running in list(self._running.items())
            if wanted.get(name) != running.machine
        )
        for name, machine in wanted.items():
            if name not in self._running and machine.modbus is not None:
                self._running[name] = self._start_lane(machine, machine.modbus)

    async def _end(self, ended: Iterable[_Running]) -> None:
        gone = list(ended)
        for running in gone:
            running.task.cancel()
        await asyncio.gather(*(running.task for running in gone), return_exceptions=True)
        for running in gone:
            del self._running[running.machine.id]
            running.link.users -= 1
        for key, link in list(self._links.items()):
            if not link.users:
                link.close()
                del self._links[key]

    def _start_lane(self, machine: Machine, unit: ModbusUnit) -> _Running:
        key = (unit.address, unit.tls)
        link = self._links.get(key)
        if link is None:
            link = self._links[key] = ModbusLink(*key)
        link.users += 1
        lane = Lane(machine, unit, link=link, offer=self._offer, backoff_s=self._backoff_s)
        return _Running(machine, lane, link, asyncio.create_task(lane.run()))
