"""Rows that people labelled while the plant ran, as they join those of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from finetune.dataset import Dataset, read_dataset
from finetune.labelled import LabelledRow, Provenance
from finetune.task import Task, TaskKind
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

TEXT = Task("mine", TaskKind.TEXT)
NUMBERS = Task("mine", TaskKind.TABULAR)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """A frozen test, as far as a split looks at it."""

    fingerprints: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


def said(label: str, text: str = "", *, hours: int = 0, subject: str = "card-1") -> LabelledRow:
    when = NOON + timedelta(hours=hours)
    return LabelledRow(label, Provenance("ann", when, subject, "v0001", "wrong"), text)


def warned(data: Dataset, code: str) -> str:
    return next(one.words for one in data.inspection.warnings if one.code == code)


def test_a_persons_word_takes_the_place_of_an_older_one(write_csv: WriteCsv) -> None:
    """Whatever numbers stand in the text; the row of the file is gone from everything."""
    rows = text_rows()
    wrong = rows[3]["text"]
    data = read_dataset(TEXT, write_csv(rows), extra=[said("calm", wrong.upper())])
    assert len(data.table) == 89
    assert len(data.labels) == len(data.examples.texts) == 90
    assert data.task.label_names[data.labels[-1]] == "calm"
    assert data.people[0].provenance.who == "ann"
    assert "1 rows" in warned(data, "feedback_wins")
    assert data.sha256 != read_dataset(TEXT, write_csv(rows)).sha256


def test_an_agreement_is_one_more_row_and_the_newest_word_counts(write_csv: WriteCsv) -> None:
    """Two persons about one text: who spoke last."""
    rows = text_rows()
    text = rows[0]["text"]
    extra = [said("worn", text, hours=1), said(rows[0]["label"], text, hours=2)]
    data = read_dataset(TEXT, write_csv(rows), extra=extra)
    assert len(data.table) == 90
    assert [row.label for row in data.people] == [rows[0]["label"]]


def test_rows_that_do_not_fit_are_left_out_and_said(write_csv: WriteCsv) -> None:
    """A label that is none, an empty text: the rest is learnt."""
    extra = [said("hiccups", "oil"), said("hot", " \t"), said("hot", "oil fan dust")]
    data = read_dataset(TEXT, write_csv(text_rows()), extra=extra)
    assert [row.text for row in data.people] == ["oil fan dust"]
    assert "leaves out 2" in warned(data, "feedback_left_out")


def test_people_are_learnt_from_and_never_judged_by(write_csv: WriteCsv) -> None:
    """Even where their text is in the frozen test: then that text judges nothing any more."""
    rows = text_rows()
    plain = read_dataset(TEXT, write_csv(rows))
    kept = plain.split(seed=0).test
    prints, keys = plain.fingerprints(), plain.group_keys()
    frozen = Kept(frozenset(prints[row] for row in kept), frozenset(keys[row] for row in kept))
    row = int(kept[0])
    for label in ("hot", "worn", "calm"):
        data = read_dataset(TEXT, write_csv(rows), extra=[said(label, rows[row]["text"])])
        split = data.split(seed=0, frozen=frozen)
        person = len(data.labels) - 1
        assert person in split.develop
        twins = {at for at, one in enumerate(data.fingerprints()) if one == prints[row]}
        assert not twins & set(split.test.tolist())
        assert not (twins - {person}) & set(split.develop.tolist())


def test_the_same_frozen_rows_are_tested_again(write_csv: WriteCsv) -> None:
    """With more rows, in another order; and the same data gives the same split."""
    rows = text_rows()
    first = read_dataset(TEXT, write_csv(rows))
    test = first.split(seed=0).test
    kept = first.frozen_rows(test, added="2026-01-01")
    frozen = Kept(frozenset(row.fingerprint for row in kept), frozenset(row.group for row in kept))
    assert first.split(seed=5, frozen=frozen).test.tolist() == test.tolist()
    more = [*text_rows(60, seed=9), *reversed(rows)]
    grown = read_dataset(
        TEXT,
        write_csv([row | {"group": f"{row['group']}-{at % 9}"} for at, row in enumerate(more)]),
    )
    tested = set(grown.split(seed=3, frozen=frozen).test.tolist())
    known = {at for at, one in enumerate(grown.fingerprints()) if one in frozen.fingerprints}
    assert known
    assert known <= tested


def test_frozen_rows_hold_what_the_model_reads(write_csv: WriteCsv) -> None:
    """Text in its tidy form, numbers by name."""
    text = read_dataset(TEXT, write_csv(text_rows()))
    one = text.frozen_rows(np.array([4]), added="now")[0]
    assert (one.text, one.label) == (text.examples.texts[4], "worn")
    table = read_dataset(NUMBERS, write_csv(number_rows()))
    assert table.frozen_rows(np.array([4]), added="now")[0].features == {
        "force": table.examples.table[4, 0],
        "heat": table.examples.table[4, 1],
    }


def test_numbers_of_people_need_every_column(write_csv: WriteCsv) -> None:
    """Unless the task may miss some."""
    rows = number_rows()
    full = replace(said("good"), features={"heat": 1.0, "force": 2.0})
    half, odd = (
        replace(full, features={"heat": 9.0}),
        replace(full, features={"heat": float("inf"), "force": 1.0}),
    )
    data = read_dataset(NUMBERS, write_csv(rows), extra=[full, half, odd])
    assert [row.features for row in data.people] == [full.features]
    lenient = Task("mine", TaskKind.TABULAR, missing_allowed=True)
    data = read_dataset(lenient, write_csv(rows), extra=[full, half, odd])
    assert len(data.people) == 2
    assert np.isnan(data.examples.table).sum() == 1


def test_what_people_said_of_one_card_stands_together(write_csv: WriteCsv) -> None:
    """Texts of one case are no independent witnesses."""
    extra = [said("hot", f"oil {word}") for word in ("fan", "dust", "cooler")]
    data = read_dataset(TEXT, write_csv(text_rows()), extra=extra)
    assert len(set(data.bonds.groups[-3:].tolist())) == 1
    assert len(set(data.group_keys()[-3:])) == 1
