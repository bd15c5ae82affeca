"""Pages that are images: Tesseract reads them, when this machine has it."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from statistics import median
from typing import Any

from ingest.errors import DataFault
from rag.formats.layout import Page
from rag.formats.limits import Limits
from rag.formats.table import Fragment

_DPI = 300
_PIXELS = 20_000_000
"""Of the picture of a page; a larger page is drawn coarser."""
_BLUR = 1.2
"""Dots."""
_TRUST = 30
"""Percent below which a word is taken for a stain."""
_COLUMN = 1.5
"""Gap within a line, in its heights, from which on another cell begins."""
_TALL = 1.3
"""Share of the usual height from which on a line is set in larger type."""
_PROGRAM = "tesseract"
_TESSDATA = {
    "en": "eng", "de": "deu", "fr": "fra", "it": "ita", "es": "spa", "pt": "por", "nl": "nld",
    "pl": "pol", "cs": "ces", "sk": "slk", "hu": "hun", "sv": "swe", "da": "dan", "fi": "fin",
    "no": "nor", "nb": "nor", "ro": "ron", "bg": "bul", "el": "ell", "tr": "tur", "ru": "rus",
    "uk": "ukr", "sl": "slv", "hr": "hrv", "et": "est", "lv": "lav", "lt": "lit",
    "zh": "chi_sim", "ja": "jpn", "ko": "kor", "ar": "ara", "he": "heb", "hi": "hin",
    "th": "tha", "vi": "vie",
}  # fmt: skip
_INSTALL = "Install Tesseract (Debian, Ubuntu: apt-get install tesseract-ocr tesseract-ocr-{code})"
REMEDY = f"{_INSTALL.format(code='deu')}, with the languages of the documents."


def installed() -> list[str]:
    """Languages that Tesseract has, by its own names; none without Tesseract."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return []
    listed = subprocess.run(
        [program, "--list-langs"], capture_output=True, text=True, timeout=20, check=False
    )
    return [line for line in listed.stdout.split("\n")[1:] if line and line != "osd"]


class Tesseract:
    """OCR for one document."""

    def __init__(self, languages: Sequence[str], limits: Limits) -> None:
        self._languages = languages
        self._page_s = limits.ocr_page_s

    @cached_property
    def ready(self) -> bool:
        """Whether it is here with the language of the document; asked when a page needs it."""
        return self._page_s > 0 and self._wanted[:1] != [] and set(self._wanted) <= {*installed()}

    @cached_property
    def _wanted(self) -> list[str]:
        short = (language.lower().partition("-")[0] for language in self._languages)
        return [_TESSDATA.get(each, each) for each in short if each]

    def remedy(self) -> str:
        """What to do about pages that could not be read."""
        if self.ready:
            return "Tesseract found no words on them: scan it anew, at 300 dpi."
        if self._page_s <= 0:
            return "OCR is off: set ANDON_OCR_PAGE_S."
        code = self._wanted[0].replace("_", "-") if self._wanted else "eng"
        return f"{_INSTALL.format(code=code)}, or run it through OCR elsewhere."

    def read(self, drawn: Any, number: int) -> Page:
        """The words of a page with their places.

        Raises:
            DataFault: it takes too long.
        """
        width, height = drawn.get_size()
        scale = min(_DPI / 72, (_PIXELS / max(width * height, 1)) ** 0.5)
        rows = self._recognised(_picture(drawn, scale), number, dpi=round(72 * scale))
        fragments = tuple(fragments_of(rows, scale=scale, height=height))
        return Page(number, height, fragments, (), width)

    def _recognised(self, picture: bytes, number: int, *, dpi: int) -> list[dict[str, str]]:
        languages = "+".join(self._wanted)
        command = [_PROGRAM, "stdin", "stdout", "-l", languages, "--dpi", str(dpi), "tsv"]
        try:
            done = subprocess.run(
                command, input=picture, capture_output=True, timeout=self._page_s, check=False
            )
        except subprocess.TimeoutExpired as fault:
            raise DataFault(
                f"OCR of its page {number} takes more than {self._page_s} s.",
                remedy="Raise ANDON_OCR_PAGE_S, or run it through OCR elsewhere.",
            ) from fault
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise DataFault(f"OCR of its page {number} failed: {' '.join(said)[:200]}.")
        text = io.StringIO(done.stdout.decode("utf-8", "replace"))
        return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def _picture(drawn: Any, scale: float) -> bytes:
    """The page in shades of grey, as a portable graymap.

    It is blurred by about a dot: the grain of a shaded box, as warnings have it, would hide its
    words from Tesseract, and a black and white scan makes such grain of every shade.
    """
    from PIL import ImageFilter

    shades = drawn.render(scale=scale, grayscale=True).to_pil().convert("L")
    picture = io.BytesIO()
    shades.filter(ImageFilter.GaussianBlur(_BLUR)).save(picture, "PPM")
    return picture.getvalue()


def fragments_of(
    rows: Sequence[dict[str, str]], *, scale: float, height: float
) -> Iterator[Fragment]:
    """Recognised words, joined within their lines, cell by cell."""
    words = [row for row in rows if row["level"] == "5" and float(row["conf"]) >= _TRUST]
    words = [row for row in words if row["text"].strip()]
    if not words:
        return
    usual = median(int(row["height"]) for row in words)
    for _, line in groupby(words, key=_line):
        together = list(line)
        tall = median(int(row["height"]) for row in together)
        size = round((usual if tall < _TALL * usual else tall) / scale, 1)
        for cell in _cells(together, usual):
            yield _fragment(cell, size=size, scale=scale, height=height)


def _line(row: dict[str, str]) -> tuple[str, str, str]:
    return row["block_num"], row["par_num"], row["line_num"]


def _cells(line: Sequence[dict[str, str]], usual: float) -> Iterator[list[dict[str, str]]]:
    cell = [line[0]]
    for word in line[1:]:
        if int(word["left"]) - _right(cell[-1]) > _COLUMN * usual:
            yield cell
            cell = []
        cell.append(word)
    yield cell


def _right(word: dict[str, str]) -> int:
    return int(word["left"]) + int(word["width"])


def _fragment(
    cell: Sequence[dict[str, str]], *, size: float, scale: float, height: float
) -> Fragment:
    bottom = median(int(word["top"]) + int(word["height"]) for word in cell)
    return Fragment(
        " ".join(word["text"] for word in cell),
        x=round(int(cell[0]["left"]) / scale, 1),
        y=round(height - bottom / scale, 1),
        size=size,
        bold=False,
        right=round(_right(cell[-1]) / scale, 1),
    )
