"""Whatever stands in the cells of a file: rows that can be trained on, or one clear fault."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.dataset import Dataset, read_dataset, task_for
from finetune.features import Sight
from finetune.labelled import LabelledRow, Provenance
from finetune.task import Derived, Operation, Task, TaskKind
from ingest.errors import AndonFault
from ingest.vocabulary import Series, Window

CELL = st.one_of(
    st.sampled_from(
        [
            *("", "nan", "-inf", "1e400", "1,5", "true", "0x1", "9" * 400, "a", "A", "a "),
            *("\x00", '"', "\r", "\ufeff", "\N{FULLWIDTH DIGIT ONE}", "[1]", "press-3", "\x1b[2J"),
            *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59Z"),
        ]
    ),
    st.floats(-9, 9).map(str),
    st.text(max_size=8),
)
NAMES = ("text", "label", "group", "time", "machine", "start", "end", "x", "", "[a]")
TABLE = st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELL)), max_size=16)
)
TASK = st.builds(
    Task,
    name=st.just("t"),
    kind=st.sampled_from(TaskKind),
    features=st.sampled_from(["", "*", "["]),
    derived=st.sampled_from([(), (Derived("d", ("x", "x"), Operation.RATIO),)]),
    missing_allowed=st.booleans(),
)
PERSON = LabelledRow("a", Provenance("ann", datetime(2026, 1, 1, tzinfo=UTC), "card"), "\x00", {})


def history(machine: str, start: datetime, end: datetime) -> Sight:
    series = {"oil": Series("oil", "", [0.0, 1.0], [1.0, float("nan")], [1, 2])}
    return Sight(Window(machine, start, end, series))


def read(task: Task, path: Path) -> Dataset | str:
    """The rows, or what is said of them."""
    try:
        task_for("t", declared=None, data=path)
        return read_dataset(task, path, extra=[PERSON], windows=history, for_training=False)
    except AndonFault as fault:
        return str(fault)


@settings(max_examples=120, deadline=None)
@given(TABLE, TASK)
def test_cells_of_any_kind_are_learnt_or_refused(rows: list[dict[str, str]], task: Task) -> None:
    """Never a fault of a library, and no infinite number gets through."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows * 2), encoding="utf-8")
        data = read(task, path)
    if isinstance(data, str):
        assert str(path) in data
        return
    assert not np.isinf(data.examples.table).any()
    assert len(data.examples) == len(data.labels) == len(data.group_keys())


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", "parquet", "tsv"]))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes, ending: str) -> None:
    """With the name of the file in the fault."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{ending}"
        path.write_bytes(content)
        data = read(Task("t", TaskKind.TEXT), path)
    assert not isinstance(data, str) or str(path) in data
