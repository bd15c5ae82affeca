"""One page of a PDF as pdfium gives it: words with places and fonts, and the lines drawn on it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from rag.formats.layout import Page
from rag.formats.ruled import Line
from rag.formats.table import Fragment

_OBJECTS = 100_000
"""Objects of a page that are looked at."""
_RULES = 5000
_DEPTH = 4
"""Of forms within forms."""
_THIN = 1.6
"""Points up to which a drawn shape is a line."""
_SHORT = 3.0
"""Points up to which a line is none."""
_UPRIGHT = 600
"""Lines down a page up to which they may part cells."""
_SEGMENTS = 500
"""Of one path that are looked at."""
_JOIN = 0.6
"""Gap within a line, in font sizes, from which on two pieces are no neighbours."""

_CUT = re.compile("[\x02\ufffe]")
"""What PDFium makes of a hyphen at the end of a line."""
_SPACE = re.compile(r"[\s\x00-\x1f]+")

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read_page(drawn: Any, number: int) -> tuple[Page, bool]:
    """The page, and whether it is an image of text."""
    left, bottom, right, top = drawn.get_bbox()
    view = _view(drawn.get_rotation(), (left, bottom, right, top))
    width, height = drawn.get_size()
    reader = _Objects(drawn, view)
    reader.walk()
    lines = tuple(reader.lines)
    upright = [line for line in lines if is_upright(line)]
    drawing = len(upright) > _UPRIGHT
    fragments = tuple(joined(reader.fragments, () if drawing else upright))
    rules = tuple(sorted({y for line in lines for y in _heights(line)}, reverse=True)[:_RULES])
    letters = "".join(fragment.text for fragment in fragments)
    covered = reader.image_area > 0.4 * (right - left) * (top - bottom)
    is_scan = (covered and len(letters) < 50) or is_unreadable(letters)
    page = Page(number, height, () if is_scan else fragments, rules, width, lines)
    return page, is_scan


def is_unreadable(letters: str) -> bool:
    """Whether a font without a table of characters made the text signs without meaning."""
    strange = sum(1 for sign in letters if sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff")
    return strange > 0.3 * len(letters) > 6


def _view(rotation: int, box: tuple[float, float, float, float]) -> Matrix:
    """From the page as it is written to the page as it is shown, origin at the lower left."""
    left, bottom, right, top = box
    match rotation:
        case 90:
            return (0.0, -1.0, 1.0, 0.0, -bottom, right)
        case 180:
            return (-1.0, 0.0, 0.0, -1.0, right, top)
        case 270:
            return (0.0, 1.0, -1.0, 0.0, top, -left)
        case _:
            return (1.0, 0.0, 0.0, 1.0, -left, -bottom)


def _after(inner: Matrix, outer: Matrix) -> Matrix:
    """Both, one after the other."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        *(a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s),
        *(e * p + f * r + t, e * q + f * s + u),
    )


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


