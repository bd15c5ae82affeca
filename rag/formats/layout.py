"""Fragments on the pages of a PDF to headings, paragraphs, steps, warnings and table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.document import Block, BlockKind
from rag.formats.markdown import is_warning
from rag.formats.table import Fragment, Table, find_table, is_row_of

__all__ = ["Fragment", "Page", "layout_blocks"]

_STEP = re.compile(r"^(\d{1,3})[.)]\s+(\S.*)$")
_BULLET = re.compile(r"^[-*\u2022\u25cf\u2023\u25aa\u00b7]\s*(\S.*)$")
_MARGIN = 0.1
"""Share of the page's height at its top and bottom in which repeated lines are no text."""


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on one page, in the order in which it was drawn."""

    number: int
    height: float
    fragments: tuple[Fragment, ...]
    rules: tuple[float, ...]
    """Heights of horizontal lines, highest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """Fragments at one height, side by side."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


def layout_blocks(pages: Sequence[Page]) -> list[Block]:
    """The blocks of all pages in reading order."""
    pages = without_running_lines(pages)
    body, sizes = body_size(pages), heading_sizes(pages)
    blocks: list[Block] = []
    table: Table | None = None
    for page in pages:
        reader = _PageReader(page, body, sizes, table)
        for block in reader.blocks():
            _append(blocks, block)
        table = reader.table_at_end
    return blocks


def _append(blocks: list[Block], block: Block) -> None:
    """Add a block, or carry on the step that the turn of the page cut in two."""
    last = blocks[-1] if blocks else None
    if (
        last is not None
        and last.kind is BlockKind.STEP
        and block.kind is BlockKind.PARAGRAPH
        and block.page == last.page + 1
        and last.text[-1:] not in ".!?:;"
    ):
        blocks[-1] = replace(last, text=f"{last.text} {block.text}")
        return
    blocks.append(block)


def body_size(pages: Sequence[Page]) -> float:
    """The font size in which most letters are set."""
    letters: Counter[float] = Counter()
    for page in pages:
        for fragment in page.fragments:
            letters[fragment.size] += len(fragment.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def heading_sizes(pages: Sequence[Page]) -> list[float]:
    """Sizes clearly above that of the body, largest first."""
    body = body_size(pages)
    sizes = {fragment.size for page in pages for fragment in page.fragments}
    return sorted((size for size in sizes if size > body * 1.08), reverse=True)


def without_running_lines(pages: Sequence[Page]) -> list[Page]:
    """The pages without headers and footers: lines that come back near the edge of each page."""
    seen: Counter[tuple[str, float]] = Counter()
    for page in pages:
        seen.update({_running(fragment) for fragment in page.fragments if _edge(page, fragment)})
    often = max(2, len(pages) // 2)

    def stays(page: Page, fragment: Fragment) -> bool:
        return not (_edge(page, fragment) and seen[_running(fragment)] >= often)

    return [
        replace(page, fragments=tuple(f for f in page.fragments if stays(page, f)))
        for page in pages
    ]


def _running(fragment: Fragment) -> tuple[str, float]:
    return re.sub(r"\d+", "0", fragment.text), round(fragment.y)


def _edge(page: Page, fragment: Fragment) -> bool:
    return not page.height * _MARGIN < fragment.y < page.height * (1 - _MARGIN)


class _PageReader:
    """Walks over the fragments of one page once."""

    def __init__(
        self, page: Page, body: float, sizes: Sequence[float], table: Table | None
    ) -> None:
        self.page = page
        self.body = body
        self.sizes = sizes
        self.table_at_end = table
        """The table with which the page before ended; after `blocks` the one of this page."""

    def blocks(self) -> Iterator[Block]:
        fragments = self.page.fragments
        at = 0
        text: list[Line] = []
        carried, self.table_at_end = self.table_at_end, None
        while at < len(fragments):
            table = self.table(at, carried if at == 0 else None)
            if table is None:
                line, at = self.line(at)
                text.append(line)
                self.table_at_end = None
                continue
            yield from self.text_blocks(text)
            text = []
            yield from table.blocks(self.page.number)
            self.table_at_end = table
            at = table.end
        yield from self.text_blocks(text)

    def table(self, at: int, carried: Table | None) -> Table | None:
        fragments, rules = self.page.fragments, self.page.rules
        if carried is not None and is_row_of(carried, fragments[at:]):
            rest = carried.carried_on(fragments, rules)
            if rest.end:  # a heading above another table may look like a row
                return rest
        return find_table(fragments, at, rules=rules, heading_size=self.body * 1.08)

    def line(self, at: int) -> tuple[Line, int]:
        first = self.page.fragments[at]
        parts = [first]
        at += 1
        while at < len(self.page.fragments):
            following = self.page.fragments[at]
            if abs(following.y - first.y) > 0.3 * first.size or following.x < parts[-1].x:
                break
            parts.append(following)
            at += 1
        text = " ".join(part.text for part in parts).replace("\u00ad", "")
        bold = all(part.bold for part in parts)
        return Line(text, first.x, first.y, max(part.size for part in parts), bold), at

    def text_blocks(self, lines: list[Line]) -> Iterator[Block]:
        pitch = _pitch(lines)
        group: list[Line] = []
        for line in lines:
            if group and self.begins_block(group[-1], line, pitch):
                yield self.block(group)
                group = []
            group.append(line)
        if group:
            yield self.block(group)

    def begins_block(self, before: Line, line: Line, pitch: float) -> bool:
        level, level_before = self.level(line), self.level(before)
        gap = before.y - line.y
        if level or level_before:
            return level != level_before or gap > 1.6 * line.size or gap < 0
        starts = _STEP.match(line.text) or _BULLET.match(line.text) or is_warning(line.text)
        return bool(starts) or gap > pitch * 1.3 or gap < -line.size

    def level(self, line: Line) -> int:
        """Heading level of a line, 0 for text."""
        if len(line.text) > 150:
            return 0
        sentence = line.text.endswith((".", ",", ";"))
        if line.size in self.sizes and not sentence:
            return self.sizes.index(line.size) + 1
        listed = _STEP.match(line.text) or _BULLET.match(line.text) or is_warning(line.text)
        if (
            line.bold
            and len(line.text) < 80
            and not (listed or sentence)
            and line.size >= self.body
        ):
            return len(self.sizes) + 1
        return 0

    def block(self, lines: list[Line]) -> Block:
        text, page = _join(lines), self.page.number
        if level := self.level(lines[0]):
            return Block(BlockKind.HEADING, text, page, level=level)
        if is_warning(text):
            return Block(BlockKind.WARNING, text, page)
        if step := _STEP.match(text):
            return Block(BlockKind.STEP, step.group(2), page, number=int(step.group(1)))
        if bullet := _BULLET.match(text):
            kind = BlockKind.WARNING if is_warning(bullet.group(1)) else BlockKind.BULLET
            return Block(kind, bullet.group(1), page)
        return Block(BlockKind.PARAGRAPH, text, page)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from line to line."""
    gaps = [a.y - b.y for a, b in pairwise(lines) if 0 < a.y - b.y < 3 * a.size]
    return median(gaps) if gaps else 1000.0


def _join(lines: Sequence[Line]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        broken = text.endswith("-") and line.text[:1].islower()
        text = f"{text}{line.text}" if broken else f"{text} {line.text}"
    return text
