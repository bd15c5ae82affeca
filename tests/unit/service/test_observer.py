"""What is heard of the classifiers' answers: kept, shadowed, counted, and never in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import service.observer
from ingest.errors import ModelFault, StoreFault
from ingest.vocabulary import Outcome
from service.classified import Classified, Entry, Pair, Said
from service.classifier_figures import ClassifierFigures
from service.database import Database
from service.observer import Asked, Observer
from service.questions import Question
from tests.fakes import FakeClassifier, FakeShelf
from tests.unit.service.conftest import NOON

PATIENCE_S = 60.0


@dataclass
class Ear:
    """An observer over a real table, with fakes of the models."""

    database: Database

    def __post_init__(self) -> None:
        self.model = FakeClassifier({"whin": "pump_worn", "drip": "leak"})
        self.other = FakeClassifier({"whin": "pump_worn", "drip": "pump_worn"}, version="fake-2")
        self.shelf = FakeShelf(self.model)
        self.shelf.shadows["error_code"] = self.other
        self.kept = Classified(self.database)
        self.figures = ClassifierFigures()
        self.observer = Observer(self.shelf, self.kept, self.figures)

    def tell(self, *texts: str, kind: str = "prediction") -> list[Asked]:
        """Answers of the model to these texts, told."""
        told = [
            Asked(
                kind,
                f"p{text}",
                NOON,
                Question((text,), together=kind == "issue"),
                self.model.classify([text])[0],
            )
            for text in texts
        ]
        self.observer.tell(told)
        return told

    def figure(self, name: str, **labels: str) -> float:
        """A figure for Prometheus."""
        return self.figures.registry.get_sample_value(f"andon_classifier_{name}", labels) or 0.0


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    """An observer with a shadow."""
    with Database(tmp_path / "history.db") as database:
        yield Ear(database)


def test_shadow_is_asked_the_same_and_compared(ear: Ear) -> None:
    """Agreement, the pairs where they differ, and who was right where people said so."""
    ear.tell("whines", "drips", "drips more", "fine")
    ear.tell("whines and drips", kind="issue")
    assert ear.observer.work() == 5
    truth = {"pdrips": "leak", "pwhines": "pump_worn", "pnever": "leak"}
    found = ear.kept.compared("fake-1", "fake-2", task="error_code", truth=truth)
    assert (found.answers, found.agreed) == (5, 3)
    assert found.pairs == (Pair("leak", "pump_worn", 2),)
    judged = found.judgement
    assert (judged.judged, judged.serving_right, judged.shadow_right) == (2, 2, 1)
    agrees = ear.figure("shadow_answers_total", task="error_code", verdict="agrees")
    differs = ear.figure("shadow_answers_total", task="error_code", verdict="differs")
    assert (agrees, differs) == (3, 2)


def test_answers_are_kept_without_a_shadow_and_without_their_words(ear: Ear) -> None:
    """Newest first; the table holds no word of an input."""
    ear.shelf.shadows.clear()
    ear.tell("whines", "secret drips")
    ear.observer.work()
    recent = ear.kept.recent("error_code", "fake-1", most=9)
    assert [said.label for said in recent] == ["leak", "pump_worn"]
    assert [said.label for said in ear.kept.first("error_code", "fake-1", most=1)] == ["pump_worn"]
    nobody = ear.kept.compared("fake-1", "", task="error_code", truth={"pwhines": "pump_worn"})
    assert (nobody.answers, nobody.agreed, nobody.judgement.judged) == (0, 0, 0)
    dump = str(ear.database.rows("SELECT * FROM classified WHERE subject <> 'psecret drips'"))
    assert "drips" not in dump
    assert ear.figure("predictions_total", task="error_code", outcome="label", label="leak") == 1


def test_last_answer_about_a_card_takes_the_place_of_the_one_before(ear: Ear) -> None:
    """A card that is looked at often counts once."""
    (asked,) = ear.tell("whines", kind="issue")
    ear.observer.tell([replace(asked, diagnosis=ear.model.classify(["drips"])[0])])
    ear.observer.work()
    assert [said.label for said in ear.kept.recent("error_code", "fake-1", most=9)] == ["leak"]


@pytest.mark.parametrize("limit", ["MOST_WAITING", "MOST_CHARACTERS"])
def test_too_much_is_dropped_and_counted(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Telling never waits, however much there is."""
    monkeypatch.setattr(service.observer, limit, 2)
    ear.tell("a", "b", "c", "d")
    assert ear.observer.work() == 2
    assert ear.figure("shadow_dropped_total") == 2
    ear.tell("e")
    assert ear.observer.work() == 1


