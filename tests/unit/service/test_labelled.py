"""Verdicts of people as labelled rows: who said what about which words, and what is left out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from finetune.task import Label, Task, TaskKind
from ingest.vocabulary import Diagnosis, Evidence, EvidenceKind, Issue, IssueState, Severity
from service.database import MIGRATIONS, Database
from service.judged import Judged, judged_card, judged_prediction
from service.labelled import Feedback, feedback_rows, labelled, true_labels
from service.ledger import Ledger, Verdict
from tests.unit.service.conftest import NOON

TASK = Task("error_code", TaskKind.TEXT, (Label("leak"), Label("worn")))
WORDS = Judged("error_code", "leak", "v0003", "classifier", ("oil under the pump",))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    with Database(tmp_path / "history.db") as database:
        yield database


def _say(
    database: Database,
    subject: str,
    verdict: str,
    label: str = "",
    *,
    who: str = "weber",
    about: Judged = WORDS,
    minutes: int = 0,
) -> None:
    said = Verdict("issue", subject, verdict, label, "free words", who, about)
    Ledger(database).judge(said, NOON + timedelta(minutes=minutes))


def _reasons(feedback: Feedback) -> dict[str, str]:
    return {one.subject: one.reason for one in feedback.left_out}


def test_wrong_with_a_label_and_right_are_rows_with_their_origin(database: Database) -> None:
    """The words are those that were judged; a remark is in no row."""
    _say(database, "I00001", "wrong", "worn")
    other = replace(WORDS, texts=("seal drips", "drips again"))
    _say(database, "I00002", "right", about=other, minutes=1)
    first, *rest = labelled(database, TASK).rows
    assert (first.text, first.label) == ("oil under the pump", "worn")
    origin = first.provenance
    assert (origin.who, origin.when, origin.subject) == ("weber", NOON, "I00001")
    assert (origin.model_version, origin.verdict) == ("v0003", "wrong")
    assert [(row.text, row.label) for row in rest] == [
        ("seal drips", "leak"),
        ("drips again", "leak"),
    ]
    assert "free words" not in repr(labelled(database, TASK))


def test_latest_word_of_a_person_wins(database: Database) -> None:
    """Also once the card stands on that person's own word and no model's."""
    _say(database, "I00001", "wrong", "worn")
    corrected = Judged("error_code", "worn", engine="operator")
    _say(database, "I00001", "wrong", "leak", about=corrected, minutes=1)
    (row,) = labelled(database, TASK).rows
    assert (row.text, row.label, row.provenance.model_version) == (
        "oil under the pump",
        "leak",
        "v0003",
    )


def test_correction_that_a_second_person_confirms_is_a_row(database: Database) -> None:
    """Right is said about the corrected label then, not about the model's."""
    _say(database, "I00001", "wrong", "worn")
    corrected = Judged("error_code", "worn", engine="operator")
    _say(database, "I00001", "right", who="kurz", about=corrected, minutes=1)
    (row,) = labelled(database, TASK).rows
    assert row.label == "worn"
    assert true_labels(database, "error_code") == {"I00001": "worn"}


def test_people_who_do_not_agree_teach_nothing(database: Database) -> None:
    """The subject is listed with both opinions."""
    _say(database, "I00001", "wrong", "worn")
    _say(database, "I00001", "right", who="kurz", minutes=1)
    found = labelled(database, TASK)
    assert found.rows == ()
    assert _reasons(found) == {"I00001": "People do not agree (kurz: leak; weber: worn)."}
    assert true_labels(database, "error_code") == {}


def test_who_is_convinced_by_another_agrees(database: Database) -> None:
    """What somebody said before does not count any more, whoever spoke last."""
    _say(database, "I00001", "wrong", "worn")
    _say(database, "I00001", "wrong", "leak", minutes=1)
    _say(database, "I00001", "right", who="kurz", minutes=2)
    (row,) = labelled(database, TASK).rows
    assert row.label == "leak"


def test_same_words_labelled_in_two_ways_are_left_out(database: Database) -> None:
    """Case and spacing make no other words; one person may have learnt better meanwhile."""
    _say(database, "I00001", "wrong", "worn")
    shouted = replace(WORDS, texts=("OIL  under the pump",))
    _say(database, "I00002", "right", who="kurz", about=shouted, minutes=1)
    found = labelled(database, TASK)
    assert found.rows == ()
    assert _reasons(found) == {
        "I00002": "The same input is labelled in different ways: leak, worn."
    }
    _say(database, "I00003", "wrong", "leak", about=shouted, minutes=2)
    (row,) = labelled(database, TASK).rows
    assert (row.label, row.provenance.subject) == ("leak", "I00003")


