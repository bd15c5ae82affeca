"""Bookmarks of a PDF as headings, where its pages show none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.document import Block, BlockKind

_NEAR = 0.01
"""Share of the page by which a bookmark may point too low."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline."""

    title: str
    page: int
    level: int
    """1 for the highest."""
    top: float = 0.0
    """Where it points, in shares of the page from its upper edge."""


def with_bookmarks(blocks: Sequence[Block], bookmarks: Sequence[Bookmark]) -> list[Block]:
    """The blocks with each bookmark as a heading, when none of them is one yet.

    A paragraph that says what a bookmark says becomes the heading; otherwise it stands above what
    it points at.
    """
    if not bookmarks or any(block.kind is BlockKind.HEADING for block in blocks):
        return list(blocks)
    waiting: dict[int, list[Bookmark]] = {}
    for bookmark in bookmarks:
        waiting.setdefault(bookmark.page, []).append(bookmark)
    found: list[Block] = []
    for page, group in _by_page(blocks):
        found.extend(_headed(group, waiting.pop(page, [])))
    return found


def _by_page(blocks: Sequence[Block]) -> list[tuple[int, list[Block]]]:
    groups: list[tuple[int, list[Block]]] = []
    for block in blocks:
        if not groups or groups[-1][0] != block.page:
            groups.append((block.page, []))
        groups[-1][1].append(block)
    return groups


def _headed(blocks: list[Block], bookmarks: Sequence[Bookmark]) -> list[Block]:
    at = 0
    for bookmark in bookmarks:
        place = _place(blocks, bookmark.title, at)
        heading = Block(BlockKind.HEADING, bookmark.title, bookmark.page, level=bookmark.level)
        if place is not None:
            at = place
            blocks[at] = replace(heading, boxes=blocks[at].boxes)
        else:
            at = _below(blocks, bookmark.top, at)
            blocks.insert(at, heading)
        at += 1
    return blocks


def _below(blocks: Sequence[Block], top: float, start: int) -> int:
    """The first block that stands below that height."""
    rest = enumerate(blocks[start:], start=start)
    return next((i for i, block in rest if _top(block) > top - _NEAR), len(blocks))


def _top(block: Block) -> float:
    return block.boxes[0].top if block.boxes else -1.0


def _place(blocks: Sequence[Block], title: str, start: int) -> int | None:
    """Where a block says the same, with or without the number of its section."""
    wanted = _letters(title)
    for i, block in enumerate(blocks[start:], start=start):
        said = _letters(f"{block.number} {block.text}" if block.number else block.text)
        if said == wanted or said.lstrip("0123456789") == wanted:
            return i
    return None


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
