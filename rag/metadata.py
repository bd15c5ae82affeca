"""The metadata of a document: YAML front matter or a sidecar file, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from ingest.errors import DataFault
from rag.document import Document, DocumentKind, DocumentStatus

FRONT_MATTER_MAX = 16 * 1024
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,63}")
_REVISION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _-]|\.(?!\.)){0,31}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_MACHINE = re.compile(r"[^\s/\\*\"'<>]{1,64}")
_FENCE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_NOT_GIVEN = {
    *("source", "source_hash", "passages", "page_labels", "ocr_pages", "unread_pages"),
    *("added_at", "added_by", "withdrawn_at", "withdrawn_by", "withdrawn_reason"),
}
_KNOWN = frozenset({field.name for field in fields(Document)} - _NOT_GIVEN)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document was read from."""

    source: str
    source_hash: str


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse `*alias`."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken")
        return super().compose_node(parent, index)


def split_front_matter(text: str, *, source: str) -> tuple[str | None, str]:
    """The YAML between the `---` lines, or None, and the text below."""
    match = _FENCE.match(text[: FRONT_MATTER_MAX + 16])
    if match:
        return match.group(1), text[match.end() :]
    if re.match(r"\A\ufeff?---[ \t]*\r?\n", text):
        raise DataFault(
            f"{source}: the front matter has no closing line.", remedy="End it with ---."
        )
    return None, text


def document_of(
    fields: Mapping[str, Any], origin: Origin, proposals: Mapping[str, str]
) -> Document:
    """The document that the fields describe; what they leave open is taken from the proposals.

    Raises:
        DataFault: naming the source and every field that is wrong or missing.
    """
    name = Path(origin.source).name
    if not fields:
        raise DataFault(f"{name}: it has no metadata.", remedy=_where(name))
    problems = [f"unknown field {field!r:.40}" for field in fields if field not in _KNOWN]
    read = _Reader({**_sound(proposals), **fields}, problems)
    effective_from, effective_until = read.days()
    document = Document(
        id=read.pattern("id", _ID),
        title=read.text("title"),
        kind=DocumentKind(read.choice("kind", [kind.value for kind in DocumentKind], None)),
        machine_kinds=read.names("machine_kinds"),
        machines=read.names("machines"),
        revision=read.pattern("revision", _REVISION),
        effective_from=effective_from,
        effective_until=effective_until,
        status=DocumentStatus(
            read.choice("status", [status.value for status in DocumentStatus], "current")
        ),
        language=read.language("language"),
        readers=read.names("readers"),
        source=origin.source,
        source_hash=origin.source_hash,
    )
    if problems:
        remedy = _where(name) if any("missing" in each for each in problems) else ""
        raise DataFault(f"{name}: {'; '.join(problems)}.", remedy=remedy or "Correct its metadata.")
    return document


def given_fields(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a caller says of a document, without the fields that were left empty."""
    return {
        str(name): list(value) if isinstance(value, tuple) else value
        for name, value in (metadata or {}).items()
        if value not in (None, "", [], ())
    }


def sidecar_text(fields: Mapping[str, Any]) -> str:
    """Fields as the YAML of a sidecar; the same fields are always the same text."""
    plain = {
        name: str(value) if isinstance(value, StrEnum) else value for name, value in fields.items()
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=True)


def load_fields(yaml_text: str, source: str) -> dict[str, Any]:
    """Names and values that the YAML holds.

    Raises:
        DataFault: it is too long or no such YAML.
    """
    if len(yaml_text) > FRONT_MATTER_MAX:
        raise DataFault(f"{source}: the metadata is longer than {FRONT_MATTER_MAX} characters.")
    try:
        given = yaml.load(yaml_text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader, made stricter
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        line = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise DataFault(f"{source}: the metadata is not valid YAML: {line}.") from fault
    if not isinstance(given, dict):
        raise DataFault(f"{source}: the metadata is not a list of `name: value` lines.")
    return {str(name): value for name, value in given.items()}


def _where(name: str) -> str:
    front = name.lower().endswith((".md", ".markdown", ".txt", ".text"))
    return (
        f"Write {name}.yaml beside it with id, title, kind and revision"
        + (", or front matter into it" if front else "")
        + ", or give them along with it."
    )


def _sound(proposals: Mapping[str, str]) -> dict[str, str]:
    """Proposals that could stand as they are."""
    found = {}
    for name, value in proposals.items():
        line = " ".join(value.split())[:300]
        allowed = {"id": _ID, "revision": _REVISION, "language": _LANGUAGE}.get(name)
        if line and line.isprintable() and (allowed is None or allowed.fullmatch(line)):
            found[name] = line
    return found


class _Reader:
    """Reads fields one by one and notes what is wrong instead of stopping at the first."""

    def __init__(self, given: Mapping[str, Any], problems: list[str]) -> None:
        self.given = given
        self.problems = problems

    def text(self, name: str, default: str | None = None) -> str:
        value = self.given.get(name, default)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            line = " ".join(str(value).split())
            if line and len(line) <= 300 and line.isprintable():
                return line
        missing = value is None
        self.problems.append(f"{name} is missing" if missing else f"{name} is no short text")
        return ""

    def pattern(self, name: str, allowed: re.Pattern[str]) -> str:
        before = len(self.problems)
        value = self.text(name)
        if len(self.problems) == before and not allowed.fullmatch(value):
            self.problems.append(f"{name} {value!r:.60} may hold only letters, digits, - _ and .")
        return value

    def choice(self, name: str, choices: list[str], default: str | None) -> str:
        before = len(self.problems)
        value = self.text(name, default)
        if value in choices:
            return value
        if len(self.problems) == before:
            self.problems.append(f"{name} {value!r:.40} is none of {', '.join(choices)}")
        return choices[0]

    def language(self, name: str) -> str:
        """The language alone: `de` for `de-AT`."""
        value = self.text(name, "en")
        known = _LANGUAGE.fullmatch(value)
        if value and known is None:
            self.problems.append(f"{name} {value!r:.40} is no language such as en or de")
        return known.group(1).lower() if known else "en"

    def names(self, name: str) -> tuple[str, ...]:
        value = self.given.get(name)
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",")]
        items = [] if value is None else value
        if isinstance(items, list) and all(
            isinstance(item, str) and _MACHINE.fullmatch(item) and item.isprintable()
            for item in items
        ):
            return tuple(items)
        self.problems.append(f"{name} is no list of names")
        return ()

    def days(self) -> tuple[date | None, date | None]:
        """The first day on which it holds, and a later one on which it holds no longer."""
        begin, end = self.day("effective_from"), self.day("effective_until")
        if begin is not None and end is not None and end <= begin:
            self.problems.append(f"effective_until {end} is not after effective_from {begin}")
        return begin, end

    def day(self, name: str) -> date | None:
        value = self.given.get(name)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                self.problems.append(f"{name} is no date such as 2026-01-31")
                return None
        if isinstance(value, datetime):
            value = value.date()
        if value is None or isinstance(value, date):
            return value
        self.problems.append(f"{name} is no date such as 2026-01-31")
        return None
