"""One collector among the others: its sign of life each second, and the lanes it holds by lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import StoreFault
from ingest.modbus_address import Carrier
from ingest.plant import Machine, ModbusUnit
from ingest.roster import Attendance, Roster

logger = logging.getLogger(__name__)

TURN_S = 1.0
_MARGIN = 0.2
"""Share of a term that is left unused, so that we stop before anybody else may begin."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a collector says of itself at a turn."""

    figures: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


class CrewMember:
    """Attends the roster in a thread of its own and tells which machines are ours to poll.

    A store that does not answer holds up the thread, not the watch over the term: `lapse`, called
    from elsewhere, gives everything up when nothing was renewed in time.
    """

    def __init__(
        self,
        roster: Roster,
        name: str,
        *,
        term_s: float,
        assign: Callable[[Sequence[Machine]], None],
        say: Callable[[], Said] = Said,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roster = roster
        self._name = name
        self._term_s = term_s
        self._assign = assign
        self._say = say
        self._clock = clock
        self._machines: dict[str, list[Machine]] = {}
        self._held: frozenset[str] = frozenset()
        self._valid_until = 0.0
        self._lock = threading.RLock()
        self._turn = threading.Event()
        self._stopping = threading.Event()
        self._told = False
        self._thread = threading.Thread(target=self._run, name="andon-crew", daemon=True)

    def want(self, machines: Sequence[Machine]) -> None:
        """The machines of the plant, to be shared with the others; again after a change."""
        lanes: dict[str, list[Machine]] = {}
        for machine in machines:
            if machine.modbus is not None and _within_reach(machine.modbus):
                lanes.setdefault(_lane(machine.modbus), []).append(machine)
        with self._lock:
            self._machines = lanes
            self._poll(self._held & lanes.keys())
        self._turn.set()

    @property
    def lanes(self) -> int:
        """How many lanes are ours."""
        return len(self._held)

    def start(self) -> None:
        """Begin to attend."""
        self._thread.start()

    def lapse(self) -> None:
        """Stop polling when our term is over and was not renewed."""
        with self._lock:
            if self._held and self._clock() > self._valid_until:
                logger.warning("leases are not renewed in time, lanes=%d rest", len(self._held))
                self._poll(frozenset())

    def stop(self) -> None:
        """Stop polling, then leave the roster, so that the others need not wait."""
        self._stopping.set()
        self._turn.set()
        if self._thread.is_alive():
            self._thread.join(2 * self._term_s)
        with self._lock:
            self._poll(frozenset())
        try:
            self._roster.leave(self._name)
        except StoreFault as fault:
            logger.warning("the roster is not left in order: %s", fault)

    def claim(self, chore: str, term_s: float) -> bool:
        """Whether a chore that one collector does for all is ours; StoreFault while in doubt."""
        return self._roster.claim(chore, self._name, term_s)

    def turn(self) -> None:
        """Attend once: take what is ours, give up what is due to others."""
        began = self._clock()
        with self._lock:
            lanes = frozenset(self._machines)
        said = self._say()
        attendance = Attendance(self._name, lanes, said.figures, said.words)
        share = self._roster.attend(attendance, self._term_s)
        with self._lock:
            self._valid_until = began + (1 - _MARGIN) * self._term_s
            if self._clock() > self._valid_until:
                return  # the answer came too late to be worth anything
            self._poll((share.held - share.surplus) & self._machines.keys())
        gone = share.surplus | (share.held - self._machines.keys())
        if gone:
            self._roster.release(self._name, sorted(gone))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.turn()
            except StoreFault as fault:
                if not self._told:
                    logger.error("the roster cannot be used, leases will lapse: %s", fault)
                self._told = True
                self.lapse()
            except Exception:  # this loop must not die: nobody would poll our lanes
                logger.exception("a turn in the roster failed")
            else:
                if self._told:
                    logger.warning("the roster is used again")
                self._told = False
            self._turn.wait(TURN_S)
            self._turn.clear()

    def _poll(self, lanes: frozenset[str]) -> None:
        """Poll these lanes and no others; the lock is ours."""
        if lanes != self._held:
            logger.info("lanes are ours count=%d of=%d", len(lanes), len(self._machines))
        self._held = lanes
        self._assign([machine for lane in sorted(lanes) for machine in self._machines[lane]])


def _lane(unit: ModbusUnit) -> str:
    """The connection of a unit, however its url is spelled."""
    address = unit.address
    return f"{address.carrier.value}://{address.device or f'{address.host}:{address.port}'}"


def _within_reach(unit: ModbusUnit) -> bool:
    """A serial line belongs to the collectors of the host that it is plugged into."""
    address = unit.address
    return address.carrier is not Carrier.RTU or Path(address.device).exists()
