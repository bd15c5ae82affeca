"""A label by the vote of what was learnt: texts by words, vectors and codes; rows of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.errors import DataFault
from rag.voting.ballot import counted, order
from rag.voting.choosing import LEAST, chosen, judged_by, plainest, ways
from rag.voting.confidence import Confidence
from rag.voting.electorate import Candidates, Electorate, Flags, Floats, Voter, Weighing
from rag.voting.memory import TextMemory
from rag.voting.numbers import NumberMemory

Floor = Callable[[Floats, Flags], float]
"""From the confidences of votes and which of them were right: below what to abstain."""
UNMEASURED_FLOOR = 0.5
"""Where there were no examples to measure by: what is more for it than against it."""
_BATCH = 64
"""Inputs that are looked for before they are counted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a choice was made by; told in a report."""

    weighing: Weighing
    confidence: Confidence
    floor: float
    """Of the confidence, under which there is no answer; above 1: there is none at all."""
    macro_f1: float | None = None
    """On the parts that were held back; None: there was nothing to judge by."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What the vote on one input says."""

    label: str
    """Empty: nobody voted."""
    confidence: float
    sure: bool
    """Whether it may be answered."""
    nearest: tuple[Voter, ...]
    """Those that voted, the nearest first."""


class Ballots:
    """Votes on inputs of one kind, weighed in one way."""

    def __init__(self, memory: TextMemory | NumberMemory, judged: Judged) -> None:
        self.memory = memory
        self.judged = judged

    @property
    def voters(self) -> Electorate:
        """Everybody who may vote."""
        return self.memory.voters

    def vote(self, inputs: Sequence[Any]) -> list[Vote]:
        """One an input, each as if it were alone; texts or numbers by column, as it learnt."""
        found: list[Vote] = []
        for start in range(0, len(inputs), _BATCH):
            found += self._counted(self._candidates(inputs[start : start + _BATCH]))
        return found

    def nearest(self, one: str | Mapping[str, float], limit: int) -> list[Voter]:
        """Who is nearest to one input, the nearest first."""
        (places,) = order(self._candidates([one]), self.voters, self.judged.weighing)
        return [self.voters.voters[number] for number in places[:limit]]

    def _candidates(self, inputs: Sequence[Any]) -> Candidates:
        if isinstance(self.memory, NumberMemory):
            return self.memory.candidates(inputs)
        return self.memory.candidates(inputs, by_meaning=self.judged.weighing.dense > 0)

    def _counted(self, candidates: Candidates) -> list[Vote]:
        weighing, labels = self.judged.weighing, self.voters.labels
        count = counted(candidates, self.voters, weighing)
        confidence = self.judged.confidence.of(count.signal)
        places = order(candidates, self.voters, weighing)
        return [
            Vote(
                label=labels[winner] if winner >= 0 else "",
                confidence=float(sure) if winner >= 0 else 0.0,
                sure=bool(winner >= 0 and sure >= self.judged.floor),
                nearest=tuple(self.voters.voters[at] for at in near[: weighing.nearest]),
            )
            for winner, sure, near in zip(count.winner.tolist(), confidence, places, strict=True)
        ]


def judged(memory: TextMemory | NumberMemory, *, seed: int, floor: Floor) -> Judged:
    """How votes are weighed, by examples that are held back part by part.

    Raises:
        DataFault: there is nobody who votes.
    """
    voters = memory.voters
    if not voters.voters:
        raise DataFault(
            "There is nothing to retrieve: no labelled example, and no row of a code table that "
            "stands for a label.",
            remedy="Give labelled rows, or a code table with --codes.",
        )
    texts = isinstance(memory, TextMemory)
    vectors = not isinstance(memory, TextMemory) or memory.points.reads_vectors
    examples = judged_by(voters, seed)
    parts = [memory.part(number) for number in examples]
    if len(examples) < LEAST or len({*parts}) < 2:
        return Judged(plainest(vectors=vectors, words=texts), Confidence(), UNMEASURED_FLOOR)
    candidates = _held_back(memory, examples, parts)
    truth = voters.label_of[examples]
    tried = ways(voters, candidates, vectors=vectors, words=texts)
    best = chosen(candidates, truth, voters, ways=tried)
    least = floor(best.confidence.of(best.signal), best.right)
    return Judged(best.weighing, best.confidence, least, best.macro_f1)


def _held_back(
    memory: TextMemory | NumberMemory, examples: Sequence[int], parts: Sequence[int]
) -> Candidates:
    """Who may vote on each of these examples: nobody of its own part."""
    voters = [memory.voters.voters[number] for number in examples]
    if isinstance(memory, TextMemory):
        return memory.candidates([voter.text for voter in voters], parts)
    return memory.candidates([voter.numbers for voter in voters], parts)
