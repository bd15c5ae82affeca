"""The fault catalogue, and how strongly a fault is at work at each moment of its life."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import NotKnown
from ingest.vocabulary import Severity

CATALOGUE = Path(__file__).parent / "faults.toml"
GROWTH_S = 90.0
"""Virtual seconds until a slow fault is fully grown."""
_FIRST_BURST_S = (6.0, 12.0)
_BURST_S = (18.0, 24.0)
_CALM_S = (22.0, 30.0)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the catalogue."""

    kind: str
    machine_kind: str
    shape: str
    """`slow`, `sudden` or `chatter`."""
    moves: Mapping[str, str]
    """`up` or `down` by signal; the first signal is the one that is alarmed on."""
    code: str
    """The manual's code; empty where the vendor's own undocumented codes are raised."""
    severity: Severity
    defect: str
    """Empty where no product defect follows."""
    document: str
    page: int

    @property
    def primary(self) -> str:
        """The signal that is alarmed on."""
        return next(iter(self.moves))


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a run: what fails on which machine, from when to when, how badly."""

    machine: str
    kind: FaultKind
    start_s: float
    """Virtual seconds since the start of the run."""
    end_s: float
    strength: float = 1.0
    bursts: tuple[tuple[float, float], ...] = ()
    """Start and end of each burst of a chattering fault, virtual seconds."""

    def effect_at(self, t: float) -> float:
        """How strongly it is at work at a virtual second: 0, or up to its strength."""
        if not self.start_s <= t < self.end_s:
            return 0.0
        if self.kind.shape == "slow":
            return self.strength * min((t - self.start_s) / GROWTH_S, 1.0)
        if self.kind.shape == "chatter":
            return self.strength * any(start <= t < end for start, end in self.bursts)
        return self.strength


def load_catalogue(path: Path = CATALOGUE) -> tuple[FaultKind, ...]:
    """Every fault kind of a catalogue."""
    with path.open("rb") as file:
        return tuple(_kind(row) for row in tomllib.load(file)["faults"])


def kind_named(catalogue: tuple[FaultKind, ...], kind: str) -> FaultKind:
    """The fault kind of that name; NotKnown when there is none."""
    for candidate in catalogue:
        if candidate.kind == kind:
            return candidate
    known = ", ".join(candidate.kind for candidate in catalogue)
    raise NotKnown(f"There is no fault kind {kind!r}.", remedy=f"Known: {known}")


def draw_bursts(
    start_s: float, end_s: float, rng: random.Random
) -> tuple[tuple[float, float], ...]:
    """When a chattering fault shows; every burst ends with the fault."""
    bursts = []
    at = start_s + rng.uniform(*_FIRST_BURST_S)
    while at < end_s - _BURST_S[0]:
        until = min(at + rng.uniform(*_BURST_S), end_s)
        bursts.append((at, until))
        at = until + rng.uniform(*_CALM_S)
    return tuple(bursts)


def _kind(row: Mapping[str, Any]) -> FaultKind:
    return FaultKind(
        kind=row["kind"],
        machine_kind=row["machine_kind"],
        shape=row["shape"],
        moves=row["moves"],
        code=row.get("code", ""),
        severity=Severity(row["severity"]),
        defect=row.get("defect", ""),
        document=row["procedure"]["document"],
        page=row["procedure"]["page"],
    )