@pytest.mark.parametrize(
    ("verdict", "label", "about", "reason"),
    [
        ("wrong", "", WORDS, "names no label"),
        ("wrong", "flat_tyre", WORDS, "no label of task"),
        ("right", "", replace(WORDS, label=""), "could be right"),
        ("right", "", replace(WORDS, engine="code-table"), "table"),
        ("wrong", "worn", replace(WORDS, texts=()), "were not kept"),
    ],
)
def test_what_teaches_nothing_is_listed(
    database: Database, verdict: str, label: str, about: Judged, reason: str
) -> None:
    """With the reason, by subject."""
    _say(database, "I00001", verdict, label, about=about)
    found = labelled(database, TASK)
    assert found.rows == ()
    assert reason in _reasons(found)["I00001"]


def test_numbers_are_rows_too(database: Database) -> None:
    """The features that were kept with the prediction, without those that were missing."""
    said = {
        "input": {"machine": "press-3", "start": "2026-11-22T11:00:00Z"},
        "features": {"oil": 61.5, "flow": None},
        "diagnosis": {
            "task": "error_code",
            "label": "leak",
            "basis": [],
            "model_version": "v1",
            "engine": "classifier",
        },
    }
    _say(database, "p1", "right", about=judged_prediction(said))
    (row,) = labelled(database, TASK).rows
    assert (row.text, row.features, row.label) == ("", {"oil": 61.5}, "leak")


def test_other_tasks_are_not_mixed_in(database: Database) -> None:
    """A verdict is about one task."""
    _say(database, "I00001", "right", about=replace(WORDS, task="defect_type"))
    assert labelled(database, TASK) == Feedback()


def test_home_without_a_database_has_no_rows(tmp_path: Path) -> None:
    """And gets none by being asked."""
    assert feedback_rows(tmp_path / "history.db", TASK) == Feedback()
    assert not (tmp_path / "history.db").exists()


def test_verdicts_from_before_are_kept_and_listed(tmp_path: Path) -> None:
    """A database of the earlier schema is brought up to date; nothing can be learnt from those."""
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE service_schema (version INTEGER PRIMARY KEY) STRICT")
        for number, migration in enumerate(MIGRATIONS[:4], start=1):
            migration(old)
            old.execute("INSERT INTO service_schema VALUES (?)", (number,))
        old.execute(
            "INSERT INTO feedback (at, kind, subject, verdict, label, comment, who) "
            "VALUES (1, 'issue', 'I00001', 'wrong', 'leak', '', 'weber')"
        )
    old.close()
    assert feedback_rows(path, TASK) == Feedback()
    with Database(path) as database:
        assert [verdict.label for verdict in Ledger(database).verdicts()] == ["leak"]


def test_card_is_judged_by_the_words_of_its_diagnosis_else_by_its_quotes() -> None:
    """A looked-up code is no words: what the evidence quotes takes its place."""
    quoted = Evidence(
        id="E0001",
        kind=EvidenceKind.NOTE,
        machine="press-3",
        signals=(),
        start=NOON,
        end=NOON,
        severity=Severity.INFO,
        statement="a note",
        numbers={},
        rows=(),
        quotes=("pump loud", "pump loud "),
    )
    diagnosis = Diagnosis("error_code", "leak", 0.9, (), False, "classifier", "v1", "", ("drips",))
    card = Issue(
        id="I00001",
        machine="press-3",
        line="line-1",
        state=IssueState.OPEN,
        severity=Severity.WARNING,
        title="",
        opened_at=NOON,
        updated_at=NOON,
        resolved_at=None,
        evidence=(quoted,),
        diagnosis=diagnosis,
    )
    assert judged_card(card, "error_code").texts == ("drips",)
    looked_up = replace(diagnosis, engine="code-table", basis=("E217",))
    assert judged_card(replace(card, diagnosis=looked_up), "error_code").texts == ("pump loud",)
    bare = judged_card(replace(card, diagnosis=None), "error_code")
    assert (bare.task, bare.label, bare.texts) == ("error_code", "", ("pump loud",))
    assert Judged.read(json.dumps({})) == Judged()
