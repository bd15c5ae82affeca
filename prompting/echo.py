"""Untrusted words that no sentence may repeat: a quote is shown by its slot alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

RUN = 4
"""So many words in a row are a repetition; a shorter quote counts as a whole."""
FEWEST = 2
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Echo:
    """The runs of words of all quotes of a request."""

    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, quotes: Iterable[str]) -> Echo:
        """From quotes as they came."""
        return cls(frozenset(run for quote in quotes for run in _runs(_words(quote), RUN)))

    def repeated(self, text: str) -> bool:
        """Whether a sentence repeats one of them."""
        if not self.runs:
            return False
        words = _words(text)
        lengths = range(FEWEST, RUN + 1)
        return any(
            tuple(words[at : at + n]) in self.runs for n in lengths for at in range(len(words))
        )


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _runs(words: list[str], length: int) -> Iterable[tuple[str, ...]]:
    if FEWEST <= len(words) <= length:
        yield tuple(words)
    for at in range(len(words) - length + 1):
        yield tuple(words[at : at + length])
