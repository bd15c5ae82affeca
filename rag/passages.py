"""Blocks to passages: what is quoted together stays together, with the headings above it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from rag.codetable import code_rows
from rag.document import Block, BlockKind, Document, Passage, PassageKind, section_name
from rag.identifiers import find_codes
from rag.packing import Draft, Packer, is_warning_section, leading_codes
from rag.rows import CodeRow

__all__ = ["READING", "embedded_text", "is_warning_section", "make_passages"]

_NAMESPACE = uuid.UUID("6f0c1f0e-6a1c-4a58-9f5e-6f6b5a0e7d11")
READING = "passages-3"
"""Changes when the same document would be cut otherwise: it is then read again."""


def make_passages(
    document: Document, blocks: Sequence[Block], *, words: int = 120
) -> tuple[list[Passage], list[CodeRow]]:
    """The passages of a document in reading order, and the rows of its code tables.

    Args:
        words: Aim for the length of running text; steps and rows are never cut.
    """
    passages: list[Passage] = []
    codes: list[CodeRow] = []
    title = _title(blocks)
    for ordinal, draft in enumerate(Packer(words).drafts(blocks)):
        passages.append(_passage(document, ordinal, draft, title=title))
        if draft.kind is PassageKind.ROW:
            codes.extend(code_rows(draft.blocks[0], passages[-1].id))
    return passages, codes


def embedded_text(title: str, passage: Passage) -> str:
    """What is embedded and matched: the passage below its title and headings."""
    path = [part for part in (title, *passage.section) if part]
    heading = section_name(path[1:] if len(path) > 1 and path[1] == title else path)
    return f"{heading}\n{passage.text}"


def _passage(document: Document, ordinal: int, draft: Draft, *, title: str) -> Passage:
    text = _text(draft)
    name = f"{document.key}/{document.source_hash}/{ordinal}"
    page, end = draft.blocks[0].page, draft.last_page
    below = [heading for heading in draft.section[:-1] if heading != title]
    return Passage(
        id=str(uuid.uuid5(_NAMESPACE, name)),
        document=document.id,
        revision=document.revision,
        ordinal=ordinal,
        page=page,
        section=draft.section,
        kind=draft.kind,
        text=text,
        codes=find_codes("\n".join([*below, *draft.section[-1:], text])),
        defines=_defines(draft, title),
        last_page=end if end != page else 0,
        boxes=tuple(box for block in draft.blocks for box in block.boxes),
    )


def _title(blocks: Sequence[Block]) -> str:
    """The one heading of the highest level: it stands above everything and tells nothing apart."""
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    top = min((heading.level for heading in headings), default=0)
    titles = [heading.text for heading in headings if heading.level == top]
    return titles[0] if len(titles) == 1 else ""


def _text(draft: Draft) -> str:
    if draft.kind is PassageKind.TEXT and not any(_is_listed(b) for b in draft.blocks):
        return " ".join(block.text for block in draft.blocks)
    return "\n".join(_line(block) for block in draft.blocks)


def _is_listed(block: Block) -> bool:
    return block.kind in (BlockKind.BULLET, BlockKind.WARNING, BlockKind.STEP)


def _line(block: Block) -> str:
    if block.kind is BlockKind.STEP:
        return f"{block.number}. {block.text}"
    return f"- {block.text}" if block.kind is BlockKind.BULLET else block.text


def _defines(draft: Draft, title: str) -> tuple[str, ...]:
    """Identifiers that it is about: of its row, of its first words, of the nearest heading."""
    if draft.kind is PassageKind.ROW:
        rows = code_rows(draft.blocks[0], "")
        return tuple(spelling for row in rows for spelling in row.spellings)
    if draft.kind is PassageKind.TEXT and (leading := leading_codes(draft.blocks[0].text)):
        return leading
    below = [heading for heading in draft.section if heading != title]
    headings = below or draft.section
    return next((codes for heading in reversed(headings) if (codes := find_codes(heading))), ())
