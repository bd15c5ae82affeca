"""A code table beside an input: which rows it names, and what these say that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.identifiers import code_spellings, find_codes
from rag.voting.read_text import named_in

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ANY_NUMBER = "0"
_MOST_ADDED = 3
"""Rows whose meaning is added to one input: a list of codes is no description of one."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A code and what it means, and the label that it stands for if it says."""

    code: str
    meaning: str
    label: str = ""

    @property
    def text(self) -> str:
        """As it is searched for."""
        return f"{self.code}: {self.meaning}" if self.code else self.meaning


class CodeTable:
    """The rows by any spelling of their code."""

    def __init__(self, rows: Sequence[TableRow]) -> None:
        self.rows = tuple(rows)
        self._by_code: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            for spelling in {*code_spellings(row.code), *find_codes(row.code)}:
                self._by_code.setdefault(spelling, []).append(number)

    def identifiers(self, text: str) -> frozenset[str]:
        """What a text names: identifiers by their form, and numbers that the table knows."""
        named = named_in(text)
        listed = (number for number in named.numbers if number in self._by_code)
        return named.codes.union(listed)

    def named(self, text: str) -> list[int]:
        """The rows whose code stands in a text, in the order of the table."""
        codes = self.identifiers(text)
        return sorted({row for code in codes for row in self._by_code.get(code, ())})

    def expanded(self, text: str) -> str:
        """The text with what its codes mean, where it does not say so itself.

        A number that is part of no identifier is the same number everywhere: a fault is not called
        otherwise for the value that was read.
        """
        return "\n".join([self._without_values(text), *dict.fromkeys(self._added(text))])

    def _without_values(self, text: str) -> str:
        kept = named_in(text).places

        def shown(found: re.Match[str]) -> str:
            within = any(start < found.end() and found.start() < end for start, end in kept)
            return found.group() if within or found.group() in self._by_code else _ANY_NUMBER

        return _NUMBER.sub(shown, text)

    def _added(self, text: str) -> Iterator[str]:
        folded = text.casefold()
        named = (self.rows[number] for number in self.named(text)[:_MOST_ADDED])
        yield from (row.meaning for row in named if row.meaning.casefold() not in folded)
