"""What can be wrong in a generated shift, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.vocabulary import EvidenceKind


class FaultKind(StrEnum):
    """The faults that the generator plants."""

    STEP = "step"
    DRIFT = "drift"
    SPIKE = "spike"
    STUCK = "stuck"
    NOISE = "noise"
    OSCILLATION = "oscillation"
    DROPOUT = "dropout"
    GAP = "gap"
    LIMIT = "limit"
    UNIT = "mixed_units"
    CHATTER = "chatter"
    FLOOD = "flood"
    STANDING = "standing"
    TRIP = "trip_chain"


RIGHT: Mapping[FaultKind, EvidenceKind] = {
    FaultKind.STEP: EvidenceKind.STEP,
    FaultKind.DRIFT: EvidenceKind.DRIFT,
    FaultKind.SPIKE: EvidenceKind.SPIKE,
    FaultKind.STUCK: EvidenceKind.STUCK,
    FaultKind.NOISE: EvidenceKind.NOISE_CHANGE,
    FaultKind.OSCILLATION: EvidenceKind.OSCILLATION,
    FaultKind.DROPOUT: EvidenceKind.DROPOUT,
    FaultKind.GAP: EvidenceKind.GAP,
    FaultKind.LIMIT: EvidenceKind.LIMIT_VIOLATION,
    FaultKind.UNIT: EvidenceKind.STEP,
    FaultKind.CHATTER: EvidenceKind.CHATTERING,
    FaultKind.FLOOD: EvidenceKind.FLOOD,
    FaultKind.STANDING: EvidenceKind.STANDING,
    FaultKind.TRIP: EvidenceKind.FIRST_OUT,
}
"""The kind of evidence that names a fault rightly. Values that change their unit step."""
SLOW = (FaultKind.DRIFT, FaultKind.STANDING)
"""Not sudden: their onset is nobody's minute."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One known fault of a shift; times in seconds since the Unix epoch."""

    kind: FaultKind
    onset: float
    end: float
    signals: tuple[str, ...] = ()
    """The first is the one it began in; the others moved with it."""
    codes: tuple[str, ...] = ()
    """Of its events; of a trip chain in order, the first-out first."""
    onset_latest: float | None = None
    """Until when the onset may be told, where it is a stretch: a limit is crossed after a rise."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """By role, as evidence names them: `change`, `peak`, `ratio`, `duration`, `count` ..."""
    beyond_limit: bool = False
    """Samples of it are beyond a declared limit, so that a limit violation names it rightly too."""
    recovered: float | None = None
    """Until when its consequences may be told; its end unless the machine has to start again."""

    everywhere: bool = False
    """Its consequences show in every signal."""

    @property
    def right(self) -> frozenset[EvidenceKind]:
        """Kinds of evidence that name it rightly."""
        kinds = {RIGHT[self.kind]}
        if self.beyond_limit:
            kinds.add(EvidenceKind.LIMIT_VIOLATION)
        return frozenset(kinds)

    @property
    def sudden(self) -> bool:
        """Whether its onset is an instant."""
        return self.kind not in SLOW

    def late(self, moment: float) -> float:
        """Seconds by which a told onset misses the true one; negative when too early."""
        if moment < self.onset:
            return moment - self.onset
        return max(0.0, moment - (self.onset_latest or self.onset))
