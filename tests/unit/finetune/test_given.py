"""Rows at hand become a data set as training reads one from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from finetune.dataset import read_dataset, task_for
from finetune.given import dataset_of
from finetune.task import Derived, Label, Operation, Task, TaskKind
from ingest.errors import DataFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows


@dataclass(frozen=True)
class Row:
    label: str
    text: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    group: str = ""
    moment: float | None = None


LABELS = (Label("good"), Label("warped"), Label("short"))
TABLE = Task("mine", TaskKind.TABULAR, LABELS)
TEXTS = Task("mine", TaskKind.TEXT, LABELS)


def test_texts_are_read_as_from_a_file(write_csv: WriteCsv) -> None:
    """The same words, labels and groups; raw texts are tidied here."""
    data = write_csv(text_rows(30))
    read = read_dataset(task_for("mine", declared=None, data=data), data)
    cells = read.table.columns
    given = dataset_of(
        read.task,
        [
            Row(label, f" {text} ", group=group)
            for label, text, group in zip(
                cells["label"], cells["text"], cells["group"], strict=True
            )
        ],
    )
    assert given.examples.texts == read.examples.texts
    assert given.labels.tolist() == read.labels.tolist()
    assert given.bonds.groups.tolist() == read.bonds.groups.tolist()
    assert given.bonds.twins.tolist() == read.bonds.twins.tolist()


def test_numbers_stand_in_one_order_however_a_row_names_them(write_csv: WriteCsv) -> None:
    """A column that is missing in a row is missing, one that a task ignores is not read."""
    data = write_csv(number_rows(12))
    read = read_dataset(task_for("mine", declared=None, data=data), data)
    rows = [
        Row(
            row["label"], numbers={"heat": float(row["heat"]), "force": float(row["force"]), "x": 1}
        )
        for row in number_rows(12)
    ]
    rows[0] = replace(rows[0], numbers={"force": 1.0})
    given = dataset_of(replace(read.task, ignored=("x",)), rows)
    assert given.columns == ("force", "heat")
    assert np.isnan(given.examples.table[0, 1])
    order = [read.columns.index(name) for name in given.columns]
    assert np.array_equal(given.examples.table[1:], read.examples.table[1:, order])


def test_derived_features_are_made() -> None:
    """Of columns that the task itself need not read."""
    made = Derived("power", ("torque", "speed"), Operation.PRODUCT)
    task = replace(TABLE, derived=(made,), ignored=("torque", "speed"))
    rows = [
        Row(("good", "short")[at % 2], numbers={"torque": at, "speed": 2.0, "heat": 1.0})
        for at in range(6)
    ]
    given = dataset_of(task, rows)
    assert given.columns == ("heat", "power")
    assert given.examples.table[:, 1].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


def test_a_text_task_reads_no_numbers_it_does_not_ask_for() -> None:
    """With a glob it does."""
    rows = [
        Row(("good", "short")[at % 2], f"word {at} text", {"heat": 1.0 * at}) for at in range(6)
    ]
    assert dataset_of(TEXTS, rows).columns == ()
    assert dataset_of(replace(TEXTS, features="*"), rows).columns == ("heat",)


def test_rows_of_a_time_are_held_back_newest_last() -> None:
    """Whatever order they stand in."""
    rows = [
        Row(
            ("good", "short")[at % 2],
            numbers={"heat": at},
            group=str(at),
            moment=float(at * 37 % 60),
        )
        for at in range(60)
    ]
    given = dataset_of(TABLE, rows)
    moments = np.array([row.moment for row in rows], dtype=np.float64)
    for fold in given.folds(np.arange(60), count=3, seed=0):
        assert moments[fold.train].max() < moments[fold.held].min()


def test_rows_without_a_group_are_bound_by_what_they_say() -> None:
    """Two that say the same never stand on two sides."""
    rows = [Row(("good", "short")[at % 2], numbers={"heat": at // 2}) for at in range(40)]
    given = dataset_of(TABLE, rows)
    for fold in given.folds(np.arange(40), count=4, seed=0):
        assert not {*given.bonds.twins[fold.train]} & {*given.bonds.twins[fold.held]}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Row("good")] * 9, "9 labelled rows of 1 labels are too few"),
        ([], "0 labelled rows"),
        ([Row("good"), Row("short")], "2 labelled rows"),
        ([Row("good"), Row("<b>bent</b>")] * 4, "has no label '<b>bent</b>'"),
    ],
)
def test_rows_that_teach_nothing_are_refused(rows: list[Row], words: str) -> None:
    """In words, before anything is fitted."""
    with pytest.raises(DataFault, match=words):
        dataset_of(TABLE, rows)


def test_the_content_tells_two_data_sets_apart() -> None:
    """By inputs, labels and groups; nothing is read from the disk."""
    rows = [Row(("good", "short")[at % 2], numbers={"heat": at}) for at in range(8)]
    other = [*rows[:-1], replace(rows[-1], group="g")]
    assert dataset_of(TABLE, rows).sha256 == dataset_of(TABLE, rows).sha256
    assert dataset_of(TABLE, rows).sha256 != dataset_of(TABLE, other).sha256
    assert not Path(dataset_of(TABLE, rows).table.path).exists()
