"""Blocks to drafts of passages: steps with their warnings and notes, rows, warnings, text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.document import Block, BlockKind, PassageKind
from rag.identifiers import spans

_STEPS_MAX = 3
"""How many times the usual length a run of steps may have before it is cut between two steps."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\u00c0-\u00dd\"(])")
_WARNING_SECTION = re.compile(
    r"\b(warnings?|safety|dangers?|cautions?|hazards?|warnung(?:en)?|warnhinweise?|"
    r"sicherheit(?:shinweise?)?|gefahr(?:en)?)\b",
    re.IGNORECASE,
)
_BEHIND_A_CODE = re.compile(r"[)\]]?\s*(?::|=|[-\u2013\u2014]\s)\s*\S")
_LEADING = 40
"""Signs of a paragraph in which the code that it explains must stand."""


def is_warning_section(heading: str) -> bool:
    """Whether everything below such a heading is a warning."""
    return _WARNING_SECTION.search(heading) is not None


def leading_codes(text: str) -> tuple[str, ...]:
    """The identifier with which a text begins in order to explain it: `E217: oil too hot`."""
    start = text[:_LEADING]
    for _, end, codes in sorted(span for span in spans(start) if not start[: span[0]].strip("([ ")):
        if _BEHIND_A_CODE.match(text, end):
            return codes
    return ()


@dataclass(slots=True)
class Draft:
    """Blocks that will be one passage."""

    section: tuple[str, ...]
    kind: PassageKind
    blocks: list[Block] = field(default_factory=list)

    @property
    def words(self) -> int:
        """How long it is."""
        return sum(_count(block.text) for block in self.blocks)

    @property
    def last_page(self) -> int:
        """The page on which it ends."""
        return max(_end(block) for block in self.blocks)

    @property
    def pages(self) -> set[int]:
        """The first and the last page."""
        return {self.blocks[0].page, self.last_page}


