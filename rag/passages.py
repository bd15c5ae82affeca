"""Blocks to passages: what is quoted together stays together, with the headings above it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.codetable import code_rows
from rag.document import Block, BlockKind, Document, Passage, PassageKind, section_name
from rag.identifiers import find_codes
from rag.rows import CodeRow

_NAMESPACE = uuid.UUID("6f0c1f0e-6a1c-4a58-9f5e-6f6b5a0e7d11")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\u00c0-\u00dd\"(])")
_STEPS_MAX = 3
"""How many times the usual length a run of steps may have before it is cut between two steps."""


_WARNING_SECTION = re.compile(
    r"\b(warnings?|safety|dangers?|cautions?|hazards?|warnung|sicherheit|gefahr)", re.IGNORECASE
)


def is_warning_section(heading: str) -> bool:
    """Whether everything below such a heading is a warning."""
    return _WARNING_SECTION.search(heading) is not None


READING = "passages-1"
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
    for ordinal, draft in enumerate(_Packer(words).drafts(blocks)):
        passages.append(_passage(document, ordinal, draft))
        if draft.kind is PassageKind.ROW:
            codes.extend(code_rows(draft.blocks[0], passages[-1].id))
    return passages, codes


def embedded_text(title: str, passage: Passage) -> str:
    """What is embedded and matched: the passage below its title and headings."""
    path = [part for part in (title, *passage.section) if part]
    heading = section_name(path[1:] if len(path) > 1 and path[1] == title else path)
    return f"{heading}\n{passage.text}"


@dataclass(slots=True)
class _Draft:
    """Blocks that will be one passage."""

    section: tuple[str, ...]
    kind: PassageKind
    blocks: list[Block] = field(default_factory=list)

    @property
    def words(self) -> int:
        return sum(len(block.text.split()) for block in self.blocks)


def _passage(document: Document, ordinal: int, draft: _Draft) -> Passage:
    text = _text(draft)
    name = f"{document.key}/{document.source_hash}/{ordinal}"
    return Passage(
        id=str(uuid.uuid5(_NAMESPACE, name)),
        document=document.id,
        revision=document.revision,
        ordinal=ordinal,
        page=draft.blocks[0].page,
        section=draft.section,
        kind=draft.kind,
        text=text,
        codes=find_codes(f"{section_name(draft.section[-1:])}\n{text}"),
        defines=_defines(draft),
    )


def _text(draft: _Draft) -> str:
    if draft.kind is PassageKind.TEXT and not any(_is_listed(b) for b in draft.blocks):
        return " ".join(block.text for block in draft.blocks)
    return "\n".join(_line(block) for block in draft.blocks)


def _is_listed(block: Block) -> bool:
    return block.kind in (BlockKind.BULLET, BlockKind.WARNING, BlockKind.STEP)


def _line(block: Block) -> str:
    if block.kind is BlockKind.STEP:
        return f"{block.number}. {block.text}"
    return f"- {block.text}" if block.kind is BlockKind.BULLET else block.text


def _defines(draft: _Draft) -> tuple[str, ...]:
    if draft.kind is PassageKind.ROW:
        rows = code_rows(draft.blocks[0], "")
        return tuple(spelling for row in rows for spelling in row.spellings)
    return find_codes(draft.section[-1]) if draft.section else ()


class _Packer:
    """Fills passages block by block."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.headings: list[tuple[int, str]] = []
        self.draft: _Draft | None = None

    def drafts(self, blocks: Sequence[Block]) -> Iterator[_Draft]:
        """Finished drafts in order."""
        for i, block in enumerate(blocks):
            if block.kind is BlockKind.HEADING:
                yield from self.flush()
                self.enter(block)
            elif block.kind is BlockKind.ROW:
                yield from self.flush()
                yield _Draft(self.section, PassageKind.ROW, [block])
            else:
                following = blocks[i + 1] if i + 1 < len(blocks) else None
                yield from self.take(block, following)
        yield from self.flush()

    @property
    def section(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)

    def enter(self, heading: Block) -> None:
        while self.headings and self.headings[-1][0] >= heading.level:
            self.headings.pop()
        self.headings.append((heading.level, heading.text))

    def flush(self) -> Iterator[_Draft]:
        if self.draft is not None:
            yield self.draft
        self.draft = None

    def take(self, block: Block, following: Block | None) -> Iterator[_Draft]:
        kind = self.kind_of(block, following)
        for part in self.parts(block):
            if self.draft is not None and not self.fits(part, kind):
                yield from self.flush()
            if self.draft is None:
                self.draft = _Draft(self.section, kind)
            self.draft.blocks.append(part)

    def kind_of(self, block: Block, following: Block | None) -> PassageKind:
        """A warning right before or between steps belongs to the steps that it guards."""
        if block.kind is BlockKind.STEP:
            return PassageKind.STEPS
        if block.kind is not BlockKind.WARNING:
            warns = bool(self.headings) and is_warning_section(self.headings[-1][1])
            return PassageKind.WARNING if warns else PassageKind.TEXT
        guards = following is not None and following.kind is BlockKind.STEP
        among = self.draft is not None and self.draft.kind is PassageKind.STEPS
        return PassageKind.STEPS if guards or among else PassageKind.WARNING

    def fits(self, part: Block, kind: PassageKind) -> bool:
        draft = self.draft
        if draft is None or draft.kind is not kind or part.page != draft.blocks[-1].page:
            return False
        if self.restarts(part):
            return False
        limit = self.words * (_STEPS_MAX if kind is not PassageKind.TEXT else 1)
        return draft.words + len(part.text.split()) <= limit

    def restarts(self, part: Block) -> bool:
        """Step 1 again: another procedure begins."""
        steps = [b.number for b in self.draft.blocks if b.number] if self.draft else []
        return part.kind is BlockKind.STEP and bool(steps) and part.number <= steps[-1]

    def parts(self, block: Block) -> Iterator[Block]:
        """Long running text cut at the ends of sentences; everything else whole."""
        if block.kind is not BlockKind.PARAGRAPH or len(block.text.split()) <= self.words:
            yield block
            return
        piece: list[str] = []
        for sentence in _sentences(block.text, self.words):
            if piece and sum(map(_count, piece)) + _count(sentence) > self.words:
                yield replace(block, text=" ".join(piece))
                piece = []
            piece.append(sentence)
        if piece:
            yield replace(block, text=" ".join(piece))


def _count(text: str) -> int:
    return len(text.split())


def _sentences(text: str, words: int) -> Iterator[str]:
    """Sentences; one without an end is cut after so many words."""
    for sentence in _SENTENCE.split(text):
        tokens = sentence.split()
        for start in range(0, len(tokens), words):
            yield " ".join(tokens[start : start + words])
