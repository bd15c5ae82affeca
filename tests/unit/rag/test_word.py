"""Word documents become blocks as Word shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from rag.document import Block, BlockKind
from rag.formats.limits import Limits, Meter
from rag.formats.parsed import Job, Parsed
from rag.formats.word import read

Reading = Callable[[Any], list[Block]]


@pytest.fixture
def written() -> Any:
    """A new document."""
    return docx.Document()


def parsed(written: Any, folder: Path) -> Parsed:
    path = folder / "a.docx"
    written.save(str(path))
    return read(Job(path, Limits(), Meter(Limits())))


@pytest.fixture
def blocks_of(tmp_path: Path) -> Reading:
    """What is read of a document."""
    return lambda written: list(parsed(written, tmp_path).blocks)


def element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def test_headings_steps_and_warnings(written: Any, blocks_of: Reading) -> None:
    """Numbers are those that Word counts; what hangs below a step belongs to it."""
    written.add_heading("Pump", 0)
    written.add_heading("Procedure", 1)
    written.add_paragraph("WARNING: Stored pressure.")
    written.add_paragraph("Stop the press.", style="List Number")
    written.add_paragraph("red button", style="List Bullet 2")
    written.add_paragraph("At bottom dead centre.", style="List Continue")
    written.add_paragraph("CAUTION: Hot oil.")
    written.add_paragraph("Drain it into E-217.", style="List Number")
    written.add_paragraph("Gloves", style="List Bullet")
    found = [(b.kind, b.level, b.number, b.text) for b in blocks_of(written)]
    assert found == [
        (BlockKind.HEADING, 1, 0, "Pump"),
        (BlockKind.HEADING, 2, 0, "Procedure"),
        (BlockKind.WARNING, 0, 0, "WARNING: Stored pressure."),
        (BlockKind.STEP, 0, 1, "Stop the press. - red button At bottom dead centre."),
        (BlockKind.WARNING, 0, 0, "CAUTION: Hot oil."),
        (BlockKind.STEP, 0, 2, "Drain it into E-217."),
        (BlockKind.BULLET, 0, 0, "Gloves"),
    ]


def test_a_list_that_starts_anew_counts_anew(written: Any, blocks_of: Reading) -> None:
    """With its own first number, as a list of Word says."""
    numbering = written.part.numbering_part.element
    first = written.styles["List Number"].element.pPr.numPr.numId.val
    definition = numbering.num_having_numId(first).abstractNumId.val
    again = numbering.add_num(definition)
    again.add_lvlOverride(0).add_startOverride(5)
    written.add_paragraph("One.", style="List Number")
    step = written.add_paragraph("Five.", style="List Number")
    listed = step._p.get_or_add_pPr().get_or_add_numPr()
    listed.get_or_add_ilvl().val, listed.get_or_add_numId().val = 0, again.numId
    assert [b.number for b in blocks_of(written)] == [1, 5]


def test_tables_go_row_by_row_with_cells_that_span(written: Any, blocks_of: Reading) -> None:
    """A code that spans two rows is in both; a frame around a warning is the warning."""
    table = written.add_table(rows=3, cols=3)
    for row, cells in zip(
        table.rows,
        [("Code", "Meaning", "Reaction"), ("E-217", "Oil hot", "Wait"), ("", "Oil old", "Change")],
        strict=True,
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    written.add_table(rows=1, cols=1).cell(0, 0).text = "DANGER: High voltage."
    pairs = written.add_table(rows=2, cols=2)
    for row, pair in zip(pairs.rows, [("Torque:", "48 Nm"), ("Oil:", "HLP 46")], strict=True):
        row.cells[0].text, row.cells[1].text = pair
    assert [(b.kind, b.text) for b in blocks_of(written)] == [
        (BlockKind.ROW, "Code: E-217 | Meaning: Oil hot | Reaction: Wait"),
        (BlockKind.ROW, "Code: E-217 | Meaning: Oil old | Reaction: Change"),
        (BlockKind.WARNING, "DANGER: High voltage."),
        (BlockKind.ROW, "Torque: | 48 Nm"),
        (BlockKind.ROW, "Oil: | HLP 46"),
    ]


def test_pages_are_those_that_word_laid_out(written: Any, blocks_of: Reading) -> None:
    """Without a trace of them there is one page; a step over the turn is on both."""
    assert {b.page for b in blocks_of(_with_break(written))} == {1, 2}
    step = next(b for b in blocks_of(written) if b.kind is BlockKind.STEP)
    assert (step.page, step.last_page) == (1, 2)


def _with_break(written: Any) -> Any:
    written.add_paragraph("Before.")
    step = written.add_paragraph("Turn the valve ", style="List Number")
    run = step.add_run()
    run._r.append(element("w:lastRenderedPageBreak"))
    run.add_text("until it stops.")
    written.add_paragraph("After.")
    return written


def test_what_is_deleted_or_hidden_is_no_text(written: Any, blocks_of: Reading) -> None:
    """And what was inserted, stands in a content control or in a text box is."""
    gone = written.add_paragraph("Old value 5 bar.")
    deleted = element("w:del", id="1", author="a")
    gone._p.append(deleted)
    deleted.append(gone.runs[0]._r)
    hidden = written.add_paragraph("Never shown.")
    hidden.runs[0].font.hidden = True
    control, content = element("w:sdt"), element("w:sdtContent")
    control.append(content)
    content.append(written.add_paragraph("In a control.")._p)
    written.element.body.insert(2, control)
    assert [b.text for b in blocks_of(written)] == ["In a control."]


def test_bold_lines_are_headings_where_no_style_is(written: Any, blocks_of: Reading) -> None:
    """As people write who know no styles; numbers typed by hand are steps."""
    written.add_paragraph().add_run("Lock-out").bold = True
    written.add_paragraph("1. Switch off.")
    written.add_paragraph("2. Hang the padlock.")
    found = [(b.kind, b.number, b.text) for b in blocks_of(written)]
    assert found == [
        (BlockKind.HEADING, 0, "Lock-out"),
        (BlockKind.STEP, 1, "Switch off."),
        (BlockKind.STEP, 2, "Hang the padlock."),
    ]


def test_its_properties_are_proposals(written: Any, tmp_path: Path) -> None:
    """Title, language, identifier and version, where they are filled in."""
    written.add_paragraph("Text.")
    written.core_properties.title = "Pump"
    written.core_properties.identifier = "SOP-1"
    written.core_properties.version = "C"
    assert parsed(written, tmp_path).properties == {"title": "Pump", "id": "SOP-1", "revision": "C"}
