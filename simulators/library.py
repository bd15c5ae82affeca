"""The demo library's PDF files, built from their sources: `python -m simulators library build`.

`documents/sources/*.md` are the manuscripts; each gives `documents/<name>.pdf` and its metadata
`documents/<name>.pdf.yaml`. The other documents are Markdown and used as they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.manuscript import read_manuscript
from simulators.typesetting import typeset

DOCUMENTS = Path(__file__).parent / "documents"
SOURCES = DOCUMENTS / "sources"


def build(out: Path = DOCUMENTS, *, sources: Path = SOURCES) -> list[Path]:
    """Set every manuscript and write it with its sidecar; the PDF files, in order of name.

    Raises:
        SettingsFault: fpdf2 is missing, or a manuscript cannot be set.
    """
    built: list[Path] = []
    for source in sorted(sources.glob("*.md")):
        manuscript = read_manuscript(source)
        pdf = out / f"{source.stem}.pdf"
        pdf.write_bytes(typeset(manuscript))
        sidecar = pdf.with_name(f"{pdf.name}.yaml")
        sidecar.write_text(manuscript.metadata, encoding="utf-8", newline="\n")
        built.append(pdf)
    return built


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m simulators library build [--out FOLDER]`."""
    parser = argparse.ArgumentParser(prog="python -m simulators library", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="write the PDF files and their metadata")
    command.add_argument("--out", type=Path, default=DOCUMENTS)
    for pdf in build(parser.parse_args(argv).out):
        sys.stdout.write(f"{pdf}\n")
    return 0