@pytest.mark.parametrize("fault", [ModelFault("It is broken."), RuntimeError("surprise")])
def test_broken_shadow_is_left_alone(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Said once; what was answered is kept all the same, and another version is asked again."""
    asked = 0

    def fail(*_: Any, **__: Any) -> Any:
        nonlocal asked
        asked += 1
        raise fault

    monkeypatch.setattr(ear.other, "classify", fail)
    for text in ("whines", "drips"):
        ear.tell(text)
        ear.observer.work()
    assert asked == 1
    assert len(ear.kept.recent("error_code", "fake-1", most=9)) == 2
    assert ear.figure("shadow_failures_total", task="error_code") == 1
    ear.shelf.shadows["error_code"] = FakeClassifier({"whin": "leak"}, version="fake-3")
    ear.tell("whines")
    ear.observer.work()
    assert ear.kept.compared("fake-1", "fake-3", task="error_code", truth={}).answers == 1


def test_thread_outlives_a_store_that_fails(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers of that moment are lost; the next ones are kept, and the drift is looked at."""
    looked: list[datetime] = []
    observer = Observer(ear.shelf, ear.kept, ear.figures, check=looked.append)
    keep, calls = ear.kept.keep, 0

    def once(entries: Sequence[Entry]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreFault("The disk is full.")
        keep(entries)

    monkeypatch.setattr(ear.kept, "keep", once)
    stop = threading.Event()
    thread = threading.Thread(target=observer.run, args=(stop,))
    thread.start()
    ear.observer = observer
    deadline = time.monotonic() + PATIENCE_S
    while not ear.kept.recent("error_code", "fake-1", most=1) and time.monotonic() < deadline:
        ear.tell("whines")
        time.sleep(0.02)
    stop.set()
    thread.join(PATIENCE_S)
    assert ear.kept.recent("error_code", "fake-1", most=1)
    assert looked
    assert ear.figure("shadow_failures_total", task="") == 1


def test_table_is_bounded_by_task(ear: Ear) -> None:
    """The oldest go; another task keeps its own."""
    kept = Classified(ear.database, most=3)
    said = Said("v1", Outcome.REVIEW, "leak", 0.4)
    entries = [Entry("error_code", "prediction", f"p{n}", NOON, said) for n in range(9)]
    kept.keep([Entry("defect_type", "prediction", "p0", NOON, said)])
    for entry in entries:
        kept.keep([entry])
    subjects = ear.database.rows("SELECT task, subject FROM classified ORDER BY number")
    assert subjects == [
        ("defect_type", "p0"),
        ("error_code", "p6"),
        ("error_code", "p7"),
        ("error_code", "p8"),
    ]
    assert kept.recent("error_code", "v1", most=1) == [said]
    assert said.answer == ""


def test_shadow_without_some_labels_is_asked_among_its_own(ear: Ear) -> None:
    """A label that was added since is no reason for a fault."""
    (asked,) = ear.tell("whines")
    question = Question(("whines",), labels=("pump_worn", "leak"))
    ear.shelf.shadows["error_code"] = FakeClassifier({"whin": "pump_worn"}, version="fake-4")
    ear.observer.tell([replace(asked, question=question)])
    while ear.observer.work():
        pass
    assert ear.kept.compared("fake-1", "fake-4", task="error_code", truth={}).agreed == 1
