"""The PDF files of the demo library are made from their sources, byte for byte."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from ingest.errors import SettingsFault
from simulators.library import DOCUMENTS, SOURCES, build, main
from simulators.manuscript import Grid, Heading, Item, Paragraph, Warned, read_manuscript
from simulators.typesetting import typeset

FRONT = """---
id: SOP-X
title: A test
kind: sop
revision: A
effective_from: 2026-01-31
---
"""
BODY = """
# A test

Running **text** on
two lines.

> **WARNING:** Hot.

1. First step.
2. Second step.

- A bullet.

<!-- page -->

## Codes

| Code | Meaning |
|---|---|
| W1 | One |
"""


def source(folder: Path, body: str = BODY, front: str = FRONT) -> Path:
    path = folder / "SOP-X.md"
    path.write_text(front + body, encoding="utf-8")
    return path


def test_the_shipped_pdf_files_are_what_the_command_builds(tmp_path: Path) -> None:
    """Whoever changes a source builds the library anew: python -m simulators library build."""
    assert main(["build", "--out", str(tmp_path)]) == 0
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_bytes() for path in DOCUMENTS.glob("*.pdf*")}
    assert sorted(built) == sorted(shipped)
    assert [name for name in built if built[name] != shipped[name]] == []


def test_every_source_gives_one_pdf_with_as_many_pages(tmp_path: Path) -> None:
    """A page mark in the source is a page of the PDF."""
    for pdf in build(tmp_path):
        manuscript = read_manuscript(SOURCES / f"{pdf.stem}.md")
        assert len(PdfReader(pdf).pages) == len(manuscript.pages) > 1


def test_a_source_is_read_block_by_block(tmp_path: Path) -> None:
    """Headings, text, warnings, steps, bullets and tables are told apart."""
    first, second = read_manuscript(source(tmp_path)).pages
    assert first == (
        Heading(1, "A test"),
        Paragraph("Running text on two lines."),
        Warned("WARNING: Hot."),
        Item("1.", "First step."),
        Item("2.", "Second step."),
        Item("-", "A bullet."),
    )
    assert second == (Heading(2, "Codes"), Grid(("Code", "Meaning"), (("W1", "One"),)))


def test_a_source_without_its_fields_is_refused(tmp_path: Path) -> None:
    """The field that is missing is named."""
    path = source(tmp_path, front=FRONT.replace("revision: A\n", ""))
    with pytest.raises(SettingsFault, match="lacks revision"):
        read_manuscript(path)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n".join(f"- Line {n}.\n" for n in range(99)), "takes 3 pages, not 1"),
        (f"| Code | Meaning |\n|---|---|\n| W1 | {'long ' * 40}|\n", "mm wide"),
    ],
)
def test_what_does_not_fit_on_its_page_is_refused(tmp_path: Path, body: str, said: str) -> None:
    """Nothing slides silently to the next page: the page of a procedure is promised elsewhere."""
    with pytest.raises(SettingsFault, match=said):
        typeset(read_manuscript(source(tmp_path, body)))


def test_without_fpdf2_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fpdf2 comes only with the test extra."""
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "fpdf":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SettingsFault, match=r"andon\[test\]"):
        typeset(read_manuscript(source(tmp_path)))
