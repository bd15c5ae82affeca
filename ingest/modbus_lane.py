"""A lane: polls one Modbus unit in its own time, and says what was lost and why."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.modbus_frames import Ask, DeviceRefusal
from ingest.modbus_link import ModbusLink
from ingest.modbus_news import Changes, News
from ingest.modbus_port import LinkFault
from ingest.plant import Machine, ModbusUnit
from ingest.polled import Polled, Sample
from ingest.read_plan import Block, plan_of, without_gaps
from ingest.register_values import BlockDecoder
from ingest.vocabulary import GAP, Event, EventState, Severity

logger = logging.getLogger(__name__)

_FULL_PAUSE_S = 0.05
_LONGEST_START_S = 1.0
_SHARE = 0.02
"""The part of the time of a shared connection that one unit may spend on being away."""
_LONGEST_SHARED_PAUSE_S = 300.0
_SHORTEST_PROBE_S = 0.1
_PROBE_FACTOR = 4.0
_LATE_FACTOR = 1.5
_PATIENT_EACH = 8
_LATELY_S = 5.0
_JITTERS = 500
_TOLD_AGAIN_S = 60.0
_MOST_NAMED = 5
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """How a lane fares, since its start."""

    url: str
    unit: int
    polls: int
    failures: int
    """Polls and probes that the unit did not answer."""
    readings: int
    """Values handed on."""
    jitter_p99_s: float | None
    """Of late: by how much the time between two answers missed the period; None: no two yet."""
    last_success: datetime | None
    """When the unit last answered."""
    away: bool
    reason: str
    """Why it is away; empty while it is there."""


class Lane:
    """Polls one unit until cancelled: never two polls at once, missed ones are not caught up.

    A unit that fails is away. Then a single probe is sent now and again, with pauses that grow,
    and the next whole poll follows the first probe that is answered.
    """

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
        self._backoff_s = backoff_s
        self._blocks = [(block, _decoder(block)) for block in plan_of(unit)]
        self._news = News(unit)
        self._units = {entry.signal: machine.signals[entry.signal].unit for entry in unit.registers}
        self._source = f"modbus:{machine.id}"
        self._samples: list[Sample] = []
        self._notes: list[Event] = []
        self._tries = 0
        self._cost_s = 0.0
        self._is_refused = False
        self._reason = ""
        self._there_until = self._away_from = datetime.now(UTC)
        self._told: dict[str, float] = {}
        self._last_success: datetime | None = None
        self._last_answer_s: float | None = None
        self._jitters: deque[float] = deque(maxlen=_JITTERS)
        self._polls = self._failures = self._readings = 0

    @property
    def figures(self) -> LaneFigures:
        """How it fares; may be asked from another thread."""
        jitters = sorted(self._jitters.copy())
        return LaneFigures(
            url=self._unit.url,
            unit=self._unit.unit,
            polls=self._polls,
            failures=self._failures,
            readings=self._readings,
            jitter_p99_s=jitters[int(0.99 * (len(jitters) - 1))] if jitters else None,
            last_success=self._last_success,
            away=bool(self._tries),
            reason=self._reason,
        )

    async def run(self) -> None:
        """Poll for ever; lanes that begin together do not all poll at the same instant."""
        clock = asyncio.get_running_loop().time
        part = zlib.crc32(self._machine.id.encode()) / 2**32
        due = clock() + part * min(self._unit.period_s, _LONGEST_START_S)
        self._there_until = datetime.now(UTC)
        while True:
            await asyncio.sleep(due - clock())
            try:
                await self._turn()
            except Exception as fault:  # a lane must not die: nobody would poll this unit again
                logger.exception("modbus lane stumbles machine=%s", self._machine.id)
                self._lose(f"our own fault: {fault}")
            await self._hand_on()
            due = self._next(due, clock())

    def _next(self, due: float, now: float) -> float:
        """On the beat, without the beats that are over; after a failure, a pause from now."""
        if self._tries:
            return now + self._pause()
        period = self._unit.period_s
        return due + period * max(1, int((now - due) / period))

    def _pause(self) -> float:
        """Longer and longer while the unit is away, and never dear to those who share the line.

        A unit that is polled once an hour is looked for as often as any other. A first silence is
        not paid for: it may have been the connection that failed.
        """
        pause = min(self._unit.period_s * (1 << min(self._tries, 20)), self._backoff_s)
        dear = self._tries > 1 or self._is_refused
        if dear and self._link.serves_others(_LATELY_S):
            pause = max(pause, min(self._cost_s / _SHARE, _LONGEST_SHARED_PAUSE_S))
        return pause

    def _probe_timeout(self) -> float:
        """How long to wait for a unit that may not be there.

        On a connection that others use: as long as they take, and as it took itself when it was
        late; all of its time now and again, for it may have become slower.
        """
        link, stated_s = self._link, self._unit.timeout_s
        patient = self._tries % _PATIENT_EACH == _PATIENT_EACH - 1
        if patient or link.is_serial_framed or not link.serves_others(_LATELY_S):
            return stated_s
        usual = _PROBE_FACTOR * link.slowest_s
        late = _LATE_FACTOR * link.late_s(self._unit.unit)
        return min(stated_s, max(usual, late, _SHORTEST_PROBE_S))

    async def _turn(self) -> None:
        """One poll; of a unit that is away, only once it answers a probe."""
        self._polls += 1
        left = [block for block, _ in self._blocks]
        try:
            if self._tries:
                await self._probe(left[0])
            for block, decoder in list(self._blocks):
                await self._read(block, decoder)
                left.remove(block)
        except (LinkFault, DeviceRefusal) as fault:
            self._is_refused = isinstance(fault, DeviceRefusal)
            self._lose(fault.message, left)
        else:
            self._return()

    async def _probe(self, block: Block) -> None:
        """Ask for one register; its value may be of long ago, where answers bear no id."""
        register = block.registers[0]
        ask = self._ask(Block(block.table, register.address, register.count, (register,)))
        try:
            await self._link.read(ask, self._probe_timeout(), connect_s=self._unit.timeout_s)
        except DeviceRefusal as refusal:
            if refusal.is_of_gateway:
                raise

    async def _read(self, block: Block, decoder: BlockDecoder) -> None:
        try:
            words = await self._answer(self._ask(block))
        except DeviceRefusal as refusal:
            if refusal.is_of_gateway:
                raise
            self._refused(block, refusal)
            return
        now, now_s = datetime.now(UTC), asyncio.get_running_loop().time()
        self._answered(now, now_s, is_first=block is self._blocks[0][0])
        changes = self._news.of(decoder.values(words), now_s)
        if changes.lost or changes.back:
            self._say(changes)
        if changes.values:
            self._samples.append(Sample(now, changes.values))

    def _ask(self, block: Block) -> Ask:
        return Ask(self._unit.unit, block.table.read_function, block.address, block.count)

    async def _answer(self, ask: Ask) -> Sequence[int]:
        """Ask again at once where the connection was stale, or a line may have been noisy."""
        stated_s = self._unit.timeout_s
        is_known = self._last_success is not None or self._tries > 0  # it has just been probed
        timeout_s = stated_s if is_known else self._probe_timeout()
        try:
            return await self._link.read(ask, timeout_s, connect_s=stated_s)
        except LinkFault as fault:
            if not (fault.lost or (self._link.is_serial_framed and not self._tries)):
                raise
        return await self._link.read(ask, timeout_s, connect_s=stated_s)

    def _answered(self, now: datetime, now_s: float, *, is_first: bool) -> None:
        self._last_success = self._there_until = now
        if not is_first:
            return
        if self._last_answer_s is not None and not self._tries:
            self._jitters.append(abs(now_s - self._last_answer_s - self._unit.period_s))
        self._last_answer_s = now_s

    def _return(self) -> None:
        """The whole unit is there: say how long it was not."""
        if self._tries:
            now = datetime.now(UTC)
            away_s = (now - self._away_from).total_seconds()
            self._note(
                f"The controller was out of reach from {_shown(self._away_from)} to "
                f"{_shown(now)} ({away_s:.0f} s): {self._reason}.",
                now,
            )
        self._tries, self._reason = 0, ""

    def _refused(self, block: Block, refusal: DeviceRefusal) -> None:
        if refusal.is_of_extent and len(block.registers) > 1:
            self._split(block, refusal)
        else:
            lost = self._give_up([block], refusal.message)
            self._explain(lost, refusal.message)

    def _split(self, block: Block, refusal: DeviceRefusal) -> None:
        """Remember to read this block in smaller pieces, from the next poll on."""
        pieces = without_gaps(block, max_registers=self._unit.max_registers)
        if len(pieces) == 1:
            pieces = tuple(
                Block(block.table, register.address, register.count, (register,))
                for register in block.registers
            )
        where = [known for known, _ in self._blocks].index(block)
        self._blocks[where : where + 1] = [(piece, _decoder(piece)) for piece in pieces]
        logger.warning(
            "modbus block is refused and split machine=%s table=%s address=%d count=%d pieces=%d "
            "code=%d",
            *(self._machine.id, block.table, block.address, block.count, len(pieces), refusal.code),
        )

    def _lose(self, reason: str, left: Sequence[Block] | None = None) -> None:
        """The unit is away: what it did not answer is bad, and the next try comes later."""
        self._failures += 1
        self._tries += 1
        self._cost_s = self._link.held_s
        if self._tries == 1:
            self._away_from, now = self._there_until, datetime.now(UTC)
            self._note(
                f"The controller is out of reach since {_shown(self._away_from)}: {reason}.", now
            )
        self._reason = reason
        self._give_up(left or [block for block, _ in self._blocks], reason)

    def _give_up(self, blocks: Iterable[Block], reason: str) -> tuple[str, ...]:
        """Say once that signals are lost, and write one bad reading of each; return those."""
        lost = self._news.without(r.signal for block in blocks for r in block.registers)
        if lost:
            logger.warning(
                "modbus device gives nothing machine=%s url=%s unit=%d signals=%s reason=%s",
                *(self._machine.id, self._unit.url, self._unit.unit, _listed(lost), reason),
            )
            self._samples.append(Sample(datetime.now(UTC), dict.fromkeys(lost)))
        return lost

    def _say(self, changes: Changes) -> None:
        for phrase, signals in (
            ("modbus signals are back machine=%s signals=%s", changes.back),
            ("modbus value is no number machine=%s signals=%s", changes.lost),
        ):
            if signals:
                logger.warning(phrase, self._machine.id, _listed(signals))
        self._explain(changes.lost, "the registers hold no value")

    def _explain(self, lost: Sequence[str], reason: str) -> None:
        """Keep beside bad readings why they are; of a reason that comes and goes, now and again."""
        now_s = asyncio.get_running_loop().time()
        if not lost or now_s - self._told.get(reason, -_TOLD_AGAIN_S) < _TOLD_AGAIN_S:
            return
        self._told[reason] = now_s
        named = ", ".join(sorted(lost)[:_MOST_NAMED])
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        self._note(f"There is no value of {named}{more}: {reason}.", datetime.now(UTC))

    def _note(self, text: str, at: datetime) -> None:
        severity, state = Severity.INFO, EventState.NOTE
        self._notes.append(
            Event(self._machine.id, GAP, severity, state, text, at, at, self._source)
        )

    async def _hand_on(self) -> None:
        """Wait for room in the intake: other lanes and the broker's thread go on meanwhile."""
        if not (self._samples or self._notes):
            return
        samples, notes = tuple(self._samples), tuple(self._notes)
        self._samples.clear()
        self._notes.clear()
        self._readings += sum(len(sample.values) for sample in samples)
        polled = Polled(self._machine.id, self._source, self._units, samples, notes)
        while not self._offer(polled):  # noqa: ASYNC110 - the queue belongs to another thread
            await asyncio.sleep(_FULL_PAUSE_S)


def _decoder(block: Block) -> BlockDecoder:
    return BlockDecoder(block.registers, block.address)


def _listed(signals: Sequence[str]) -> str:
    more = f",and {len(signals) - _MOST_LISTED} more" if len(signals) > _MOST_LISTED else ""
    return ",".join(sorted(signals)[:_MOST_LISTED]) + more


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
