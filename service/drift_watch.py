"""Watches whether what comes in is still what the models were trained on; says it once each way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from finetune.drift import Drift, Seen, Verdict, drift
from service.classified import Classified, Said
from service.classifier_figures import ClassifierFigures
from service.ports import Shelf

log = logging.getLogger(__name__)

WINDOW = 300
"""The last answers, which are looked at."""
USUAL = 200
"""The first answers of a version at this plant, whose labels have shares of their own; looked at
once none of them is among the last ones."""
NOTHING_TO_DO = (Verdict.STEADY, Verdict.TOO_FEW)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found about one task, and when."""

    task: str
    version: str
    at: datetime
    drift: Drift

    @property
    def well(self) -> bool:
        """Nothing needs to be done."""
        return self.drift.verdict in NOTHING_TO_DO

    @property
    def words(self) -> str:
        """For a person: what shifted, and what to do about it."""
        if self.well:
            return f"{self.version}: {self.drift.verdict}"
        shifted = " ".join(self.drift.reasons)
        remedy = f"Retrain: andon train {self.task}"
        return f"{shifted} {remedy}" if self.drift.verdict is Verdict.RETRAIN else shifted


class DriftWatch:
    """Looks at each task now and then, never in a request."""

    def __init__(self, shelf: Shelf, kept: Classified, figures: ClassifierFigures) -> None:
        self._shelf = shelf
        self._kept = kept
        self._figures = figures
        self._lock = threading.Lock()
        self._standing: dict[str, Standing] = {}

    def check(self, now: datetime) -> None:
        """Look at every task that has a model."""
        for task, version in self._shelf.tasks():
            if version is not None:
                self.look(task.name, now)

    def look(self, task: str, now: datetime) -> Standing:
        """Look at one task; NotKnown when it has no model."""
        model = self._shelf.current(task)
        last = self._kept.recent(task, model.version, most=WINDOW + USUAL)
        usual = self._kept.first(task, model.version, most=USUAL) if _enough(last) else []
        found = drift(
            model.reference,
            [_seen(said) for said in reversed(last[:WINDOW])],
            label_names=model.task.label_names,
            usual=[_seen(said) for said in usual],
        )
        standing = Standing(task, model.version, now, found)
        with self._lock:
            before = self._standing.get(task)
            self._standing[task] = standing
        self._figures.drifted(task, shifted=not standing.well, measures=dict(found.figures))
        _say(before, standing)
        return standing

    def standing(self, task: str, now: datetime) -> Standing:
        """What was found last; looks if nobody has looked yet."""
        with self._lock:
            found = self._standing.get(task)
        return found if found is not None else self.look(task, now)

    def shifted(self) -> list[Standing]:
        """The tasks of which a person should know."""
        with self._lock:
            return [one for _, one in sorted(self._standing.items()) if not one.well]


def _enough(last: Sequence[Said]) -> bool:
    return len(last) == WINDOW + USUAL


def _seen(said: Said) -> Seen:
    return Seen(said.label or None, said.outcome, said.confidence)


def _say(before: Standing | None, now: Standing) -> None:
    """One line when the verdict changes, and one when it returns."""
    was_well = before is None or before.well
    fields = {"task": now.task, "version": now.version}
    if was_well and not now.well:
        log.warning("a classifier has drifted", extra={**fields, "drift": now.words})
    elif now.well and not was_well:
        log.info("a classifier is steady again", extra=fields)
