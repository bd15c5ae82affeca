"""A Word document to blocks: styles, lists and tables as Word shows them; macros stay shut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rag.document import Block, BlockKind
from rag.formats.archive import check_archive
from rag.formats.parsed import Job, Parsed
from rag.formats.word_styles import Lists, Styles
from rag.formats.word_table import table_blocks
from rag.formats.word_text import Pages, Text, W, paragraph_text
from rag.formats.wording import text_block

_MAIN = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
_MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
_SKIPPED = frozenset({f"{W}del", f"{W}moveFrom", f"{W}sectPr"})
_BOLD_HEADING = 9
"""Level of a bold line in a document without styles for headings."""


def read(job: Job) -> Parsed:
    """Blocks; pages are those on which Word last laid them out, where the file says so."""
    check_archive(job.path, _MAIN, "a Word document", job.meter)
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    PartFactory.part_type_for[_MACRO] = DocumentPart
    part = Package.open(str(job.path)).main_document_part
    reader = _Reader(part)
    blocks = []
    for block in reader.blocks(part.element.body):
        job.meter.counted()
        blocks.append(block)
    return Parsed(_with_headings(blocks, reader.bold), properties=_properties(part))


class _Reader:
    """Walks over the body once."""

    def __init__(self, part: Any) -> None:
        self._styles = Styles(part)
        self._lists = Lists(part)
        self._pages = Pages(part.element.body)
        self._last: Block | None = None
        self.bold: set[int] = set()
        """Which of its paragraphs are bold as a whole, by their place among the blocks."""
        self._count = 0

    def blocks(self, body: Any) -> Iterator[Block]:
        """Headings, paragraphs, steps, warnings and rows; a step with all that belongs to it."""
        for element in _content(body):
            table = element.tag == f"{W}tbl"
            for block in self._table(element) if table else self._paragraphs(element):
                if self._belongs(block, element):
                    self._last = _joined(self._last, block) if self._last else block
                    continue
                if self._last is not None:
                    yield self._last
                self._last = block
                self._count += 1
        if self._last is not None:
            yield self._last

    def _table(self, element: Any) -> Iterator[Block]:
        return table_blocks(element, self._pages)

    def _paragraphs(self, element: Any) -> Iterator[Block]:
        for text in paragraph_text(element, self._pages):
            block = self._block(element, text)
            if block is not None:
                if text.bold:
                    self.bold.add(self._count)
                yield replace(block, last_page=text.last_page if text.last_page > text.page else 0)

    def _block(self, element: Any, text: Text) -> Block | None:
        properties = element.find(f"{W}pPr")
        level = 0 if text.boxed else self._styles.heading(properties)
        item = None if text.boxed or level else self._lists.item(properties, self._styles)
        if not text.words:
            return None
        if level:
            return Block(BlockKind.HEADING, text.words, text.page, level=level)
        if item is None:
            return text_block(text.words, text.page)
        inner = text_block(text.words, text.page)
        if inner.kind is BlockKind.WARNING and not item.number:
            return inner
        kind = BlockKind.STEP if item.number else BlockKind.BULLET
        return Block(kind, text.words, text.page, level=item.depth, number=item.number)

    def _belongs(self, block: Block, element: Any) -> bool:
        """Whether it is a part of the step before: an item within it, or more of its words."""
        last = self._last
        if last is None or last.kind is not BlockKind.STEP:
            return False
        if block.kind in (BlockKind.STEP, BlockKind.BULLET):
            return block.level > last.level
        indented = self._styles.continues(element.find(f"{W}pPr"))
        return block.kind is BlockKind.PARAGRAPH and indented


def _content(body: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those in content controls and tracked insertions too."""
    waiting = [iter(body)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
        elif element.tag in (f"{W}p", f"{W}tbl"):
            yield element
        elif isinstance(element.tag, str) and element.tag not in _SKIPPED:
            waiting.append(iter(element))


def _joined(step: Block, part: Block) -> Block:
    mark = f"{part.number}) " if part.number else "- " if part.kind is BlockKind.BULLET else ""
    last_page = max(part.last_page, part.page)
    return replace(
        step,
        text=f"{step.text} {mark}{part.text}",
        last_page=last_page if last_page > step.page else 0,
    )


def _with_headings(blocks: list[Block], bold: set[int]) -> list[Block]:
    """Where no style marks a heading, short bold lines are the headings."""
    if any(block.kind is BlockKind.HEADING for block in blocks):
        return blocks
    return [
        replace(block, kind=BlockKind.HEADING, level=_BOLD_HEADING)
        if place in bold and _may_head(block)
        else block
        for place, block in enumerate(blocks)
    ]


def _may_head(block: Block) -> bool:
    sentence = block.text.endswith((".", ",", ";", ":"))
    return block.kind is BlockKind.PARAGRAPH and len(block.text) < 80 and not sentence


def _properties(part: Any) -> dict[str, str]:
    given = part.core_properties
    found = {
        "title": given.title,
        "language": given.language,
        "id": given.identifier,
        "revision": given.version,
    }
    return {name: value for name, value in found.items() if value}
