"""Labelled files: what is read from them, and how bad ones are refused by row and column."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from finetune.dataset import read_dataset, task_for
from finetune.task import Task, TaskKind, shipped_task
from ingest.errors import AndonFault, DataFault, SettingsFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

TEXT = Task("mine", TaskKind.TEXT)
NUMBERS = Task("mine", TaskKind.TABULAR)


def test_a_plain_text_file_gives_its_labels(write_csv: WriteCsv) -> None:
    """In alphabetical order, with texts in the form that models read."""
    data = read_dataset(TEXT, write_csv(text_rows()))
    assert data.task.label_names == ("calm", "hot", "worn")
    assert len(data.examples.texts) == len(data.labels) == 90
    assert all("7" not in text for text in data.examples.texts)


def test_a_plain_table_gives_its_numbers(write_csv: WriteCsv) -> None:
    """All numeric columns but group and time, by name in alphabetical order."""
    rows = [row | {"time": str(at)} for at, row in enumerate(number_rows())]
    data = read_dataset(NUMBERS, write_csv(rows))
    assert data.columns == ("force", "heat")
    assert data.examples.table.shape == (120, 2)
    assert np.isfinite(data.examples.table).all()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_the_same_rows_in_every_form_are_the_same(
    tmp_path: Path, write_csv: WriteCsv, suffix: str
) -> None:
    """CSV, JSON lines and Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = number_rows()
    csv_path = write_csv(rows)
    path = tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        typed = [row | {"heat": float(row["heat"]), "force": float(row["force"])} for row in rows]
        path.write_text("".join(json.dumps(row) + "\n" for row in typed))
    elif suffix == "parquet":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        columns["heat"] = [float(cell) for cell in columns["heat"]]  # type: ignore[misc]
        parquet.write_table(pa.table(columns), path)
    read, expected = read_dataset(NUMBERS, path), read_dataset(NUMBERS, csv_path)
    assert np.array_equal(read.examples.table, expected.examples.table)
    assert np.array_equal(read.labels, expected.labels)


def test_semicolons_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    """As spreadsheets write them."""
    path = tmp_path / "rows.csv"
    lines = ["text;label", *(f"{row['text']};{row['label']}" for row in text_rows())]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert read_dataset(TEXT, path).task.label_names == ("calm", "hot", "worn")


