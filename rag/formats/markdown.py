"""Markdown and plain text to blocks, line by line and in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.document import Block, BlockKind
from rag.formats.parsed import row_block, table_cells, table_header
from rag.formats.wording import is_warning

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_STEP = re.compile(r"^\s{0,3}(\d{1,3})[.)]\s+(\S.*)$")
_BULLET = re.compile(r"^\s{0,3}[-*+\u2022]\s+(\S.*)$")
_RULE = re.compile(r"^\s*([-*_=])(?:\s*\1){2,}\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?\s*$")
_CALLOUT = re.compile(r"^\[!(\w+)\]\s*")
_MARKS = re.compile(r"\*\*([^*]{1,500})\*\*|(?<!\w)__([^_]{1,500})__(?!\w)|`([^`]{1,500})`")
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}\)")


def plain(text: str) -> str:
    """A line without emphasis, code marks and link targets."""
    unmarked = _MARKS.sub(lambda mark: mark[1] or mark[2] or mark[3], text)
    return " ".join(_LINK.sub(r"\1", unmarked).split())


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a Markdown document; its page is always 1."""
    return list(_Lines(without_comments(text).splitlines()).blocks())


def without_comments(text: str) -> str:
    """The text without `<!-- ... -->`; a comment that never ends is text."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])


def text_blocks(text: str) -> list[Block]:
    """Plain text: the same rules, where a form feed turns the page."""
    blocks: list[Block] = []
    for page, part in enumerate(text.split("\f"), start=1):
        blocks.extend(
            Block(b.kind, b.text, page, b.level, b.number, b.header, b.cells)
            for b in _Lines(part.splitlines()).blocks()
        )
    return blocks


class _Lines:
    """Walks over the lines once."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.step = 0
        """Number of the step before, 0 after anything else."""

    def blocks(self) -> Iterator[Block]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() or _RULE.match(line):
                self.at += 1
            elif line.lstrip().startswith(("```", "~~~")):
                yield from self.fence()
            elif heading := _HEADING.match(line):
                self.at, self.step = self.at + 1, 0
                yield Block(BlockKind.HEADING, plain(heading.group(2)), level=len(heading.group(1)))
            elif self.starts_table():
                yield from self.table()
            else:
                yield from self.text_block(line)

    def text_block(self, line: str) -> Iterator[Block]:
        if line.lstrip().startswith(">"):
            yield from self.quote()
        elif step := _STEP.match(line):
            body = self.item(step.group(2))
            printed = int(step.group(1))
            self.step = self.step + 1 if printed == 1 else printed  # a list of ones counts on
            yield Block(BlockKind.STEP, body, number=self.step)
        elif bullet := _BULLET.match(line):
            body = self.item(bullet.group(1))
            yield Block(BlockKind.WARNING if is_warning(body) else BlockKind.BULLET, body)
        else:
            body = self.paragraph()
            yield Block(BlockKind.WARNING if is_warning(body) else BlockKind.PARAGRAPH, body)

    def fence(self) -> Iterator[Block]:
        mark = self.lines[self.at].lstrip()[:3]
        self.at += 1
        body: list[str] = []
        while self.at < len(self.lines) and not self.lines[self.at].lstrip().startswith(mark):
            body.append(self.lines[self.at])
            self.at += 1
        self.at += 1
        if any(line.strip() for line in body):
            yield Block(BlockKind.PARAGRAPH, " ".join(" ".join(body).split()))

    def starts_table(self) -> bool:
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return "|" in self.lines[self.at] and bool(_TABLE_RULE.match(following[:2000]))

    def table(self) -> Iterator[Block]:
        header = table_header(split_row(self.lines[self.at]))
        self.at += 2
        while self.at < len(self.lines) and "|" in self.lines[self.at]:
            cells = table_cells(split_row(self.lines[self.at]), header)
            self.at += 1
            if any(cells):
                yield row_block(header, cells)

    def quote(self) -> Iterator[Block]:
        body: list[str] = []
        while self.at < len(self.lines) and self.lines[self.at].lstrip().startswith(">"):
            body.append(self.lines[self.at].lstrip()[1:].strip())
            self.at += 1
        text = " ".join(body)
        callout = _CALLOUT.match(text)
        text = plain(f"{callout.group(1).title()}: {text[callout.end() :]}" if callout else text)
        if text:
            yield Block(BlockKind.WARNING if is_warning(text) else BlockKind.PARAGRAPH, text)

    def item(self, first: str) -> str:
        """A list item with everything indented below it, nested items included."""
        self.at += 1
        body = [first]
        while self.at < len(self.lines):
            line = self.lines[self.at]
            indented = line.startswith(("  ", "\t")) and line.strip()
            lazy = body[-1] != "" and line.strip() and not self.starts_block()
            following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
            gap = not line.strip() and following.startswith(("   ", "\t"))
            if not (indented or lazy or gap):
                break
            body.append(line.strip())
            self.at += 1
        return plain(" ".join(part for part in body if part))

    def paragraph(self) -> str:
        body = [self.lines[self.at].strip()]
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].strip() and not self.starts_block():
            body.append(self.lines[self.at].strip())
            self.at += 1
        return plain(" ".join(body))

    def starts_block(self) -> bool:
        line = self.lines[self.at]
        return bool(
            _HEADING.match(line)
            or _STEP.match(line)
            or _BULLET.match(line)
            or _RULE.match(line[:200])
            or line.lstrip().startswith((">", "```", "~~~"))
            or self.starts_table()
        )


def split_row(line: str) -> tuple[str, ...]:
    """The cells of a table line; `\\|` is a bar inside a cell."""
    bare = line.strip().replace("\\|", "\0").strip("|")
    return tuple(plain(cell.replace("\0", "|")) for cell in bare.split("|"))
