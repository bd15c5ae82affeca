"""What was read, as a person sees it: no marks that are not seen, and no data in place of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.document import Block
from rag.formats.parsed import Parsed
from rag.plain import plain

_ENDLESS = re.compile(r"\S{500,}")
_KEPT = 100
"""Letters that stay of what is longer than any word, such as data in base64."""
_PART = 50
"""Blocks after which the rest may cost as much again."""


def seen(parsed: Parsed, finished: Callable[[], None] = lambda: None) -> Parsed:
    """All blocks and labels so.

    Args:
        finished: Called from time to time.
    """
    blocks: list[Block] = []
    for number, block in enumerate(parsed.blocks):
        if number % _PART == 0:
            finished()
        blocks.append(_tidy(block))
    return replace(parsed, blocks=blocks, labels=_all(parsed.labels))


def _tidy(block: Block) -> Block:
    words = "\n".join((block.text, *block.header, *block.cells))
    usual = words.isascii() and words.replace("\n", "").isprintable()
    if usual and (len(words) < 500 or not _ENDLESS.search(words)):
        return block
    return replace(
        block, text=_shown(block.text), header=_all(block.header), cells=_all(block.cells)
    )


def _all(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(_shown(text) for text in texts)


def _shown(text: str) -> str:
    return _ENDLESS.sub(lambda word: f"{word.group()[:_KEPT]}\u2026", plain(text)).strip()
