"""What came out of a training or an evaluation, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from finetune.score import Score

_KEYS = frozenset({"task", "version", "split", "chosen", "candidates", "test"})


@dataclass(frozen=True, slots=True)
class CandidateFigures:
    """One candidate on rows that it was not fitted on."""

    name: str
    accuracy: float
    macro_f1: float
    seconds: float
    ended: str = ""
    """Why it was not fitted on every fold; empty: it was."""


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What `andon train` and `andon evaluate` print."""

    task: str
    version: str
    split: str
    chosen: str
    candidates: tuple[CandidateFigures, ...]
    test: Score
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Further keys of the JSON."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the contract; figures rounded to what they can mean."""
        return {
            "task": self.task,
            "version": self.version,
            "split": self.split,
            "chosen": self.chosen,
            "candidates": [_candidate(figures) for figures in self.candidates],
            "test": rounded(asdict(self.test)),
            **self.notes,
        }


def report_from(said: Mapping[str, Any]) -> TrainReport:
    """What `as_dict` gave, read back.

    Raises:
        KeyError, TypeError: it is not of that form.
    """
    return TrainReport(
        task=said["task"],
        version=said["version"],
        split=said["split"],
        chosen=said["chosen"],
        candidates=tuple(CandidateFigures(**figures) for figures in said["candidates"]),
        test=Score(**said["test"]),
        notes={key: said[key] for key in said.keys() - _KEYS},
    )


def _candidate(figures: CandidateFigures) -> dict[str, Any]:
    said = rounded(asdict(figures))
    return said if figures.ended else {key: said[key] for key in said if key != "ended"}


def rounded(figures: Mapping[str, Any]) -> dict[str, Any]:
    """To what they can mean."""
    return {
        key: round(value, 4) if isinstance(value, float) else value
        for key, value in figures.items()
    }
