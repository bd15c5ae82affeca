"""Nodes of a web page as they begin and end, to blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.document import Block, BlockKind
from rag.formats.web_table import Grid
from rag.formats.wording import text_block

_BREAKING = frozenset(
    """address article aside blockquote body caption center dd details dialog div dl dt
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu ol
    p pre section summary table tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_LINE = "\v"
"""Stands for `<br>` among the words."""
_LISTS = ("ol", "ul", "menu")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_GUARDING = ("warning", "danger", "caution", "warnung", "gefahr", "vorsicht", "alert")
_PLAIN = frozenset({"label", "badge", "success", "info"})


@dataclass(slots=True)
class _List:
    """A list that is open, and the number of its item before."""

    numbered: bool
    number: int


@dataclass(slots=True)
class Walk:
    """The blocks so far, and what is open."""

    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    items: int = 0
    """List items around this place."""
    guards: list[Any] = field(default_factory=list)
    """Elements that are warnings by their class."""

    def enter(self, node: Any) -> Sequence[Block]:
        """A node begins; the blocks that this ends."""
        tag = node.tag
        if tag == "-text":
            self.words.append(node.text_content or "")
            return ()
        before = len(self.blocks)
        if tag == "br":
            self.words.append(_LINE)
        elif tag in _BREAKING:
            self.turn()
        if tag in _LISTS:
            self.lists.append(_List(tag == "ol", _number(node, "start", 1) - 1))
        elif tag == "li":
            self.begin_item(node)
        elif self.grids and tag in ("tr", "td", "th"):
            self.grids[0].enter(node) if len(self.grids) == 1 else self.words.append(" ")
        elif tag == "table" and not self.items:
            self.grids.append(Grid())
        if _is_guard(node):
            self.guards.append(node)
        return self.blocks[before:]

    def leave(self, node: Any) -> Sequence[Block]:
        """A node ends; the blocks that this ends."""
        tag, before = node.tag, len(self.blocks)
        if tag == "table" and self.grids and not self.items:
            self.end_table()
        elif tag in ("td", "th") and len(self.grids) == 1:
            self.grids[0].put(self.taken())
        elif tag == "li" and self.lists:
            self.end_item()
        elif tag in _LISTS and self.lists:
            self.lists.pop()
        elif tag in _HEADINGS and not self.items and not self.grids:
            self.put(Block(BlockKind.HEADING, self.taken(), level=_HEADINGS[tag]))
        elif tag in _BREAKING:
            self.turn()
        if self.guards and self.guards[-1] == node:
            self.guards.pop()
        return self.blocks[before:]

    def finished(self) -> list[Block]:
        """All blocks."""
        self.turn()
        return self.blocks

    def turn(self) -> None:
        """A paragraph is over, unless it is part of an item or a cell."""
        if self.items or self.grids:
            self.words.append(" ")
            return
        for text in _lines("".join(self.words)):
            block = text_block(text)
            guards = bool(self.guards) and block.kind is BlockKind.PARAGRAPH
            self.put(replace(block, kind=BlockKind.WARNING) if guards else block)
        self.words.clear()

    def begin_item(self, node: Any) -> None:
        """An item of an item is a part of it."""
        if not self.lists:
            self.lists.append(_List(numbered=False, number=0))
        inner = self.lists[-1]
        inner.number = _number(node, "value", inner.number + 1)
        if self.items:
            self.words.append(f" {inner.number}) " if inner.numbered else " - ")
        self.items += 1

    def end_item(self) -> None:
        """The outermost item is a block."""
        self.items = max(0, self.items - 1)
        if self.items or self.grids:
            return
        text, within = self.taken(), self.lists[-1]
        if not within.numbered:
            block = text_block(text)
            kind = block.kind if block.kind is BlockKind.WARNING else BlockKind.BULLET
            self.put(Block(kind, text))
        else:
            self.put(Block(BlockKind.STEP, text, number=within.number))

    def end_table(self) -> None:
        """The outermost table is rows; one within a cell is words of the cell."""
        grid = self.grids.pop()
        if not self.grids:
            for block in grid.blocks():
                self.put(block)

    def taken(self) -> str:
        """The words since the last block."""
        text = " ".join("".join(self.words).split())
        self.words.clear()
        return text

    def put(self, block: Block) -> None:
        """Add a block that says something."""
        if block.text:
            self.blocks.append(block)


def _lines(words: str) -> Iterator[str]:
    """A paragraph; where a new line begins a step, a bullet or a warning, several."""
    text = ""
    for line in (" ".join(part.split()) for part in words.split(_LINE)):
        if text and line and text_block(line).kind is not BlockKind.PARAGRAPH:
            yield text
            text = ""
        text = f"{text} {line}".strip()
    yield text


def _number(node: Any, name: str, default: int) -> int:
    value = (node.attributes.get(name) or "").strip()
    return int(value) if value.isdecimal() and len(value) < 6 else default


def _is_guard(node: Any) -> bool:
    """Whether its class or role calls it a warning."""
    attributes = node.attributes
    if attributes.get("role") == "alert":
        return True
    names = (attributes.get("class") or "")[:500].lower().replace("_", "-").split()
    parts = {part for name in names for part in name.split("-")}
    return any(guard in parts for guard in _GUARDING) and not parts & _PLAIN
