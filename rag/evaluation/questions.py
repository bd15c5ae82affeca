"""Questions of a plant with what answers them: one JSON object a line, checked as a whole."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.errors import DataFault
from rag.identifiers import code_spellings, find_codes

PARTS = ("tune", "report")
_LARGEST_MB = 50
_SHOWN = 20
"""Faults of a file that are told one by one."""
_REMEDY = (
    'A line is like {"question": "E217, what now?", "machine": "press-3", '
    '"expected": [{"document": "SOP-HP-01", "page": 2}]} or '
    '{"question": "...", "declined": true}.'
)


class Expected(BaseModel):
    """A place that answers a question; what is given must be true of the passage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(min_length=1, max_length=200)
    revision: str = ""
    page: int | None = Field(default=None, ge=1)
    section: str = ""
    """A heading above it."""
    code: str = ""
    """An identifier that stands in it."""
    quote: str = ""
    """Words that stand in it."""

    def is_met_by(self, place: Mapping[str, Any]) -> bool:
        """Whether a citation, with the fields of `Citation`, is this place."""
        first = int(place["page"])
        last = int(place.get("last_page") or first)
        return (
            place["document"] == self.document
            and self.revision in ("", place["revision"])
            and (self.page is None or first <= self.page <= last)
            and _folded(self.section) in _folded(str(place["section"]))
            and _holds_code(self.code, place)
            and _folded(self.quote) in _folded(str(place["quote"]))
        )


class Asked(BaseModel):
    """One question, and what is right: one of these places, or no answer at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = ""
    question: str = Field(min_length=1, max_length=2000)
    machine: str | None = None
    machine_kind: str | None = None
    language: str = ""
    kind: str = ""
    """A word to group by in the report."""
    part: Literal["", "tune", "report"] = ""
    expected: tuple[Expected, ...] = ()
    words: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """That stand in a right answer, all of them; for a comparison of ways to answer."""
    declined: bool = False
    """Whether the documents do not answer it."""
    source: str = ""
    """Where it comes from, such as the answer that a person judged."""
    note: str = ""

    @model_validator(mode="after")
    def _says_what_is_right(self) -> Self:
        if self.declined == bool(self.expected or self.words):
            raise ValueError(
                "either `expected` with a document or `words` of the answer, or `declined`: true"
            )
        return self

    def line(self) -> str:
        """As it stands in a file, with a newline."""
        return self.model_dump_json(exclude_defaults=True) + "\n"


def read_questions(path: Path, *, part: str = "") -> list[Asked]:
    """The questions of a file, of one part of it where one is named.

    Raises:
        DataFault: lines that are no questions, all of them with their number.
    """
    found: list[Asked] = []
    faults: list[str] = []
    for number, line in _lines(path):
        try:
            asked = Asked.model_validate_json(line)
        except (ValidationError, RecursionError) as fault:
            faults.append(f"{path}:{number}: {_reason(fault)}")
            continue
        found.append(asked if asked.id else asked.model_copy(update={"id": str(number)}))
    faults += _doubled(path, found)
    if faults:
        raise DataFault(_told(faults), remedy=_REMEDY)
    wanted = [asked for asked in found if part in ("", asked.part)]
    if not wanted:
        raise DataFault(f"{path}: there is no question in it{f' of part {part}' * bool(part)}.")
    return wanted


def everyday_questions() -> list[Asked]:
    """Questions about things of daily life that no plant has a manual for: to be declined."""
    text = Path(__file__).with_name("everyday.toml").read_text(encoding="utf-8")
    return [
        Asked(id=f"{device} {number}", question=question, kind="everyday", declined=True)
        for device, questions in tomllib.loads(text).items()
        for number, question in enumerate(questions, start=1)
    ]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        if path.stat().st_size > _LARGEST_MB * 1024 * 1024:
            raise DataFault(f"{path}: it is larger than {_LARGEST_MB} MB.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise DataFault(f"{path}: it cannot be read: {reason}.") from fault
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _reason(fault: ValidationError | RecursionError) -> str:
    if isinstance(fault, RecursionError):
        return "it is nested too deeply"
    told = fault.errors(include_url=False, include_input=False)
    places = (".".join(map(str, one["loc"])) or "the line" for one in told)
    words = (one["msg"].removeprefix("Value error, ") for one in told)
    return "; ".join(f"{place}: {word}" for place, word in zip(places, words, strict=True))


def _doubled(path: Path, found: Sequence[Asked]) -> list[str]:
    counts = Counter(asked.id for asked in found)
    return [f"{path}: the id {name} stands on {n} lines" for name, n in counts.items() if n > 1]


def _told(faults: Sequence[str]) -> str:
    more = len(faults) - _SHOWN
    rest = [f"... and {more} more."] if more > 0 else []
    return "\n".join([f"{len(faults)} fault(s):", *faults[:_SHOWN], *rest])


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _holds_code(code: str, place: Mapping[str, Any]) -> bool:
    if not code:
        return True
    there = {*find_codes(f"{place['section']}\n{place['quote']}")}
    return bool(there & {*code_spellings(code)}) or _folded(code) in _folded(str(place["quote"]))
