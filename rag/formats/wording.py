"""What a line of text is by its own words: a step, a bullet, a warning or running text."""

from __future__ import annotations

import re

from rag.document import Block, BlockKind, Box

STEP = re.compile(r"^(\d{1,3})[.)]\s+(\S.*)$", re.DOTALL)
BULLET = re.compile(r"^[-*\u2013\u2022\u25cf\u2023\u25aa\u00b7]\s*(\S.*)$", re.DOTALL)
_WARNING = re.compile(
    r"^[\W_]{0,6}(?:warning|danger|caution|notice|attention|achtung|warnung|gefahr|vorsicht)\b",
    re.IGNORECASE,
)


def is_warning(text: str) -> bool:
    """Whether a paragraph announces itself as a warning."""
    return _WARNING.match(text) is not None


def text_block(text: str, page: int = 1, boxes: tuple[Box, ...] = ()) -> Block:
    """A paragraph as the block that its first words make it."""
    if is_warning(text):
        return Block(BlockKind.WARNING, text, page, boxes=boxes)
    if step := STEP.match(text):
        number = int(step.group(1))
        return Block(BlockKind.STEP, step.group(2), page, number=number, boxes=boxes)
    if bullet := BULLET.match(text):
        kind = BlockKind.WARNING if is_warning(bullet.group(1)) else BlockKind.BULLET
        return Block(kind, bullet.group(1), page, boxes=boxes)
    return Block(BlockKind.PARAGRAPH, text, page, boxes=boxes)
