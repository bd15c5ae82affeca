"""The controllers' wire: one lane a device in one thread, so that a dead one starves no other."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from ingest.errors import WireFault
from ingest.modbus_link import DeviceRefusal, ModbusLink, hush_nonsense
from ingest.plant import Machine, ModbusUnit
from ingest.polled import Polled, Sample
from ingest.read_plan import Block, read_plan, without_gaps
from ingest.register_values import block_values
from ingest.registers import Register
from ingest.settings import IngestSettings
from ingest.vocabulary import Value

logger = logging.getLogger(__name__)

_FULL_PAUSE_S = 0.05
_ILLEGAL_ADDRESS = 2


class Lane:
    """Polls one device in its own time; what fails is said once and read as bad once."""

    def __init__(
        self,
        machine: Machine,
        unit: ModbusUnit,
        *,
        link: ModbusLink,
        offer: Callable[[Polled], bool],
        backoff_s: float,
    ) -> None:
        self._machine = machine
        self._unit = unit
        self._link = link
        self._offer = offer
        self._backoff_s = max(backoff_s, unit.period_s)
        self._blocks = list(
            read_plan(unit.registers, max_registers=unit.max_registers, max_gap=unit.max_gap)
        )
        self._bad: set[str] = set()
        self._failures = 0

    async def run(self) -> None:
        """Poll for ever: never two polls at once, missed ones are not caught up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._poll()
            due = max(due + self._pause(), loop.time())
            await asyncio.sleep(due - loop.time())

    def _pause(self) -> float:
        """The period; longer and longer while the device is away."""
        return min(self._unit.period_s * (1 << min(self._failures, 20)), self._backoff_s)

    async def _poll(self) -> None:
        """Read every block; what could not be read in this poll is given up."""
        left = list(self._blocks)
        try:
            while left:
                await self._read(left[0])
                left.pop(0)
        except WireFault as fault:
            self._failures += 1
            await self._give_up(_registers(left), fault.message)
        except Exception as fault:  # a lane must not die: nobody would poll this device again
            self._failures += 1
            logger.exception("modbus lane stumbles machine=%s", self._machine.id)
            await self._give_up(_registers(left), f"our own fault: {fault}")
        else:
            self._failures = 0

    async def _read(self, block: Block) -> None:
        try:
            words = await self._link.read(
                block.table, block.address, count=block.count, unit=self._unit.unit
            )
        except DeviceRefusal as refusal:
            if refusal.code == _ILLEGAL_ADDRESS and len(block.registers) > 1:
                self._split(block)
            else:
                await self._give_up(block.registers, refusal.message)
            return
        now = datetime.now(UTC)
        await self._take(block_values(block.registers, words, block.address), now)

    def _split(self, block: Block) -> None:
        """Remember for good to read this block in smaller pieces, from the next poll on."""
        pieces = without_gaps(block, max_registers=self._unit.max_registers)
        if len(pieces) == 1:
            pieces = tuple(
                Block(block.table, register.address, register.count, (register,))
                for register in block.registers
            )
        where = self._blocks.index(block)
        self._blocks[where : where + 1] = pieces
        logger.warning(
            "modbus block is refused and split machine=%s table=%s address=%d count=%d pieces=%d",
            *(self._machine.id, block.table, block.address, block.count, len(pieces)),
        )

    async def _take(self, values: Mapping[str, Value], now: datetime) -> None:
        """Good values always; no number once, until there is one again."""
        back = [signal for signal in self._bad if values.get(signal) is not None]
        lost = [s for s, value in values.items() if value is None and s not in self._bad]
        self._bad = (self._bad - set(back)) | set(lost)
        if back:
            logger.warning("modbus signals are back machine=%s signals=%s", *self._names(back))
        if lost:
            logger.warning("modbus value is no number machine=%s signals=%s", *self._names(lost))
        new = {s: value for s, value in values.items() if value is not None or s in lost}
        if new:
            await self._hand_on(new, now)

    async def _give_up(self, registers: Sequence[Register], reason: str) -> None:
        """Say once that signals are lost, and write one bad reading of each."""
        lost = [entry.signal for entry in registers if entry.signal not in self._bad]
        if not lost:
            return
        self._bad |= set(lost)
        machine, signals = self._names(lost)
        logger.warning(
            "modbus device gives nothing machine=%s url=%s unit=%d signals=%s reason=%s",
            *(machine, self._unit.url, self._unit.unit, signals, reason),
        )
        await self._hand_on(dict.fromkeys(lost), datetime.now(UTC))

    def _names(self, signals: Sequence[str]) -> tuple[str, str]:
        return self._machine.id, ",".join(sorted(signals))

    async def _hand_on(self, values: Mapping[str, Value], now: datetime) -> None:
        """Wait for room in the intake: other lanes and the broker's thread go on meanwhile."""
        units = {signal: self._machine.signals[signal].unit for signal in values}
        source = f"modbus:{self._machine.id}"
        polled = Polled(self._machine.id, source, units, (Sample(now, values),))
        while not self._offer(polled):  # noqa: ASYNC110 - the queue belongs to another thread
            await asyncio.sleep(_FULL_PAUSE_S)


def _registers(blocks: Sequence[Block]) -> list[Register]:
    return [register for block in blocks for register in block.registers]


class ModbusWire:
    """All lanes of a plant, in one thread with one event loop."""

    def __init__(
        self,
        machines: Sequence[Machine],
        settings: IngestSettings,
        *,
        offer: Callable[[Polled], bool],
    ) -> None:
        self._machines = [machine for machine in machines if machine.modbus is not None]
        self._settings = settings
        self._offer = offer
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="andon-modbus", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        if self._machines:
            self._thread.start()
            self._running.wait()

    def stop(self) -> None:
        """End every lane and close every connection."""
        if self._loop and self._stop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(5.0)

    def _run(self) -> None:
        asyncio.run(self._lanes())

    async def _lanes(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        hush_nonsense()
        self._running.set()
        links: dict[str, ModbusLink] = {}
        lanes = [asyncio.create_task(lane.run()) for lane in self._make_lanes(links)]
        await self._stop.wait()
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        for link in links.values():
            link.close()

    def _make_lanes(self, links: dict[str, ModbusLink]) -> list[Lane]:
        lanes = []
        for machine in self._machines:
            if (unit := machine.modbus) is None:
                continue
            link = links.setdefault(unit.url, ModbusLink(unit.url, timeout_s=unit.timeout_s))
            backoff_s = self._settings.modbus_backoff_s
            lanes.append(Lane(machine, unit, link=link, offer=self._offer, backoff_s=backoff_s))
        return lanes
