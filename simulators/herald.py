"""What a machine and its operators say: alarms at a limit, notes beside it, small talk between."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.plant import Machine, SignalSpec
from ingest.vocabulary import EventState, Severity
from simulators.dialects import Dialect, fill, perturb
from simulators.faults import Fault
from simulators.script import Remark, Script

INFO_LASTS_S = 15.0
"""Virtual seconds until the controller clears an info."""
_FOLLOW_UPS = ((0.08, "note"), (0.32, "event"), (0.58, "note"))
"""What follows the alarm of a slow or sudden fault, by share of the time that is left to it."""
_CHATTER_NOTES = (0.3, 0.62)
_BACK_INSIDE = 0.03
"""An alarm clears when the value is inside its limit by this share of it."""
NO_FAULT = "no_fault"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event or a note at the moment it is made."""

    at_s: float
    """Virtual seconds since the start of the run."""
    code: str
    severity: Severity
    state: EventState
    text: str


@dataclass(slots=True)
class Speaker:
    """Finds the words: the controller in its vendor's dialect, each operator in his own."""

    machine: Machine
    vendor: Dialect
    dialects: Sequence[Dialect]
    rng: random.Random
    _left: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def event(self, label: str, signal: str, value: float) -> str:
        """The controller's words for an alarm or an info."""
        return self._say(self.vendor, label, "events", signal=signal, value=value)

    def cleared(self, label: str, signal: str, value: float) -> str:
        """The controller's words for the end of it."""
        return self._say(self.vendor, label, "cleared", signal=signal, value=value)

    def note(self, label: str, signal: str, value: float) -> str:
        """An operator's words."""
        return self._say(self.rng.choice(self.dialects), label, "notes", signal=signal, value=value)

    def _say(self, dialect: Dialect, label: str, sort: str, *, signal: str, value: float) -> str:
        """The next template of that sort, no template twice before all others had their turn."""
        left = self._left.setdefault((dialect.name, label, sort), [])
        if not left:
            left += getattr(dialect.templates[label], sort)
            self.rng.shuffle(left)
        if not left:
            return ""
        spec = self.machine.signals.get(signal, SignalSpec(signal))
        limit = spec.high if spec.high is not None else spec.low
        if spec.low is not None and value < spec.low:
            limit = spec.low
        words = {
            "machine": self.machine.id,
            "signal": spec.description or signal.replace("_", " "),
            "value": _figure(value),
            "limit": _figure(limit) if limit is not None else "",
            "unit": spec.unit,
            "code": "",
        }
        return perturb(fill(left.pop(), words), self.rng)


