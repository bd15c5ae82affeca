"""What the classifiers said of late and what their shadow said to the same, kept in history.db."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.instants import microseconds
from ingest.vocabulary import Diagnosis, Outcome
from service.database import Database

MOST = 20_000
"""Answers of a task that are kept; older ones go."""
MOST_PAIRS = 50
"""Pairs of labels that are shown, the frequent ones first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one model said to one input; no word of the input."""

    version: str
    outcome: Outcome
    label: str
    """The likeliest, also where it is not answered; empty where there is none."""
    confidence: float

    @property
    def answer(self) -> str:
        """The label that it gives; empty when it abstains."""
        return self.label if self.outcome is Outcome.LABEL else ""


NOBODY = Said("", Outcome.UNKNOWN, "", 0.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer and, where a shadow was asked too, what it said."""

    task: str
    kind: str
    """`prediction` or `issue`."""
    subject: str
    at: datetime
    said: Said
    shadow: Said = NOBODY


@dataclass(frozen=True, slots=True)
class Pair:
    """How often one label stood against another; empty: an abstention."""

    serving: str
    shadow: str
    count: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of the answers that people judged meanwhile, how many each version got right."""

    judged: int = 0
    serving_right: int = 0
    shadow_right: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A shadow against the version that served, on the same live inputs."""

    task: str
    serving: str
    shadow: str
    answers: int = 0
    agreed: int = 0
    pairs: tuple[Pair, ...] = ()
    """Where they differ, frequent ones first."""
    judgement: Judgement = Judgement()


def said_by(diagnosis: Diagnosis) -> Said:
    """What a diagnosis comes down to."""
    leading = next((other.label for other in diagnosis.alternatives), "")
    return Said(
        diagnosis.model_version,
        diagnosis.outcome,
        diagnosis.label or leading,
        diagnosis.confidence,
    )


class Classified:
    """The table; about a card only the last answer counts."""

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._database = database
        self._most = most

    def keep(self, entries: Sequence[Entry]) -> None:
        """All or none of them; what is too old goes."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO classified (task, kind, subject, at, version, outcome, "
                "label, confidence, shadow_version, shadow_outcome, shadow_label, "
                "shadow_confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(entry) for entry in entries],
            )
            for task in {entry.task for entry in entries}:
                connection.execute(
                    "DELETE FROM classified WHERE task = ? AND number <= (SELECT number FROM "
                    "classified WHERE task = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                    (task, task, self._most),
                )

    def recent(self, task: str, version: str, *, most: int) -> list[Said]:
        """The last answers of a version, newest first."""
        rows = self._database.rows(
            "SELECT version, outcome, label, confidence FROM classified "
            "WHERE task = ? AND version = ? ORDER BY number DESC LIMIT ?",
            (task, version, most),
        )
        return [_said(row) for row in rows]

    def first(self, task: str, version: str, *, most: int) -> list[Said]:
        """The first answers of a version that are kept, oldest first."""
        rows = self._database.rows(
            "SELECT version, outcome, label, confidence FROM classified "
            "WHERE task = ? AND version = ? ORDER BY number LIMIT ?",
            (task, version, most),
        )
        return [_said(row) for row in rows]

    def compared(
        self, serving: str, shadow: str, *, task: str, truth: dict[str, str]
    ) -> Comparison:
        """A shadow against the version that served.

        Args:
            serving: a version.
            shadow: another one; empty where there is none, which answered nothing.
            task: of both.
            truth: by subject what people say that it was.
        """
        rows = self._database.rows(
            "SELECT subject, version, outcome, label, confidence, shadow_version, "
            "shadow_outcome, shadow_label, shadow_confidence FROM classified "
            "WHERE task = ? AND version = ? AND shadow_version = ? AND shadow_version <> ''",
            (task, serving, shadow),
        )
        both = [(row[0], _said(row[1:5]).answer, _said(row[5:9]).answer) for row in rows]
        return Comparison(
            task,
            serving,
            shadow,
            answers=len(both),
            agreed=sum(one == other for _, one, other in both),
            pairs=_pairs((one, other) for _, one, other in both if one != other),
            judgement=_judged(both, truth),
        )


def _pairs(found: Iterable[tuple[str, str]]) -> tuple[Pair, ...]:
    counts = Counter(found)
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Pair(*labels, count) for labels, count in frequent[:MOST_PAIRS])


def _judged(both: Iterable[tuple[str, str, str]], truth: dict[str, str]) -> Judgement:
    known = [(truth[subject], one, other) for subject, one, other in both if subject in truth]
    return Judgement(
        judged=len(known),
        serving_right=sum(one == right for right, one, _ in known),
        shadow_right=sum(other == right for right, _, other in known),
    )


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        *(entry.task, entry.kind, entry.subject, microseconds(entry.at)),
        *_columns(entry.said),
        *_columns(entry.shadow),
    )


def _columns(said: Said) -> tuple[object, ...]:
    return said.version, said.outcome, said.label, said.confidence


def _said(row: Sequence[Any]) -> Said:
    version, outcome, label, confidence = row
    return Said(version, Outcome(outcome), label, confidence)
