"""A shift while it is made: traces that faults are planted in, and where there is room for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ingest.plant import SignalSpec
from ingest.vocabulary import Event
from prompting.evaluation.course import Course, Flags, Floats
from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.signals import ANALOG, Design
from prompting.evaluation.usual import Usual

LEAD_S = 300.0
"""An onset is at least this far behind the start of production."""
APART_S = 300.0
"""Two onsets are at least this far from each other."""
SETTLED_S = 60.0
ATTEMPTS = 40


@dataclass(slots=True)
class Trace:
    """One signal over the day before and the shift."""

    design: Design
    times: Floats
    values: Floats
    """In its own unit, before the sensor's steps."""
    silent: Flags
    """Samples that never arrive."""

    def told(self) -> Floats:
        """As the sensor tells them."""
        quantum = self.design.quantum
        return np.asarray(np.round(np.round(np.maximum(self.values, 0.0) / quantum) * quantum, 6))

    def inside(self, first: float, last: float) -> Flags:
        """Samples between two instants."""
        return np.asarray((self.times >= first) & (self.times < last))


@dataclass(slots=True)
class Scene:
    """Everything that a fault may change."""

    machine: str
    start: float
    """Of the shift, seconds since the Unix epoch."""
    end: float
    course: Course
    traces: dict[str, Trace]
    usual: dict[str, Usual]
    specs: dict[str, SignalSpec]
    events: list[Event] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Signals and codes that belong to a fault."""
    closed: list[tuple[float, float]] = field(default_factory=list)
    """Stretches in which no other fault may begin."""

    def free(self, rng: np.random.Generator, kinds: Iterable[str] = ANALOG) -> list[Trace]:
        """Traces of those kinds that belong to no fault yet, in random order."""
        wanted = set(kinds)
        free = [
            trace
            for name, trace in self.traces.items()
            if name not in self.taken and trace.design.kind in wanted
        ]
        return [free[i] for i in rng.permutation(len(free))]

    def moment(self, rng: np.random.Generator, need_s: float) -> float | None:
        """An instant with that much production ahead, away from every other fault."""
        for _ in range(ATTEMPTS):
            at = float(rng.uniform(self.start + LEAD_S, max(self.start + LEAD_S, self.end - 60.0)))
            if self._produces(at - LEAD_S, at + need_s) and self._alone(at, at + need_s):
                return at
        return None

    def _produces(self, first: float, last: float) -> bool:
        if first < self.start or last > self.end:
            return False
        inside = slice(int(first - self.course.start), int(last - self.course.start))
        return bool(np.all(self.course.activity[inside] == 1.0))

    def _alone(self, first: float, last: float) -> bool:
        if any(begin < last and first < end for begin, end in self.closed):
            return False
        return all(abs(fault.onset - first) >= APART_S for fault in self.faults)

    def production_s(self, first: float, last: float) -> float:
        """Seconds of settled production between two instants."""
        begin, end = (int(moment - self.course.start) for moment in (first, last))
        return float(np.count_nonzero(self.course.producing(SETTLED_S)[begin:end]))

    def activity(self, trace: Trace) -> Floats:
        """How hard the machine works at each sample."""
        return np.asarray(self.course.activity[self.course.at(trace.times)])

    def beyond_limit(self, trace: Trace, first: float, last: float) -> bool:
        """Whether a sample in production is beyond a declared limit."""
        spec = self.specs[trace.design.name]
        inside = trace.inside(first, last) & (self.activity(trace) == 1.0) & ~trace.silent
        values = trace.told()[inside]
        high = spec.high is not None and bool(np.any(values > spec.high))
        return high or (spec.low is not None and bool(np.any(values < spec.low)))

    def keep(self, fault: Fault) -> None:
        """Add a fault that is planted; what it is about is free for no other."""
        self.faults.append(fault)
        self.taken.update(fault.codes)
        if fault.kind is not FaultKind.GAP:
            self.taken.update(fault.signals)