class Story:
    """One fault as it is told: raised at the limit, commented on, cleared when it is mended."""

    def __init__(self, fault: Fault, speaker: Speaker) -> None:
        self._fault = fault
        self._speaker = speaker
        self._spec = speaker.machine.signals.get(fault.kind.primary, SignalSpec(fault.kind.primary))
        self._active: list[str] = []
        self._follow_ups: list[tuple[float, str]] = []
        self._alarmed = False
        self._worst = 0.0
        self.codes = _codes(fault, speaker.rng)

    def tell(self, t: float, values: Mapping[str, float]) -> list[Announcement]:
        """What is said at a virtual second; values are the measured ones."""
        if t < self._fault.start_s or (t >= self._fault.end_s and not self._active):
            return []
        value = values[self._fault.kind.primary]
        beyond = self._beyond(value)
        if beyond or not self._alarmed:
            self._worst = value
        told: list[Announcement] = []
        if t < self._fault.end_s:
            told += self._raise(t, beyond=beyond)
            told += self._follow_up(t)
        if self._active and self._over(t, value):
            told += self._clear(t, value)
        return told

    def _raise(self, t: float, *, beyond: bool) -> list[Announcement]:
        """The alarm: at the limit; a fault that does not chatter is noticed by half-time anyway."""
        chatters = self._fault.kind.shape == "chatter"
        half_time = (self._fault.start_s + self._fault.end_s) / 2
        noticed = beyond or (not chatters and t >= half_time)
        if not noticed or self._active or (self._alarmed and not chatters):
            return []
        if not self._alarmed:
            self._plan(t, chatters=chatters)
        self._alarmed = True
        return [self._alarm(t, self.codes[0])]

    def _plan(self, t: float, *, chatters: bool) -> None:
        left = self._fault.end_s - t
        plan = [(share, "note") for share in _CHATTER_NOTES] if chatters else list(_FOLLOW_UPS)
        self._follow_ups = [(t + share * left, sort) for share, sort in plan]

    def _follow_up(self, t: float) -> list[Announcement]:
        if not self._follow_ups or t < self._follow_ups[0][0]:
            return []
        _, sort = self._follow_ups.pop(0)
        if sort == "event":
            return [self._alarm(t, self.codes[-1])]
        kind = self._fault.kind
        text = self._speaker.note(kind.kind, kind.primary, self._worst)
        return [Announcement(t, "", Severity.INFO, EventState.NOTE, text)]

    def _alarm(self, t: float, code: str) -> Announcement:
        kind = self._fault.kind
        if code not in self._active:
            self._active.append(code)
        text = self._speaker.event(kind.kind, kind.primary, self._worst)
        return Announcement(t, code, kind.severity, EventState.RAISED, text)

    def _clear(self, t: float, value: float) -> list[Announcement]:
        kind = self._fault.kind
        codes, self._active = self._active, []
        return [
            Announcement(
                t,
                code,
                kind.severity,
                EventState.CLEARED,
                self._speaker.cleared(kind.kind, kind.primary, value),
            )
            for code in codes
        ]

    def _beyond(self, value: float) -> bool:
        limit = self._limit
        if limit is None:
            return False
        return value > limit if self._upward else value < limit

    def _over(self, t: float, value: float) -> bool:
        """Whether the alarm may clear: back inside, and mended unless the fault chatters."""
        if self._fault.kind.shape != "chatter" and t < self._fault.end_s:
            return False
        limit = self._limit
        if limit is None:
            return True
        margin = abs(limit) * _BACK_INSIDE
        return value < limit - margin if self._upward else value > limit + margin

    @property
    def _upward(self) -> bool:
        return self._fault.kind.moves[self._fault.kind.primary] == "up"

    @property
    def _limit(self) -> float | None:
        return self._spec.high if self._upward else self._spec.low


class Herald:
    """All that is said at one machine over a run."""

    def __init__(self, script: Script, speaker: Speaker) -> None:
        self._speaker = speaker
        self.stories = tuple((fault, Story(fault, speaker)) for fault in script.faults)
        self._remarks = list(script.remarks)
        self._infos: list[tuple[float, Announcement]] = []

    def listen(self, t: float, values: Mapping[str, float]) -> list[Announcement]:
        """What is said at a virtual second; values are the measured ones."""
        told = [line for _, story in self.stories for line in story.tell(t, values)]
        while self._infos and t >= self._infos[0][0]:
            told.append(_ended(self._infos.pop(0)[1], t))
        while self._remarks and t >= self._remarks[0].at_s:
            told.append(self._remark(self._remarks.pop(0), t, values))
        return told

    def _remark(self, remark: Remark, t: float, values: Mapping[str, float]) -> Announcement:
        signal = self._speaker.rng.choice(sorted(values))
        if not remark.info:
            text = self._speaker.note(NO_FAULT, signal, values[signal])
            return Announcement(t, "", Severity.INFO, EventState.NOTE, text)
        code = f"I{self._speaker.rng.randrange(100, 140)}"
        text = self._speaker.event(NO_FAULT, signal, values[signal])
        info = Announcement(t, code, Severity.INFO, EventState.RAISED, text)
        self._infos.append((t + INFO_LASTS_S, info))
        return info


def _ended(info: Announcement, t: float) -> Announcement:
    return Announcement(t, info.code, info.severity, EventState.CLEARED, info.text)


def _codes(fault: Fault, rng: random.Random) -> tuple[str, ...]:
    """The manual's code, or undocumented ones in the vendor's style."""
    if fault.kind.code:
        return (fault.kind.code,)
    style = rng.choice(("X-{}", "X{}", "XF-{}"))
    count = 1 if fault.kind.shape == "chatter" else 2
    return tuple(style.format(number) for number in rng.sample(range(1000, 9999), count))


def _figure(value: float) -> str:
    """A number as a controller shows it: about three figures."""
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"
