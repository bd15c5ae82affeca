"""What a passage claims of a thing in numbers, so that two documents can be held together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from rag.codetable import COLUMNS
from rag.document import Passage, PassageKind
from rag.identifiers import find_codes, normalise_code
from rag.quantities import quantities
from rag.sense import denies, directions
from rag.terms import terms

Measures = tuple[tuple[str, Decimal], ...]
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n")
_CELL = re.compile(r"\s+\|\s+")
_STEP = re.compile(r"^\d+[.)]\s+")
_UNIT_COLUMN = re.compile(r"^(?:unit|einheit)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """A thing and its numbers."""

    about: frozenset[str]
    """Terms that say which thing."""
    measures: Measures
    """In order, in units that can be compared."""
    words: str
    """As they stand in the passage."""
    figures: str
    """The numbers with their units, as they are written."""
    sense: frozenset[str] = frozenset()
    """What it denies, and which way it goes."""
    is_cell: bool = field(default=False, kw_only=True)
    """A cell of a table, where row and column say which thing."""


@dataclass(frozen=True, slots=True)
class CodeClaim:
    """What a row of a code table says of a code."""

    code: str
    meaning: str
    error_class: str
    referred: frozenset[str]
    """Documents and codes that the reaction names."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Everything that a passage claims."""

    numbers: tuple[Claim, ...] = ()
    codes: tuple[CodeClaim, ...] = field(default=())


@lru_cache(maxsize=20_000)
def claims_of(passage: Passage, language: str) -> Claims:
    """The claims of a passage; its id changes with its words, so they may be kept."""
    if passage.kind is PassageKind.ROW:
        return _of_row(passage.text, language)
    sentences = (_STEP.sub("", each) for each in _SENTENCE.split(passage.text))
    found = (_of_sentence(each, language) for each in sentences if any(s.isdigit() for s in each))
    return Claims(tuple(claim for claim in found if claim))


def _of_sentence(sentence: str, language: str) -> Claim | None:
    numbers = [one for one in quantities(sentence, language) if one.unit]
    if not numbers:
        return None
    bare = sentence
    for one in reversed(numbers):
        bare = f"{bare[: one.start]} {bare[one.end :]}"
    about = frozenset(term for term in terms(bare) if not term[0].isdigit())
    figures = ", ".join(sentence[one.start : one.end] for one in numbers)
    measures = tuple(one.measure for one in numbers)
    return Claim(about, measures, sentence.strip(), figures, _sense(sentence))


def _sense(words: str) -> frozenset[str]:
    return frozenset(directions(words) | ({"not"} if denies(words) else set()))


def _of_row(text: str, language: str) -> Claims:
    cells = [(name.strip(), value.strip()) for name, _, value in
             (cell.partition(":") for cell in _CELL.split(text))]  # fmt: skip
    if code := _code_claim(cells):
        return Claims(codes=(code,))
    unit = next((value for name, value in cells if _UNIT_COLUMN.match(name)), "")
    things = [cell for cell in cells if cell[1] and not any(s.isdigit() for s in cell[1])]
    things = [cell for cell in things if not _UNIT_COLUMN.match(cell[0])][:1]
    if not things:
        return Claims()
    of_row = terms(things[0][1])
    found = []
    for name, value in cells:
        numbers = quantities(f"{value} {unit}" if unit else value, language)
        if not numbers or find_codes(value):
            continue
        measures = tuple((unit or one.unit, one.measure[1]) for one in numbers)
        about = frozenset([*of_row, *(f"column:{term}" for term in terms(name))])
        words = f"{name}: {value} {unit}".strip()
        found.append(Claim(about, measures, words, words, _sense(value), is_cell=True))
    return Claims(tuple(found))


def _code_claim(cells: list[tuple[str, str]]) -> CodeClaim | None:
    by_role = {
        role: next((value for name, value in cells if _plain(name) in names), "")
        for role, names in COLUMNS.items()
    }
    if not by_role["code"] or not by_role["meaning"]:
        return None
    return CodeClaim(
        normalise_code(by_role["code"]),
        by_role["meaning"],
        by_role["error_class"].strip("`- \u2013\u2014"),
        frozenset(find_codes(by_role["reaction"])),
    )


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w ]", " ", name).split()).casefold()