def broken(rows: list[dict[str, str]], at: int, **cells: str) -> list[dict[str, str]]:
    """The rows with one of them changed."""
    return [row | cells if number == at else row for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("task", "rows", "words"),
    [
        (TEXT, text_rows(2), r"only 2 rows; at least 12"),
        (TEXT, [row | {"label": "x"} for row in text_rows()], "only one label, x"),
        (
            TEXT,
            broken(text_rows(), 4, label="HOT"),
            r"in two ways, hot and HOT: row 5\.",
        ),
        (TEXT, broken(text_rows(), 6, label="hot  "), "^$"),
        (TEXT, broken(text_rows(), 7, label=""), "no label in column label: row 8"),
        (TEXT, broken(text_rows(), 9, text=" \t"), "no text in column text: row 10"),
        (TEXT, number_rows(), "no column text; there are heat, force, label, group"),
        (NUMBERS, text_rows(), "neither a column text nor a column of numbers"),
        (NUMBERS, broken(number_rows(), 3, heat="nan"), r"missing numbers in column heat: row 4\."),
        (NUMBERS, broken(number_rows(), 3, heat=""), r"missing numbers in column heat: row 4\."),
        (NUMBERS, broken(number_rows(), 5, force="inf"), "infinite numbers in column force: row 6"),
        (NUMBERS, broken(number_rows(), 5, force="1e999"), "infinite numbers in column force"),
        (NUMBERS, broken(number_rows(), 5, force="1,5"), "no number in column force: row 6"),
        (shipped_task("error_code"), text_rows(), "labels that task error_code does not have"),
    ],
)
def test_bad_rows_are_named(
    write_csv: WriteCsv, task: Task, rows: list[dict[str, str]], words: str
) -> None:
    """One clear fault with the row or the column; a label with trailing spaces is still itself."""
    path = write_csv(rows)
    if words == "^$":
        assert len(read_dataset(task, path).labels) == len(rows)
        return
    with pytest.raises(DataFault, match=words) as fault:
        read_dataset(task, path)
    assert str(path) in str(fault.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.csv", b"", "is empty"),
        ("rows.csv", b"text,label\n", "no rows of data"),
        ("rows.csv", b"text,text,label\na,b,c\n", "column text more than once"),
        ("rows.csv", b"text,label\na,b\na\n", "2 columns, but not in row 2"),
        ("rows.csv", b"text,label\na,b\n\xff\xfe,c\n", "not UTF-8: line 3"),
        ("rows.csv", b'text,label\n"' + b"a" * 1_100_000 + b'",b\n', "not readable CSV"),
        ("rows.jsonl", b'{"text": 1}\n[[[\n', "line 2 is not JSON"),
        ("rows.jsonl", b"3\n", "line 1 is not a JSON object"),
        ("rows.parquet", b"PAR1 nothing", "not readable Parquet"),
        ("rows.xlsx", b"PK", "is none of .csv"),
    ],
)
def test_unreadable_files_are_refused(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """Each in one sentence."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AndonFault, match=words):
        read_dataset(TEXT, path)


def test_an_absent_file_is_the_operators_to_mend(tmp_path: Path) -> None:
    """Exit code 2."""
    with pytest.raises(SettingsFault, match="There is no file"):
        read_dataset(TEXT, tmp_path / "none.csv")


def test_empty_cells_are_allowed_where_the_task_says_so(write_csv: WriteCsv) -> None:
    """As in a table of machines with different signals."""
    from dataclasses import replace

    path = write_csv(broken(number_rows(), 3, heat=""))
    data = read_dataset(replace(NUMBERS, missing_allowed=True), path)
    assert np.isnan(data.examples.table).sum() == 1


def test_a_name_means_the_task_file_the_shipped_task_or_the_data(write_csv: WriteCsv) -> None:
    """A shipped name with wholly other labels is a plain file."""
    texts, numbers = write_csv(text_rows()), write_csv(number_rows(), "numbers.csv")
    assert task_for("error_code", declared=None, data=None) == shipped_task("error_code")
    assert task_for("error_code", declared=None, data=texts).labels == ()
    assert task_for("mine", declared=None, data=texts).kind is TaskKind.TEXT
    assert task_for("mine", declared=None, data=numbers).kind is TaskKind.TABULAR
    assert task_for("mine", declared=shipped_task("error_code"), data=texts).name == "mine"
    with pytest.raises(SettingsFault, match="--data"):
        task_for("mine", declared=None, data=None)


def test_the_split_follows_group_then_time_then_masked_text(write_csv: WriteCsv) -> None:
    """And says so."""
    rows = text_rows()
    timed = [row | {"time": f"2026-01-01T00:{at % 60:02d}:00Z"} for at, row in enumerate(rows)]
    bare = [{"text": row["text"], "label": row["label"]} for row in rows]
    ungrouped = [{k: v for k, v in row.items() if k != "group"} for row in timed]
    ways = [
        read_dataset(TEXT, write_csv(some, f"{at}.csv")).split(seed=0).how
        for at, some in enumerate((timed, ungrouped, bare))
    ]
    assert ways == ["by column group", "by column time", "by text with its numbers masked"]


def test_a_time_that_is_none_is_named(write_csv: WriteCsv) -> None:
    """With its row."""
    rows = [{k: v for k, v in row.items() if k != "group"} | {"time": "12"} for row in text_rows()]
    path = write_csv(broken(rows, 3, time="yesterday"))
    with pytest.raises(DataFault, match="no time in column time: row 4"):
        read_dataset(TEXT, path)
