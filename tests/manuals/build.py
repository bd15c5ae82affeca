"""The binary files of this folder, built from their sources: `python tests/manuals/build.py`.

`sources/*.md` become PDF files as those of the demo library do; the Word file, the workbook and
the scanned page are written here. Everything else in the folder is text and used as it is.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

WRITTEN = datetime(2026, 3, 9, 12, tzinfo=UTC)
SIDECAR = """id: {id}
title: "{title}"
kind: {kind}
machine_kinds: [{machine_kind}]
revision: "{revision}"
effective_from: {day}
status: current
language: en
"""
TOOLS = (("Seal kit of the filling valve", "VS-118"), ("Hook wrench", "45 mm"))
WARNINGS = (
    "WARNING: Caustic cleaner stays in the valve. Wear goggles and acid-proof gloves.",
    "CAUTION: A dry seal tears at the first stroke. Wet it with water, never with oil.",
)
STEPS = (
    "Empty the bowl, close the product valve V3 and lock out the main switch.",
    "Unscrew the valve with the hook wrench, a quarter turn to the left, and take it out upwards.",
    "Take the three seals out with the plastic hook. Never use a screwdriver.",
    "Fit the seals of the kit VS-118 in the order of the card: grey, white, grey.",
    "Screw the valve in until it stops and secure it with 22 Nm.",
)
ACCEPTED = ("Fill 20 bottles with water: no valve drips for more than 2 seconds after it closes.",)
FAULTS = (
    ("Code", "Meaning", "Error class", "Reaction"),
    ("L12", "Label web broken", "web_broken", "Thread the web, SOP-LB-01"),
    ("L18", "Glue film uneven", "glue_roller_dirty", "Clean the roller, SOP-LB-02"),
    ("L25", "Label gap not found", "-", "Clean the gap sensor B4"),
)
MESSAGES = (
    ("Code", "Meaning", "Reaction"),
    ("M03", "Glue level low", "Refill granulate 3 kg at most"),
    ("M07", "Label roll ends within 5 minutes", "Put a new roll ready"),
)


def main() -> None:
    """Write all of them."""
    _pdfs()
    _docx()
    _xlsx()
    _scan()


def _pdfs() -> None:
    from simulators.library import build

    build(HERE, sources=HERE / "sources")
    _label(HERE / "PL-MAN.pdf", "A-")


def _label(path: Path, prefix: str) -> None:
    """Print page labels such as A-1 into a file."""
    from pypdf import PdfWriter
    from pypdf.constants import PageLabelStyle

    writer = PdfWriter(clone_from=path)
    writer.set_page_label(0, len(writer.pages) - 1, style=PageLabelStyle.DECIMAL, prefix=prefix)
    writer.write(path)


def _docx() -> None:
    from docx import Document

    document = Document()
    document.core_properties.created = document.core_properties.modified = WRITTEN
    document.add_heading("Changing the seals of a filling valve", level=1)
    document.add_paragraph(
        "Applies to error class valve_seal_worn (code F15) on rotary fillers FM 200 and FM 300."
    )
    document.add_heading("Tools", level=2)
    table = document.add_table(rows=0, cols=2)
    for cells in (("Item", "Designation"), *TOOLS):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    document.add_heading("Warnings", level=2)
    for text in WARNINGS:
        document.add_paragraph(text)
    for heading, steps in (("Procedure", STEPS), ("Return to service", ACCEPTED)):
        document.add_heading(heading, level=2)
        for text in steps:
            document.add_paragraph(text, style="List Number")
    document.save(str(HERE / "SOP-FM-01.docx"))
    _sidecar("SOP-FM-01.docx", "Changing the seals of a filling valve", "sop", "filling-machine")


def _xlsx() -> None:
    from openpyxl import Workbook  # type: ignore[import-untyped, unused-ignore]

    book = Workbook()
    book.properties.created = book.properties.modified = WRITTEN.replace(tzinfo=None)
    for name, rows in (("Faults", FAULTS), ("Messages", MESSAGES)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(HERE / "EC-LB.xlsx")
    _sidecar("EC-LB.xlsx", "Labeller, fault and message codes", "code_list", "labeller")


def _scan() -> None:
    """A notice that exists on paper only: its page is a picture."""
    import pypdfium2
    from fpdf import FPDF

    from simulators.manuscript import read_manuscript
    from simulators.typesetting import typeset

    manuscript = read_manuscript(HERE / "sources" / "scanned" / "SN-FM-02.md")
    page = pypdfium2.PdfDocument(typeset(manuscript))[0]
    grey = page.render(scale=200 / 72).to_pil().convert("L")
    picture = grey.point([0] * 160 + [255] * 96).convert("1")
    packed = io.BytesIO()
    picture.save(packed, "PNG", optimize=True)
    sheet = FPDF(format="A4")
    sheet.set_creation_date(manuscript.dated)
    sheet.add_page()
    sheet.image(packed, x=0, y=0, w=sheet.w, h=sheet.h)
    (HERE / "SN-FM-02.pdf").write_bytes(bytes(sheet.output()))
    (HERE / "SN-FM-02.pdf.yaml").write_text(manuscript.metadata, encoding="utf-8")


def _sidecar(name: str, title: str, kind: str, machine_kind: str) -> None:
    text = SIDECAR.format(
        id=Path(name).stem,
        title=title,
        kind=kind,
        machine_kind=machine_kind,
        revision="B",
        day=WRITTEN.date(),
    )
    (HERE / f"{name}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
