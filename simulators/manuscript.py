"""The source of a PDF: front matter and a small subset of Markdown, read into blocks by page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import yaml

from ingest.errors import SettingsFault

PAGE_MARK = "<!-- page -->"
_STEP = re.compile(r"(\d+)\. (.+)")
_HEADING = re.compile(r"(#{1,3}) (.+)")
_MARKS = re.compile(r"\*\*|`")


@dataclass(frozen=True, slots=True)
class Heading:
    """A title (level 1) or the head of a section."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered step or a bullet; `mark` is `3.` or `-`."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning, from its signal word on."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Paragraph | Item | Warned | Grid


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A document before it is set."""

    id: str
    title: str
    revision: str
    effective_from: date
    metadata: str
    """The front matter as it stands: the sidecar of the PDF."""
    pages: tuple[tuple[Part, ...], ...]

    @property
    def dated(self) -> datetime:
        """The day it takes effect, at noon UTC: the PDF's creation date."""
        return datetime.combine(self.effective_from, time(12), tzinfo=UTC)


def read_manuscript(path: Path) -> Manuscript:
    """Read a source file.

    Raises:
        SettingsFault: it has no front matter, or lacks a field.
    """
    _, metadata, body = (*path.read_text(encoding="utf-8").split("---\n", 2), "", "")[:3]
    fields = yaml.safe_load(metadata) or {}
    missing = {"id", "title", "revision", "effective_from"} - set(fields)
    if missing:
        raise SettingsFault(f"{path}: the front matter lacks {', '.join(sorted(missing))}.")
    return Manuscript(
        id=fields["id"],
        title=fields["title"],
        revision=str(fields["revision"]),
        effective_from=fields["effective_from"],
        metadata=metadata,
        pages=tuple(tuple(_parts(page)) for page in body.split(PAGE_MARK)),
    )


def _parts(page: str) -> list[Part]:
    """Blocks are separated by empty lines; the items of a list stand one a line."""
    parts: list[Part] = []
    for block in re.split(r"\n\s*\n", page.strip()):
        lines = [_MARKS.sub("", line.strip()) for line in block.splitlines() if line.strip()]
        if lines:
            parts.extend(_block(lines))
    return parts


def _block(lines: list[str]) -> list[Part]:
    first = lines[0]
    if heading := _HEADING.fullmatch(first):
        return [Heading(len(heading[1]), heading[2])]
    if first.startswith("> "):
        return [Warned(" ".join(line.removeprefix("> ") for line in lines))]
    if first.startswith("|"):
        cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        return [Grid(cells[0], tuple(cells[2:]))]
    if first.startswith("- "):
        return [Item("-", line.removeprefix("- ")) for line in lines]
    if steps := [match for line in lines if (match := _STEP.fullmatch(line))]:
        return [Item(f"{step[1]}.", step[2]) for step in steps]
    return [Paragraph(" ".join(lines))]