class Packer:
    """Cuts the blocks of one document."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._headings: list[tuple[int, str]] = []

    def drafts(self, blocks: Sequence[Block]) -> Iterator[Draft]:
        """Finished drafts in order."""
        stretch: list[Block] = []
        for block in blocks:
            if block.kind not in (BlockKind.HEADING, BlockKind.ROW):
                stretch.append(block)
                continue
            yield from self._stretch(stretch)
            stretch = []
            if block.kind is BlockKind.ROW:
                yield Draft(self._section, PassageKind.ROW, [block])
            else:
                self._enter(block)
        yield from self._stretch(stretch)

    @property
    def _section(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._headings)

    def _enter(self, heading: Block) -> None:
        while self._headings and self._headings[-1][0] >= heading.level:
            self._headings.pop()
        self._headings.append((heading.level, heading.text))

    def _stretch(self, blocks: Sequence[Block]) -> Iterator[Draft]:
        """What stands between two headings or rows."""
        steps = StepFinder(blocks, self._words)
        at = 0
        while at < len(blocks):
            units = list(steps.run(at))
            if units:
                yield from self._steps(units)
                at += sum(map(len, units))
                continue
            end = at + 1
            while end < len(blocks) and steps.guarded[end] is None:
                end += 1
            yield from self._text(blocks[at:end])
            at = end

    def _steps(self, units: Sequence[Sequence[Block]]) -> Iterator[Draft]:
        """Whole steps; cut between two of them at the turn of a page or where it gets too long."""
        draft: Draft | None = None
        for unit in units:
            added = Draft(self._section, PassageKind.STEPS, list(unit))
            if draft and (
                draft.pages | added.pages != {unit[0].page}
                or draft.words + added.words > self._words * _STEPS_MAX
            ):
                yield draft
                draft = None
            if draft:
                draft.blocks.extend(unit)
            draft = draft or added
        if draft:
            yield draft

    def _text(self, blocks: Sequence[Block]) -> Iterator[Draft]:
        draft: Draft | None = None
        for block in blocks:
            kind = self._kind(block)
            for part in self._parts(block):
                if draft and not self._fits(draft, part, kind):
                    yield draft
                    draft = None
                draft = draft or Draft(self._section, kind)
                draft.blocks.append(part)
        if draft:
            yield draft

    def _kind(self, block: Block) -> PassageKind:
        warns = bool(self._headings) and is_warning_section(self._headings[-1][1])
        warning = warns or block.kind is BlockKind.WARNING
        return PassageKind.WARNING if warning else PassageKind.TEXT

    def _fits(self, draft: Draft, part: Block, kind: PassageKind) -> bool:
        if draft.kind is not kind or draft.pages != {part.page}:
            return False
        if kind is PassageKind.TEXT and leading_codes(part.text):
            return False
        limit = self._words * (_STEPS_MAX if kind is PassageKind.WARNING else 1)
        return draft.words + _count(part.text) <= limit

    def _parts(self, block: Block) -> Iterator[Block]:
        """Long running text cut at the ends of sentences; everything else whole."""
        if block.kind is not BlockKind.PARAGRAPH or _count(block.text) <= self._words:
            yield block
            return
        piece: list[str] = []
        for sentence in _sentences(block.text, self._words):
            if piece and sum(map(_count, piece)) + _count(sentence) > self._words:
                yield replace(block, text=" ".join(piece))
                piece = []
            piece.append(sentence)
        if piece:
            yield replace(block, text=" ".join(piece))


class StepFinder:
    """Finds runs of steps: each step below its warnings and above its own notes."""

    def __init__(self, blocks: Sequence[Block], words: int) -> None:
        self._blocks = blocks
        self._words = words
        self.guarded: list[int | None] = [None] * (len(blocks) + 1)
        """Where the step stands that this block is or, as a warning, guards."""
        self._next: list[int | None] = [None] * (len(blocks) + 1)
        """Where the next step stands."""
        for at in range(len(blocks) - 1, -1, -1):
            is_step = blocks[at].kind is BlockKind.STEP
            guards = self.guarded[at + 1] if blocks[at].kind is BlockKind.WARNING else None
            self.guarded[at] = at if is_step else guards
            self._next[at] = at if is_step else self._next[at + 1]

    def run(self, at: int) -> Iterator[list[Block]]:
        """The steps that begin there, one list each; step 1 again begins another run."""
        last = 0
        while (step := self.guarded[at]) is not None and self._blocks[step].number > last:
            last = self._blocks[step].number
            end = self._behind_notes(step + 1, last)
            yield list(self._blocks[at:end])
            at = end

    def _behind_notes(self, at: int, number: int) -> int:
        """Behind what belongs to that step: bullets, and short notes as far as steps go on."""
        at = self._behind(at, BlockKind.BULLET)
        step = self._next[at]
        if step is None:  # a warning below the last step guards that one
            return self._behind(at, BlockKind.WARNING)
        end = step
        while end > at and self._blocks[end - 1].kind is BlockKind.WARNING:
            end -= 1
        notes = sum(_count(block.text) for block in self._blocks[at:end][: self._words])
        goes_on = self._blocks[step].number == number + 1
        return end if goes_on and notes <= self._words else at

    def _behind(self, at: int, kind: BlockKind) -> int:
        words = 0
        while at < len(self._blocks) and self._blocks[at].kind is kind:
            words += _count(self._blocks[at].text)
            if words > self._words * _STEPS_MAX:
                break
            at += 1
        return at


def _end(block: Block) -> int:
    return block.last_page or block.page


def _count(text: str) -> int:
    return len(text.split())


def _sentences(text: str, words: int) -> Iterator[str]:
    """Sentences; one without an end is cut after so many words."""
    for sentence in _SENTENCE.split(text):
        tokens = sentence.split()
        for start in range(0, len(tokens), words):
            yield " ".join(tokens[start : start + words])
