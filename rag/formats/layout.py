"""Fragments on the pages of a PDF to headings, paragraphs, steps, warnings and table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.document import Block, BlockKind, Box
from rag.formats.parsed import row_text
from rag.formats.ruled import Line, Ruled, filled, is_table, ruled_tables
from rag.formats.table import Fragment, Table, find_table, is_row_of
from rag.formats.wording import BULLET, STEP, is_warning, text_block

__all__ = ["Fragment", "Page", "layout_blocks"]

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?!-)")
_CUT = re.compile(r"([^\W\d_]{2,})-$")
_PART = re.compile(r"\w-$")
_FIRST = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(
    r"[-\u2013 ]*(?:(?:page|seite|sheet|blatt)\s*)?(?:\d{1,4}|[A-Z]{1,3}-\d{1,3}|[ivxl]{1,7})"
    r"(?:\s*(?:of|von|/)\s*\d{1,4})?[-\u2013 ]*",
    re.IGNORECASE,
)
_COUNTING = re.compile(r"\b\d{1,4}$")
_WORDS = 20_000
"""Pieces of text of a page up to which it is looked for ruled tables."""
_HEADED = 0.25
"""Share of all letters up to which a size may be that of headings."""
_SHORT = 500
"""Letters that a size may have in any document and still be that of headings."""
_SPACED = 1.8
"""Font sizes from line to line in text that is set wide."""
_OFTEN = 4
"""Pages on which a line near the edge stands at one height when it is a header or a footer."""
_SOFT = re.compile("\u00ad(?!$)")
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
    width: float = 595.0
    lines: tuple[Line, ...] = ()
    """Thin lines across and down."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """Fragments at one height, side by side."""

    text: str
    x: float
    y: float
    size: float
    bold: bool
    right: float = 0.0


def layout_blocks(
    given: Sequence[Page], finished: Callable[[], None] = lambda: None
) -> list[Block]:
    """The blocks of all pages in reading order.

    Args:
        finished: Called when a page was looked at.
    """
    pages = without_running_lines(given, finished)
    letters, words = sizes_of(pages), vocabulary(pages)
    body, sizes = body_size(letters), heading_sizes(letters)
    blocks: list[Block] = []
    table: Table | None = None
    for page in pages:
        finished()
        reader = _PageReader(page, body, sizes, table, words)
        for place, block in enumerate(reader.blocks()):
            turned = place == 0 and bool(blocks) and goes_on(blocks[-1], block)
            if turned:
                blocks[-1] = carried_over(blocks[-1], block, words)
            else:
                blocks.append(block)
        table = reader.table_at_end
    return blocks


def vocabulary(pages: Sequence[Page]) -> frozenset[str]:
    """Words as they stand within the lines, to know a word that was cut at the end of one."""
    return frozenset(
        word.casefold()
        for page in pages
        for fragment in page.fragments
        for word in _WORD.findall(fragment.text)
    )


def goes_on(last: Block, block: Block) -> bool:
    """Whether the turn of a page cut this text in two."""
    if (last.last_page or last.page) + 1 != block.page:
        return False
    if last.kind is BlockKind.ROW:
        same = block.kind is BlockKind.ROW and block.header == last.header
        return same and not block.cells[0] and len(block.cells) > 1
    if block.kind is not BlockKind.PARAGRAPH or last.kind is BlockKind.HEADING:
        return False
    if last.kind is BlockKind.PARAGRAPH:
        return block.text[:1].islower() and last.text[-1:] not in ".!?:;"
    return last.text[-1:] not in ".!?:;"


def carried_over(last: Block, block: Block, words: frozenset[str]) -> Block:
    """Both parts as one, on both pages."""
    joined = replace(last, last_page=block.page, boxes=(*last.boxes, *block.boxes))
    if last.kind is not BlockKind.ROW:
        return replace(joined, text=continued(last.text, block.text, words))
    cells = tuple(
        " ".join(part for part in both if part)
        for both in zip(last.cells, block.cells, strict=True)
    )
    return replace(joined, cells=cells, text=row_text(last.header, cells))


def continued(text: str, line: str, words: frozenset[str]) -> str:
    """Text and its next line; a word cut at the end of the line is whole again."""
    if text.endswith("\u00ad"):
        return f"{text[:-1]}{line}"
    begun, rest = _CUT.search(text), _FIRST.match(line)
    if begun is None or rest is None or not rest.group().islower():
        return f"{text}{line}" if _PART.search(text) else f"{text} {line}"  # such as SOP- and 01
    first, second = begun.group(1), rest.group()
    hyphened = f"{first}-{second}".casefold()
    both = {first.casefold(), second.casefold()} <= words
    whole = (first + second).casefold() in words
    if not whole and (hyphened in words or both):
        return f"{text}{line}"
    return f"{text[:-1]}{line}"


def sizes_of(pages: Sequence[Page]) -> Counter[float]:
    """How many letters are set in each font size."""
    letters: Counter[float] = Counter()
    for page in pages:
        for fragment in page.fragments:
            letters[fragment.size] += len(fragment.text)
    return letters


def body_size(letters: Counter[float]) -> float:
    """The font size in which most letters are set."""
    return letters.most_common(1)[0][0] if letters else 0.0


def heading_sizes(letters: Counter[float]) -> list[float]:
    """Sizes clearly above that of the body in which little is set, largest first."""
    body, rare = body_size(letters), max(_HEADED * letters.total(), _SHORT)
    return sorted((s for s, n in letters.items() if s > body * 1.08 and n < rare), reverse=True)


def without_running_lines(pages: Sequence[Page], finished: Callable[[], None]) -> list[Page]:
    """The pages without headers and footers.

    Those are lines near the edge that come back on other pages or count them, and page numbers.
    """
    seen: Counter[tuple[object, float]] = Counter()
    for page in pages:
        finished()
        edge = [fragment for fragment in page.fragments if _edge(page, fragment)]
        seen.update({key for fragment in edge for key in _running(page, fragment)})
    often = max(2, min(len(pages) // 2, _OFTEN))
    known = {key for key, times in seen.items() if times >= often}
    return [replace(page, fragments=tuple(_body(page, known))) for page in pages]


def _body(page: Page, known: Container[tuple[object, float]]) -> Iterator[Fragment]:
    edge = [fragment for fragment in page.fragments if _edge(page, fragment)]
    running = {
        round(fragment.y)
        for fragment in edge
        if any(key in known for key in _running(page, fragment)) or _is_number(page, fragment)
    }
    for fragment in page.fragments:
        if not (_edge(page, fragment) and round(fragment.y) in running):
            yield fragment


def _is_number(page: Page, fragment: Fragment) -> bool:
    """Whether it is the number of a page, alone on its line."""
    if not _NUMBER.fullmatch(fragment.text):
        return False
    level = [f for f in page.fragments if abs(f.y - fragment.y) < 0.5 * fragment.size]
    return len(level) == 1


def _running(page: Page, fragment: Fragment) -> Iterator[tuple[object, float]]:
    """By what such a line is known again: its words without numbers, or how it counts pages."""
    yield re.sub(r"\d+", "0", fragment.text), round(fragment.y)
    for number in _COUNTING.findall(fragment.text):
        yield int(number) - page.number, round(fragment.y)


def _edge(page: Page, fragment: Fragment) -> bool:
    return not page.height * _MARGIN < fragment.y < page.height * (1 - _MARGIN)


def _tables_together(page: Page) -> tuple[Page, dict[int, tuple[Ruled, int]]]:
    """The page with the words of each ruled table in one place, and where that begins and ends."""
    if len(page.fragments) > _WORDS:
        return page, {}
    found = []
    for ruled in ruled_tables(page.lines):
        inside = [f for f in page.fragments if ruled.holds(f)]
        if inside and is_table(ruled, inside):
            found.append((ruled, inside))
    taken: dict[int, int] = {}
    for number, (_, inside) in enumerate(found):
        taken.update((id(fragment), number) for fragment in inside)
    ordered: list[Fragment] = []
    places: dict[int, tuple[Ruled, int]] = {}
    done: set[int] = set()
    for fragment in page.fragments:
        table = taken.get(id(fragment))
        if table is None:
            ordered.append(fragment)
        elif table not in done:
            done.add(table)
            ruled, inside = found[table]
            mine = [each for each in inside if taken[id(each)] == table]
            places[len(ordered)] = (ruled, len(ordered) + len(mine))
            ordered.extend(mine)
    return replace(page, fragments=tuple(ordered)), places


class _PageReader:
    """Walks over the fragments of one page once."""

    def __init__(
        self,
        page: Page,
        body: float,
        sizes: Sequence[float],
        table: Table | None,
        words: frozenset[str],
    ) -> None:
        self.page, self.ruled = _tables_together(page)
        self.body = body
        self.sizes = sizes
        self.words = words
        self.table_at_end = table
        """The table with which the page before ended; after `blocks` the one of this page."""

    def blocks(self) -> Iterator[Block]:
        fragments = self.page.fragments
        at = 0
        text: list[TextLine] = []
        carried, self.table_at_end = self.table_at_end, None
        while at < len(fragments):
            table = self.table(at, carried)
            if table is None:
                line, at = self.line(at)
                text.append(line)
                carried = self.table_at_end = None
                continue
            yield from self.text_blocks(text)
            text = []
            for block, place in table.blocks(self.page.number):
                yield replace(block, boxes=(box_of(self.page, place),))
            self.table_at_end, carried = table, None
            at = table.end
        yield from self.text_blocks(text)

    def table(self, at: int, carried: Table | None) -> Table | None:
        fragments, rules = self.page.fragments, self.page.rules
        if at in self.ruled:
            ruled, end = self.ruled[at]
            return filled(ruled, fragments[at:end], end, carried)
        if carried is not None and is_row_of(carried, fragments[at:]):
            rest = carried.carried_on(fragments, rules)
            if rest.end:  # a heading above another table may look like a row
                return rest
        return find_table(fragments, at, rules=rules, heading_size=self.body * 1.08)

    def line(self, at: int) -> tuple[TextLine, int]:
        first = self.page.fragments[at]
        parts = [first]
        at += 1
        while at < len(self.page.fragments):
            following = self.page.fragments[at]
            if abs(following.y - first.y) > 0.3 * first.size or following.x < parts[-1].x:
                break
            parts.append(following)
            at += 1
        text = _SOFT.sub("", " ".join(part.text for part in parts))
        bold, right = all(part.bold for part in parts), max(part.right for part in parts)
        return TextLine(text, first.x, first.y, max(part.size for part in parts), bold, right), at

    def text_blocks(self, lines: list[TextLine]) -> Iterator[Block]:
        pitch = _pitch(lines)
        group: list[TextLine] = []
        for line in lines:
            if group and self.begins_block(group[-1], line, pitch):
                yield self.block(group)
                group = []
            group.append(line)
        if group:
            yield self.block(group)

    def begins_block(self, before: TextLine, line: TextLine, pitch: float) -> bool:
        level, level_before = self.level(line), self.level(before)
        gap = before.y - line.y
        if level or level_before:
            return level != level_before or gap > 1.6 * line.size or gap < 0
        starts = STEP.match(line.text) or BULLET.match(line.text) or is_warning(line.text)
        return bool(starts) or gap > pitch * 1.3 or gap < -line.size

    def level(self, line: TextLine) -> int:
        """Heading level of a line, 0 for text."""
        if len(line.text) > 150:
            return 0
        sentence = line.text.endswith((".", ",", ";"))
        if line.size in self.sizes and not sentence:
            return self.sizes.index(line.size) + 1
        listed = STEP.match(line.text) or BULLET.match(line.text) or is_warning(line.text)
        if (
            line.bold
            and len(line.text) < 80
            and not (listed or sentence)
            and line.size >= self.body
        ):
            return len(self.sizes) + 1
        return 0

    def block(self, lines: list[TextLine]) -> Block:
        text, page = self.joined(lines), self.page.number
        boxes = (box_of(self.page, lines),)
        if level := self.level(lines[0]):
            return Block(BlockKind.HEADING, text, page, level=level, boxes=boxes)
        return text_block(text, page, boxes)

    def joined(self, lines: Sequence[TextLine]) -> str:
        text = lines[0].text
        for line in lines[1:]:
            text = continued(text, line.text, self.words)
        return text


def box_of(page: Page, placed: Sequence[TextLine] | Sequence[Fragment]) -> Box:
    """What they cover, in shares of the page from its upper left corner."""
    left, right = min(each.x for each in placed), max(each.right for each in placed)
    top = max(each.y + 0.85 * each.size for each in placed)
    bottom = min(each.y - 0.25 * each.size for each in placed)
    width, height = max(page.width, 1.0), max(page.height, 1.0)
    shares = (left / width, 1 - top / height, right / width, 1 - bottom / height)
    return Box(page.number, *(round(min(max(share, 0.0), 1.0), 4) for share in shares))


def _pitch(lines: Sequence[TextLine]) -> float:
    """The usual distance from line to line."""
    gaps = [(a.y - b.y) / a.size for a, b in pairwise(lines) if 0 < a.y - b.y < 3 * a.size]
    sizes = [line.size for line in lines]
    return min(median(gaps), _SPACED) * median(sizes) if gaps else _SPACED * max(sizes, default=1)
