"""The check of labelled data as a whole: what is found, whether it stops a training, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.dataset import inspect_data, read_dataset
from finetune.finding import Finding, Inspection
from finetune.task import Label, Task, TaskKind
from ingest.errors import DataFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

Row = dict[str, str]
TEXT = Task("mine", TaskKind.TEXT)
NUMBERS = Task("mine", TaskKind.TABULAR)
LABEL_NUMBER = {"good": "1", "warped": "2", "short": "3"}


def changed(rows: list[Row], cells: dict[int, Row]) -> list[Row]:
    return [row | cells.get(at, {}) for at, row in enumerate(rows)]


def with_column(rows: list[Row], make: Callable[[int, Row], str], name: str = "extra") -> list[Row]:
    return [row | {name: make(at, row)} for at, row in enumerate(rows)]


def found(inspection: Inspection, code: str) -> Finding:
    return next(one for one in inspection.findings if one.code == code)


@pytest.mark.parametrize(
    ("task", "rows", "code", "named"),
    [
        (TEXT, changed(text_rows(), {7: {"label": " "}}), "missing_label", [7]),
        (TEXT, changed(text_rows(), {4: {"label": "Hot"}}), "label_in_two_ways", [4]),
        (
            TEXT,
            changed(text_rows(), {4: {"label": "\ufb01t"}, 5: {"label": "fit"}}),
            "label_in_two_ways",
            None,
        ),
        (TEXT, changed(text_rows(), {4: {"label": "a\x1b[2Jb"}}), "odd_label", [4]),
        (TEXT, with_column(text_rows(), lambda at, _: str(at), "label"), "many_labels", []),
        (TEXT, changed(text_rows(), {9: {"text": "\u200b \t"}}), "empty_text", [9]),
        (TEXT, text_rows(10), "few_rows", []),
        (TEXT, [row | {"label": "hot"} for row in text_rows()], "one_label", []),
        (
            TEXT,
            [row | {"label": "hot", "text": f"hot {row['text']}"} for row in text_rows()],
            "one_label",
            [],
        ),
        (TEXT, [row | {"group": row["label"]} for row in text_rows()], "no_split", []),
        (TEXT, [{"label": row["label"]} for row in text_rows()], "missing_column", []),
        (NUMBERS, changed(number_rows(), {3: {"heat": ""}}), "missing_number", [3]),
        (NUMBERS, changed(number_rows(), {3: {"heat": "-inf"}}), "infinite", [3]),
        (NUMBERS, changed(number_rows(), {3: {"heat": "warm"}}), "no_number", [3]),
        (
            NUMBERS,
            [row | {"heat": row["heat"].replace(".", ",")} for row in number_rows()],
            "decimal_comma",
            [],
        ),
        (
            NUMBERS,
            with_column(number_rows(), lambda _, row: LABEL_NUMBER[row["label"]]),
            "leaking_column",
            [],
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    write_csv: WriteCsv, task: Task, rows: list[Row], code: str, named: list[int] | None
) -> None:
    """Each with its rows, counted from 1 in the report."""
    path = write_csv(rows)
    inspection = inspect_data(task, path)
    finding = found(inspection, code)
    assert finding.fault
    assert named is None or list(finding.rows) == named
    assert finding.as_dict()["rows"] == [row + 1 for row in finding.rows]
    assert json.dumps(inspection.as_dict())
    with pytest.raises(DataFault) as fault:
        read_dataset(task, path)
    assert finding.words.rstrip(".") in str(fault.value)


@pytest.mark.parametrize(
    ("task", "rows", "code", "named"),
    [
        (
            TEXT,
            changed(text_rows(), {8: {"text": "Kühler".encode().decode("cp1252")}}),
            "mojibake",
            [8],
        ),
        (TEXT, changed(text_rows(), {8: {"text": "K\ufffdhler hot"}}), "lost_characters", [8]),
        (TEXT, changed(text_rows(), {8: {"text": "oil \x07 hot"}}), "control", [8]),
        (TEXT, changed(text_rows(), {8: {"text": "\ufeffoil hot"}}), "control", [8]),
        (TEXT, changed(text_rows(), {8: {"text": "Ku\u0308hler hot"}}), "normalisation", [8]),
        (TEXT, changed(text_rows(), {8: {"text": "oil " * 600}}), "long_text", [8]),
        (
            TEXT,
            changed(text_rows(), {at: {"label": "rare"} for at in (3, 33)}),
            "tiny_label",
            [3, 33],
        ),
        (
            TEXT,
            changed(text_rows(), {at: {"text": "same 1", "group": "alpha"} for at in (0, 1)}),
            "conflicting_labels",
            [0, 1],
        ),
        (
            TEXT,
            changed(text_rows(), {at: {"text": "same 1", "group": "alpha"} for at in (0, 3)}),
            "duplicate",
            [3, 62],
        ),
        (
            TEXT,
            changed(text_rows(), {at: {"text": f"same {at}", "group": f"g{at}"} for at in (0, 3)}),
            "twins_apart",
            [0, 3],
        ),
        (
            TEXT,
            changed(text_rows(), {at: {"label": "lone", "group": "lone"} for at in range(12)}),
            "one_group",
            [],
        ),
        (
            TEXT,
            [row | {"text": f"{row['label']} {row['text']}"} for row in text_rows()],
            "label_in_text",
            [],
        ),
        (NUMBERS, with_column(number_rows(), lambda at, _: str(at)), "row_number", []),
        (
            NUMBERS,
            with_column(number_rows(), lambda _, row: str(int(row["label"] == "good"))),
            "leaking_column",
            [],
        ),
        (
            NUMBERS,
            with_column(
                number_rows(), lambda at, row: str(1000 * int(LABEL_NUMBER[row["label"]]) + 7 * at)
            ),
            "leaking_column",
            [],
        ),
    ],
)
def test_what_a_person_should_know_is_a_warning(
    write_csv: WriteCsv, task: Task, rows: list[Row], code: str, named: list[int]
) -> None:
    """The training goes on, and the report keeps it."""
    data = read_dataset(task, write_csv(rows))
    finding = found(data.inspection, code)
    assert not finding.fault
    assert list(finding.rows) == named
    assert finding.as_dict() in data.inspection.as_dict()["warnings"]


def test_a_label_with_an_invisible_character_is_told_from_a_long_one(write_csv: WriteCsv) -> None:
    """One that turns the direction of writing looks like one line, and is one."""
    path = write_csv(changed(text_rows(), {4: {"label": "\u202ehot"}}))
    assert "an invisible character" in found(inspect_data(TEXT, path), "odd_label").words


def test_clean_rows_have_no_findings(write_csv: WriteCsv) -> None:
    """Nothing is said where there is nothing to say."""
    letters = ["abcdefghij"[at % 10] * (at // 10 + 1) for at in range(90)]
    plain = [row["text"].replace("hot", "warm") for row in text_rows()]
    pairs = zip(text_rows(), plain, letters, strict=True)
    rows = [row | {"text": f"{text} {letter}"} for row, text, letter in pairs]
    for task, some in ((TEXT, rows), (NUMBERS, number_rows())):
        inspection = inspect_data(task, write_csv(some))
        assert inspection.findings == ()
        assert inspection.as_dict()["ok"]
        assert sum(inspection.labels.values()) == inspection.rows == len(some)


def test_every_fault_is_told_at_once(write_csv: WriteCsv) -> None:
    """One bad row does not hide another."""
    rows = changed(
        number_rows(),
        {
            1: {"label": ""},
            2: {"label": "GOOD"},
            3: {"heat": ""},
            4: {"force": "inf"},
            5: {"heat": "x"},
        },
    )
    with pytest.raises(DataFault) as fault:
        read_dataset(NUMBERS, write_csv(rows))
    said = str(fault.value)
    assert "has 5 faults" in said
    for words in (
        "no label in column label: row 2",
        "good and GOOD: row 3",
        "heat: row 4",
        "force: row 5",
        "no number in column heat: row 6 ('x')",
    ):
        assert words in said


def test_labels_outside_the_declared_ones_are_named(write_csv: WriteCsv) -> None:
    """A declared label without rows is a warning, an unknown one a fault."""
    task = Task(
        "mine", TaskKind.TEXT, tuple(Label(name) for name in ("hot", "worn", "calm", "wet"))
    )
    path = write_csv(changed(text_rows(), {3: {"label": "dry"}}))
    inspection = inspect_data(task, path)
    assert found(inspection, "unknown_label").rows == (3,)
    assert found(inspect_data(task, write_csv(text_rows())), "no_rows").message.endswith("wet")


def test_one_hot_labels_together_are_refused_and_named(write_csv: WriteCsv) -> None:
    """As in the published steel plates, where the label stands in seven more columns."""
    rows = [
        row | {f"is_{name}": str(int(row["label"] == name)) for name in LABEL_NUMBER}
        for row in number_rows()
    ]
    with pytest.raises(DataFault, match="spells the label out in the columns is_good") as fault:
        read_dataset(NUMBERS, write_csv(rows))
    assert "trusted = ['is_good', 'is_short', 'is_warped']" in str(fault.value)


def test_a_column_that_leaks_can_be_left_out(write_csv: WriteCsv) -> None:
    """As the refusal says."""
    path = write_csv(with_column(number_rows(), lambda _, row: LABEL_NUMBER[row["label"]]))
    with pytest.raises(DataFault, match=r"ignored = \['extra'\], or vouch"):
        read_dataset(NUMBERS, path)
    data = read_dataset(Task("mine", TaskKind.TABULAR, ignored=("ex*",)), path)
    assert data.columns == ("force", "heat")


def test_a_column_that_is_vouched_for_is_read(write_csv: WriteCsv) -> None:
    """A code that is known before the label is a feature like others."""
    path = write_csv(with_column(number_rows(), lambda _, row: LABEL_NUMBER[row["label"]]))
    task = Task("mine", TaskKind.TABULAR, trusted=("extra",))
    data = read_dataset(task, path)
    assert data.columns == ("extra", "force", "heat")
    assert data.inspection.findings == ()


def test_a_count_of_rows_is_no_feature(write_csv: WriteCsv) -> None:
    """It would tell the order of the file, which is often that of the labels."""
    data = read_dataset(NUMBERS, write_csv(with_column(number_rows(), lambda at, _: str(at + 1))))
    assert data.columns == ("force", "heat")
    assert data.inspection.unused == ("extra",)


def test_rows_to_judge_by_may_be_few(write_csv: WriteCsv) -> None:
    """One row of one label is enough for an evaluation."""
    task = Task("mine", TaskKind.TEXT, (Label("hot"), Label("worn")))
    data = read_dataset(task, write_csv(text_rows(1)), for_training=False)
    assert data.labels.tolist() == [0]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 11])
def test_two_rows_are_a_clear_fault(write_csv: WriteCsv, rows: int) -> None:
    """Never one of a library."""
    for task, some in ((TEXT, text_rows(rows)), (NUMBERS, number_rows(rows))):
        with pytest.raises(DataFault, match=f"only {rows} rows"):
            read_dataset(task, write_csv(some))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "text,label\nKühler heiß,hot\n".encode("cp1252"),
            r"not UTF-8: line 2 \('Kühler heiß,hot'\)",
        ),
        ("text,label\nKühler,a\n".encode() + "heiß,b\nok,a\nöl,b\n".encode("cp1252"), "lines 3, 5"),
        (b"\x1f\x8b\x08\x00rest", "compressed with gzip.* Unpack"),
        (b"PK\x03\x04rest", "Excel workbook.* Save the sheet as CSV"),
        (b"PAR1rest", "is Parquet"),
        ("text,label\na,b\n".encode("utf-16-le"), "UTF-16 without its mark"),
        (b"\xff\xfet\x00e", "not readable utf-16|holds no rows|no column"),
        (b'text,label\n"never closed,a\nb,c\n', "A quote that opens there is not closed"),
    ],
)
def test_files_in_another_form_say_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    """The reader is told how to mend it."""
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataFault, match=words):
        read_dataset(TEXT, path)


@pytest.mark.parametrize(
    ("start", "encoding", "end"),
    [
        ("", "utf-16", "\r\n"),
        ("sep=;\n", "utf-8-sig", "\r\n"),
        ("", "utf-8", "\r"),
        ("", "utf-32", "\n"),
    ],
)
def test_what_spreadsheets_write_is_read(
    tmp_path: Path, start: str, encoding: str, end: str
) -> None:
    """UTF-16 with its mark, Excel's line about the separator, ends of lines of any kind."""
    path = tmp_path / "rows.csv"
    lines = ["text;label", *(f"{row['text']};{row['label']}" for row in text_rows())]
    path.write_bytes((start + end.join(lines)).encode(encoding))
    assert read_dataset(TEXT, path).task.label_names == ("calm", "hot", "worn")


def test_bad_lines_do_not_hide_each_other(tmp_path: Path) -> None:
    """Of JSON lines: what is no JSON, no object, or a list where a label should be."""
    rows: list[object] = [*text_rows(20), 3, {"text": "oil", "label": ["hot"]}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([json.dumps(row) for row in rows] + ["{", "["]))
    with pytest.raises(DataFault, match="has 3 faults") as fault:
        read_dataset(TEXT, path)
    for words in (
        "line 23 is not JSON (and 1 more)",
        "line 21 is not a JSON object",
        "lists or objects in column label: row 21",
    ):
        assert words in str(fault.value)


def test_true_and_false_are_numbers(tmp_path: Path) -> None:
    """As JSON and Parquet hold switches; what is no number in a cell of numbers is empty."""
    path = tmp_path / "rows.jsonl"
    rows = [
        row | {"door": at % 4 == 0, "heat": float(row["heat"])}
        for at, row in enumerate(number_rows())
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = read_dataset(NUMBERS, path)
    assert data.columns == ("door", "force", "heat")
    assert set(data.examples.table[:, 0].tolist()) == {0.0, 1.0}
