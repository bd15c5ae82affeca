"""Who votes: labelled examples and the rows of code tables, and how their votes are weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Voter:
    """A labelled example, or a row of a code table that stands for a label."""

    label: str
    text: str = ""
    """Of a row its code and what it means."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    group: str = ""
    """What it must not be judged by; empty: itself alone."""
    row: int | None = None
    """Its place among the rows of the code table; None: an example."""
    trust: float = 1.0
    """How alike a row and its label are, where the label was found by what the row means."""

    @property
    def guessed(self) -> bool:
        """Whether its label was found by what it means."""
        return self.trust < 1.0


@dataclass(frozen=True, slots=True)
class Weighing:
    """How a vote is counted; chosen on what was learnt, never on what is judged by."""

    dense: float = 0.5
    """Share of the cosine in a similarity; the words in common have the rest."""
    nearest: int = 5
    """How many vote."""
    warmth: float = 0.1
    """A similarity that is so much lower counts e times less."""
    even: float = 0.0
    """0: every vote is one; 1: a rare label's votes count as much as a common one's together."""
    exact: float = 1.0
    """Added to the similarity of an example that names the same identifier."""
    defined: float = 1.0
    """Added to that of a row whose code is named."""
    guessed: float = 1.0
    """What the vote of a row counts whose label was found by what it means."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may vote on each of some inputs: one line an input, one column a candidate."""

    at: Rows
    """The number of the voter; -1: none."""
    dense: Floats
    words: Floats
    exact: Flags
    """Names an identifier of the input."""

    def __len__(self) -> int:
        return len(self.at)

    def similarity(self, dense: float) -> Floats:
        """Without regard to identifiers, 0 to 1."""
        found: Floats = dense * self.dense + (1.0 - dense) * self.words
        return found


@dataclass(frozen=True)
class Electorate:
    """All voters and the labels that there are."""

    voters: tuple[Voter, ...]
    labels: tuple[str, ...]

    @cached_property
    def label_of(self) -> Rows:
        """By voter."""
        place = {name: at for at, name in enumerate(self.labels)}
        return np.array([place[voter.label] for voter in self.voters], dtype=np.int64)

    @cached_property
    def is_row(self) -> Flags:
        """By voter."""
        return np.array([voter.row is not None for voter in self.voters], dtype=bool)

    @cached_property
    def is_guessed(self) -> Flags:
        """By voter."""
        return np.array([voter.guessed for voter in self.voters], dtype=bool)

    @cached_property
    def trust(self) -> Floats:
        """By voter."""
        return np.array([voter.trust for voter in self.voters], dtype=np.float64)

    @cached_property
    def counts(self) -> Floats:
        """Voters of each label, at least one."""
        found = np.bincount(self.label_of, minlength=len(self.labels))
        return np.maximum(found, 1).astype(np.float64)

    @cached_property
    def examples(self) -> tuple[int, ...]:
        """Numbers of those that are examples."""
        return tuple(np.flatnonzero(~self.is_row).tolist())


def electorate(labels: Sequence[str], voters: Sequence[Voter]) -> Electorate:
    """Those voters whose label is one of these."""
    known = {*labels}
    return Electorate(tuple(v for v in voters if v.label in known), tuple(labels))
