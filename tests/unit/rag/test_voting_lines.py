"""Code tables as they come: files with whatever columns, documents, and the library of a plant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.errors import DataFault, SettingsFault
from rag.settings import RagSettings
from rag.voting.lines import CodeLine, lines_of_documents, lines_of_file, lines_of_library
from tests.unit.rag.conftest import OpenLibrary
from tests.unit.rag.writing import write

SETTINGS = RagSettings()
LABELS = ("cooler_fouled", "tool_worn")
CODE_LIST = """---
id: {id}
title: Codes
kind: code_list
revision: A
language: en
status: {status}
---
# Codes

| Code | Meaning | Error class |
|---|---|---|
| E417 | Oil too hot | cooler_fouled |
| E502, E503 | Load too high | |
"""


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            "code,meaning,error class\nE417,Oil too hot,Cooler fouled\n",
            CodeLine("E417", "Oil too hot", "Cooler fouled"),
        ),
        (
            '"P0100","Air flow circuit"\n"P0101","Air flow range"\n',
            CodeLine("P0100", "Air flow circuit"),
        ),
        (
            "Nr;Was es heisst;Art\n17;Oel ist zu warm;cooler_fouled\n18;Fraeser stumpf;tool worn\n",
            CodeLine("17", "Oel ist zu warm", "cooler_fouled"),
        ),
        (
            "device,alarm,fault\nmill,A512,Cutting tool chipped\nmill,A513,Spindle hot\n",
            CodeLine("A512", "Cutting tool chipped"),
        ),
    ],
    ids=["named columns", "no header", "by what is in them", "other names"],
)  # fmt: skip
def test_the_columns_of_a_table_are_known(tmp_path: Path, content: str, found: CodeLine) -> None:
    """By their names, else by what is in them: identifiers, labels of the task, words."""
    path = write(tmp_path, "codes.csv", content)
    lines = lines_of_file(path, SETTINGS, labels=LABELS)
    assert lines[0] == found
    assert len(lines) == content.count("\n") - (0 if content.startswith('"') else 1)


def test_the_label_column_of_the_task_goes_before_a_class(tmp_path: Path) -> None:
    """A vendor's class is no label where the task's own column stands beside it."""
    path = write(tmp_path, "codes.csv", "code,meaning,class,outcome\nE1,Oil hot,HYD,x\n")
    (line,) = lines_of_file(path, SETTINGS, labels=(), target="outcome")
    assert line.label == "x"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("codes.csv", "a,b\n1 of two,\n", "no table with a column of codes"),
        ("codes.csv", "", "codes.csv"),
        ("codes.exe", "MZ", "its kind is not known"),
        ("codes.csv", "\0\1\2\3", "codes.csv"),
    ],
)
def test_a_file_without_codes_is_named(tmp_path: Path, name: str, content: str, words: str) -> None:
    """With what to do about it."""
    with pytest.raises(DataFault, match=words):
        lines_of_file(write(tmp_path, name, content), SETTINGS, labels=LABELS)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """A file, and a folder; a home without a library has no codes."""
    with pytest.raises(SettingsFault, match="no file"):
        lines_of_file(tmp_path / "no.csv", SETTINGS, labels=LABELS)
    with pytest.raises(SettingsFault, match="no folder"):
        lines_of_documents(tmp_path / "no", SETTINGS)
    assert lines_of_library(tmp_path, on=date(2026, 11, 23)) == ()


def test_documents_give_their_tables_and_say_which_cannot_be_read(tmp_path: Path) -> None:
    """Each row with its document; one that cannot be read hinders no other."""
    write(tmp_path, "codes.md", CODE_LIST.format(id="HP-CODES", status="current"))
    write(tmp_path, "broken.md", "---\nid: X\n")
    told: list[str] = []
    lines = lines_of_documents(tmp_path, SETTINGS, told=told.append)
    assert lines == (
        CodeLine("E417", "Oil too hot", "cooler_fouled", "HP-CODES"),
        CodeLine("E502", "Load too high", "", "HP-CODES"),
        CodeLine("E503", "Load too high", "", "HP-CODES"),
    )
    assert len(told) == 1
    assert "broken.md" in told[0]
    (tmp_path / "codes.md").unlink()
    with pytest.raises(DataFault, match=r"broken\.md"):
        lines_of_documents(tmp_path, SETTINGS)


def test_the_library_gives_what_holds_today_while_it_is_open(
    tmp_path: Path, open_library: OpenLibrary
) -> None:
    """A draft says nothing yet; the library stays with whoever holds it."""
    folder = tmp_path / "documents"
    folder.mkdir()
    write(folder, "codes.md", CODE_LIST.format(id="HP-CODES", status="current"))
    write(folder, "draft.md", CODE_LIST.format(id="DRAFT", status="draft").replace("E417", "E999"))
    library = open_library()
    library.sync(folder)
    lines = lines_of_library(tmp_path / "home", on=date(2026, 11, 23))
    assert [line.code for line in lines] == ["E417", "E502", "E503"]
    assert {line.document for line in lines} == {"HP-CODES"}
