"""The watch over the drift: what it says, when it logs, and what it holds against what."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from finetune.drift import Verdict
from ingest.errors import NotKnown
from ingest.vocabulary import Outcome
from service.classified import Classified, Entry, Said
from service.classifier_figures import ClassifierFigures
from service.database import Database
from service.drift_watch import DriftWatch
from tests.fakes import FakeClassifier, FakeShelf
from tests.unit.service.conftest import NOON

KNOWN = Said("fake-1", Outcome.LABEL, "pump_worn", 0.95)
FOREIGN = Said("fake-1", Outcome.UNKNOWN, "", 0.0)


class Floor:
    """A watch over a table that the test fills."""

    def __init__(self, database: Database) -> None:
        self.kept = Classified(database)
        self.figures = ClassifierFigures()
        self.watch = DriftWatch(
            FakeShelf(FakeClassifier({"whin": "pump_worn"})), self.kept, self.figures
        )
        self._subject = count()

    def say(self, said: Said, times: int) -> None:
        """The same answer, that often."""
        self.kept.keep(
            [
                Entry("error_code", "prediction", f"p{next(self._subject)}", NOON, said)
                for _ in range(times)
            ]
        )

    def drifted(self) -> float | None:
        """The figure for Prometheus."""
        labels = {"task": "error_code"}
        return self.figures.registry.get_sample_value("andon_classifier_drifted", labels)


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """Nothing was said yet."""
    with Database(tmp_path / "history.db") as database:
        yield Floor(database)


def test_few_answers_say_nothing(floor: Floor) -> None:
    """No verdict, no component, nothing to do."""
    floor.say(KNOWN, 3)
    floor.watch.check(NOON)
    standing = floor.watch.standing("error_code", NOON)
    assert (standing.drift.verdict, standing.well) == (Verdict.TOO_FEW, True)
    assert floor.watch.shifted() == []
    assert floor.drifted() == 0.0


def test_shift_is_said_once_and_so_is_its_end(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    """It names the task and what to do; a version that serves anew begins anew."""
    caplog.set_level(logging.INFO, logger="service.drift_watch")
    floor.say(KNOWN, 200)
    floor.say(FOREIGN, 300)
    for minute in range(3):
        floor.watch.check(NOON + timedelta(minutes=minute))
    (standing,) = floor.watch.shifted()
    assert standing.drift.verdict is Verdict.RETRAIN
    assert standing.words.endswith("were expected. Retrain: andon train error_code")
    assert "unlike anything learnt" in standing.words
    assert [record.message for record in caplog.records] == ["a classifier has drifted"]
    assert floor.drifted() == 1.0
    floor.say(KNOWN, 500)
    for _ in range(2):
        floor.watch.check(NOON + timedelta(hours=1))
    assert floor.watch.shifted() == []
    assert [record.message for record in caplog.records][1:] == ["a classifier is steady again"]
    assert floor.drifted() == 0.0


def test_answers_of_another_version_are_not_held_against_this_one(floor: Floor) -> None:
    """Only what the version in use said counts."""
    floor.say(Said("fake-0", Outcome.UNKNOWN, "", 0.0), 500)
    assert floor.watch.look("error_code", NOON).drift.verdict is Verdict.TOO_FEW


def test_task_without_a_model_has_no_drift(floor: Floor) -> None:
    """It is not known."""
    with pytest.raises(NotKnown):
        floor.watch.standing("defect_type", NOON)
