"""PDF files to blocks: a worker process reads under limits, this side puts the layout together."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ingest.errors import DataFault
from rag.document import Block
from rag.formats.layout import Fragment, Page, layout_blocks
from rag.settings import RagSettings

_WORKER = Path(__file__).with_name("pdf_worker.py")
_OUTPUT_MB = 128
_SIGNALS = {-24: "CPU time", -9: "CPU time or memory", -25: "output"}


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """What reading one PDF may take."""

    pages: int
    cpu_s: int
    memory_mb: int

    @classmethod
    def of(cls, settings: RagSettings) -> PdfLimits:
        """The limits that are set."""
        return cls(settings.document_max_pages, settings.pdf_cpu_s, settings.pdf_memory_mb)


def pdf_blocks(path: Path, limits: PdfLimits) -> list[Block]:
    """The blocks of a PDF, each with the page on which it begins.

    Raises:
        DataFault: it is encrypted, broken, has no text, or takes more than the limits.
    """
    pages = [_page(number, page) for number, page in enumerate(_read(path, limits), start=1)]
    if not any(page.fragments for page in pages):
        raise DataFault(
            f"{path.name}: it holds no text, only images.",
            remedy="Run it through OCR first, for example ocrmypdf.",
        )
    return layout_blocks(pages)


def _read(path: Path, limits: PdfLimits) -> list[dict[str, Any]]:
    with tempfile.TemporaryFile() as output:
        code = _run(path, limits, output)
        output.seek(0)
        if code != 0:
            spent = _SIGNALS.get(code, f"what it may (exit {code})")
            raise DataFault(f"{path.name}: reading it takes more {spent} than is allowed.")
        result = json.loads(output.read())
    if "fault" in result:
        raise DataFault(f"{path.name}: {result['fault']}.")
    pages: list[dict[str, Any]] = result["pages"]
    return pages


def _run(path: Path, limits: PdfLimits, output: IO[bytes]) -> int:
    limited = (limits.pages, limits.cpu_s, limits.memory_mb, _OUTPUT_MB)
    command = [sys.executable, "-I", str(_WORKER), str(path.resolve()), *map(str, limited)]
    try:
        finished = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            timeout=limits.cpu_s * 4 + 10,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise DataFault(f"{path.name}: reading it takes too long.") from fault
    return finished.returncode


def _page(number: int, page: dict[str, Any]) -> Page:
    fragments = tuple(Fragment(*fragment) for fragment in page["fragments"])
    return Page(number, page["height"], fragments, tuple(page["rules"]))
