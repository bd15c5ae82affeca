"""Features that are made of others, and texts that come with numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from finetune.dataset import inspect_data, read_dataset
from finetune.derived import derive, sources
from finetune.task import Derived, Operation, Task, TaskKind
from ingest.errors import DataFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

TASK = Task(
    "mine",
    TaskKind.TABULAR,
    derived=(
        Derived("power", ("torque", "speed"), Operation.PRODUCT),
        Derived("slip", ("speed", "torque"), Operation.RATIO),
        Derived("rest", ("power", "speed"), Operation.DIFFERENCE),
        Derived("both", ("torque", "speed"), Operation.SUM),
    ),
)


def test_numbers_and_columns_are_derived_alike() -> None:
    """One row at run time, or a whole file; later ones stand on earlier ones."""
    assert derive(TASK, {"torque": 4.0, "speed": 2.0}) == {
        "torque": 4.0, "speed": 2.0, "power": 8.0, "slip": 0.5, "rest": 6.0, "both": 6.0,
    }  # fmt: skip
    whole = derive(TASK, {"torque": np.array([4.0, 0.0]), "speed": np.array([2.0, 1.0])})
    assert whole["slip"][0] == 0.5
    assert np.isnan(whole["slip"][1])
    assert sources(TASK) == ("torque", "speed")


def test_what_is_not_there_makes_nothing() -> None:
    """And a ratio to zero, or what is too large to be a number, is missing."""
    assert derive(TASK, {"torque": 4.0}) == {"torque": 4.0}
    assert math.isnan(derive(TASK, {"torque": 0.0, "speed": 1.0})["slip"])
    assert math.isnan(derive(TASK, {"torque": 1e200, "speed": 1e200})["power"])


def test_derived_features_stand_last(write_csv: WriteCsv) -> None:
    """Made of columns that need not be features themselves."""
    task = Task(
        "mine", TaskKind.TABULAR, features="heat",
        derived=(Derived("work", ("heat", "force"), Operation.PRODUCT),),
    )  # fmt: skip
    data = read_dataset(task, write_csv(number_rows()))
    assert data.columns == ("heat", "work")
    force = [float(cell) for cell in data.table.columns["force"]]
    assert np.allclose(data.examples.table[:, 1], data.examples.table[:, 0] * force)
    again = read_dataset(task, write_csv(number_rows()), columns=data.columns)
    assert np.array_equal(again.examples.table, data.examples.table)


def test_a_part_that_is_missing_is_named(write_csv: WriteCsv) -> None:
    """With the feature that needs it."""
    with pytest.raises(DataFault, match="no column torque, of which power is made; there are heat"):
        read_dataset(TASK, write_csv(number_rows()))


def both(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"temp_oil": str(40 + at % 7)} for at, row in enumerate(rows)]


def test_a_text_task_with_numbers_reads_both(write_csv: WriteCsv) -> None:
    """Texts and the columns of the glob; rows that differ in a number are different rows."""
    task = Task("mine", TaskKind.TEXT, features="temp_*")
    data = read_dataset(task, write_csv(both(text_rows())))
    assert data.columns == ("temp_oil",)
    assert data.examples.table.shape == (90, 1)
    assert len(data.examples.texts) == 90
    assert data.examples.take([3, 5]).table[:, 0].tolist() == [43.0, 45.0]
    assert data.split(seed=0).how == "by column group"
    assert data.frozen_rows(np.array([2]), added="")[0].features == {"temp_oil": 42.0}


def test_numbers_that_a_text_task_declares_must_be_there(write_csv: WriteCsv) -> None:
    """A glob that names nothing is a mistake in the task file."""
    task = Task("mine", TaskKind.TEXT, features="temp_*")
    inspection = inspect_data(task, write_csv(text_rows()))
    assert [one.code for one in inspection.faults] == ["no_features"]
    assert "features = 'temp_*' names" in inspection.faults[0].message


def test_texts_without_declared_numbers_read_none(write_csv: WriteCsv, tmp_path: Path) -> None:
    """As before there was anything to declare."""
    data = read_dataset(Task("mine", TaskKind.TEXT), write_csv(both(text_rows())))
    assert data.columns == ()
    assert data.examples.table.size == 0
    assert data.inspection.unused == ("temp_oil",)