class _Objects:
    """Walks over the objects of a page in the order in which they are drawn."""

    def __init__(self, drawn: Any, view: Matrix) -> None:
        import pypdfium2.raw as pdfium

        self._c = pdfium
        self._page = drawn.raw
        self._words_of_page = drawn.get_textpage()  # closes itself when nobody holds it
        self._text = self._words_of_page.raw
        self._view = view
        self._seen = 0
        self._fonts: dict[int, bool] = {}
        self.fragments: list[Fragment] = []
        self.lines: dict[Line, None] = {}
        self.image_area = 0.0

    def walk(self) -> None:
        """Over all of them."""
        c = self._c
        for i in range(min(c.FPDFPage_CountObjects(self._page), _OBJECTS)):
            self._take(c.FPDFPage_GetObject(self._page, i), self._view, _DEPTH)

    def _take(self, thing: Any, outer: Matrix, depth: int) -> None:
        c = self._c
        self._seen += 1
        if self._seen > _OBJECTS:
            return
        match c.FPDFPageObj_GetType(thing):
            case c.FPDF_PAGEOBJ_TEXT:
                self._take_text(thing, outer)
            case c.FPDF_PAGEOBJ_PATH if len(self.lines) < _RULES:
                self._take_path(thing, outer)
            case c.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = self._box(thing, outer)
                self.image_area += (right - left) * (top - bottom)
            case c.FPDF_PAGEOBJ_FORM if depth:
                inner = _after(self._matrix(thing), outer)
                for i in range(min(c.FPDFFormObj_CountObjects(thing), _OBJECTS)):
                    self._take(c.FPDFFormObj_GetObject(thing, i), inner, depth - 1)

    def _take_text(self, thing: Any, outer: Matrix) -> None:
        words = _SPACE.sub(" ", self._words(thing))
        if words in ("", " "):
            return
        placed = _after(self._matrix(thing), outer)
        size = ctypes.c_float()
        self._c.FPDFTextObj_GetFontSize(thing, size)
        scale = (placed[2] ** 2 + placed[3] ** 2) ** 0.5
        _, _, right, _ = self._box(thing, outer)
        self.fragments.append(
            Fragment(
                words,
                x=round(placed[4], 1),
                y=round(placed[5], 1),
                size=round(abs(size.value * scale), 1),
                bold=self._is_bold(thing),
                right=round(right, 1),
            )
        )

    def _words(self, thing: Any) -> str:
        length = self._c.FPDFTextObj_GetText(thing, self._text, None, 0)
        if length <= 2:
            return ""
        buffer = (ctypes.c_ushort * (length // 2 + 1))()
        self._c.FPDFTextObj_GetText(thing, self._text, buffer, length)
        words = bytes(buffer)[: length - 2].decode("utf-16-le", "replace")
        return _CUT.sub("-", words.replace("\0", ""))

    def _is_bold(self, thing: Any) -> bool:
        font = self._c.FPDFTextObj_GetFont(thing)
        place = ctypes.cast(font, ctypes.c_void_p).value or 0
        if place not in self._fonts:
            name = ctypes.create_string_buffer(200)
            self._c.FPDFFont_GetBaseFontName(font, name, 200)
            lower = name.value.lower()
            self._fonts[place] = any(word in lower for word in (b"bold", b"black", b"heavy"))
        return self._fonts[place]

    def _take_path(self, thing: Any, outer: Matrix) -> None:
        """The straight lines of it that run across or down."""
        c = self._c
        placed = _after(self._matrix(thing), outer)
        x, y = ctypes.c_float(), ctypes.c_float()
        begin = last = (0.0, 0.0)
        for i in range(min(c.FPDFPath_CountSegments(thing), _SEGMENTS)):
            segment = c.FPDFPath_GetPathSegment(thing, i)
            c.FPDFPathSegment_GetPoint(segment, x, y)
            point = _at(placed, x.value, y.value)
            kind = c.FPDFPathSegment_GetType(segment)
            if kind == c.FPDF_SEGMENT_MOVETO:
                begin = point
            elif kind == c.FPDF_SEGMENT_LINETO:
                self._draw(last, point)
            if c.FPDFPathSegment_GetClose(segment):
                self._draw(point, begin)
            last = point

    def _draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        left, right = sorted((round(start[0], 1), round(end[0], 1)))
        bottom, top = sorted((round(start[1], 1), round(end[1], 1)))
        if min(right - left, top - bottom) < _THIN and max(right - left, top - bottom) > _SHORT:
            self.lines[left, bottom, right, top] = None

    def _matrix(self, thing: Any) -> Matrix:
        m = self._c.FS_MATRIX()
        self._c.FPDFPageObj_GetMatrix(thing, m)
        return (m.a, m.b, m.c, m.d, m.e, m.f)

    def _box(self, thing: Any, outer: Matrix) -> tuple[float, float, float, float]:
        sides = [ctypes.c_float() for _ in range(4)]
        self._c.FPDFPageObj_GetBounds(thing, *sides)
        left, bottom, right, top = (side.value for side in sides)
        x1, y1 = _at(outer, left, bottom)
        x2, y2 = _at(outer, right, top)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def is_upright(line: Line) -> bool:
    """Whether it runs down the page."""
    left, bottom, right, top = line
    return top - bottom > right - left


def _heights(line: Line) -> tuple[float, ...]:
    return () if is_upright(line) else (round((line[1] + line[3]) / 2, 1),)


def joined(fragments: list[Fragment], upright: Sequence[Line] = ()) -> Iterator[Fragment]:
    """Pieces of one line that stand close together as one; what is drawn twice once.

    Args:
        upright: Lines between cells, across which nothing is joined.
    """
    last: Fragment | None = None
    for fragment in fragments:
        if last is None:
            last = fragment
        elif _is_twice(last, fragment):
            continue
        elif _is_next(last, fragment) and not _is_parted(last, fragment, upright):
            last = _together(last, fragment)
        else:
            yield replace(last, text=last.text.strip())
            last = fragment
    if last is not None:
        yield replace(last, text=last.text.strip())


def _is_twice(last: Fragment, fragment: Fragment) -> bool:
    near = abs(last.x - fragment.x) < 1 and abs(last.y - fragment.y) < 1
    return near and last.text == fragment.text


def _is_next(last: Fragment, fragment: Fragment) -> bool:
    gap = fragment.x - last.right
    level = abs(last.y - fragment.y) < 0.3 * max(last.size, fragment.size)
    return level and -0.3 * last.size < gap < _JOIN * last.size


def _is_parted(last: Fragment, fragment: Fragment, upright: Sequence[Line]) -> bool:
    y = fragment.y + 0.3 * fragment.size
    return any(
        last.right - 1 < (left + right) / 2 < fragment.x + 1 and bottom < y < top
        for left, bottom, right, top in upright
    )


def _together(last: Fragment, fragment: Fragment) -> Fragment:
    spaced = last.text.endswith(" ") or fragment.text.startswith(" ")
    space = " " if not spaced and fragment.x - last.right > 0.12 * last.size else ""
    longer = last if len(last.text) >= len(fragment.text) else fragment
    return Fragment(
        f"{last.text}{space}{fragment.text}",
        x=last.x,
        y=longer.y,
        size=longer.size,
        bold=longer.bold,
        right=fragment.right,
    )
