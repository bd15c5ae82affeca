"""The words of a note, and which of them the trade's word lists know."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEXICON = Path(__file__).with_name("lexicon.toml")
LONGEST_TERM = 3
"""Words of the longest entry of the lists."""
SHORTEST_ENDING = 5
"""Letters of the shortest word that counts at the end of a longer one."""
_WORD = re.compile(r"\d+(?:[.,:/-]\d+)*|\w+(?:[-'\u2019/.]\w+)*", re.UNICODE)
_BREAK = re.compile(r"[,;:.!?()\n\u2013]|\s-\s|\b(?:and|und|but|aber|then|dann)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Words that stand in a note, letter by letter."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """Words of a note that a list knows."""

    concept: str
    first: int
    """Number of its first word."""
    last: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The lists, by category: a term in lower case to its concept."""

    terms: Mapping[str, Mapping[str, str]]
    abbreviations: Mapping[str, Mapping[str, str]]
    function_words: Mapping[str, frozenset[str]]

    def knows(self, category: str, words: str) -> str:
        """The concept of these words in that category; empty when it has none."""
        return self.terms[category].get(words.lower(), "")

    def ending(self, category: str, word: str) -> str:
        """The concept of the longest known word at the end of a longer one; empty when none."""
        lower = word.lower()
        for cut in range(1, len(lower) - SHORTEST_ENDING + 1):
            found = self.terms[category].get(lower[cut:], "")
            if found:
                return found
        return ""


@cache
def lexicon() -> Lexicon:
    """The lists as they are shipped."""
    with LEXICON.open("rb") as file:
        found = tomllib.load(file)
    abbreviations, functions = found.pop("abbreviations"), found.pop("function_words")
    return Lexicon(
        terms={name: _by_word(entries) for name, entries in found.items()},
        abbreviations=abbreviations,
        function_words={name: frozenset(words) for name, words in functions.items()},
    )


def _by_word(entries: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {word: concept for concept, words in entries.items() for word in words}


def words_of(note: str) -> tuple[Span, ...]:
    """Its words in order; a number with its separators is one, a word with its hyphens too."""
    return tuple(Span(found[0], *found.span()) for found in _WORD.finditer(note))


def terms_in(note: str, words: Sequence[Span], category: str) -> Iterator[Term]:
    """What the list of that category knows, the longest first where several begin at a word."""
    known, number = lexicon(), 0
    while number < len(words):
        term = _term_at(note, words, number, category=category, known=known)
        if term is not None:
            yield term
        number = term.last + 1 if term else number + 1


def _term_at(
    note: str, words: Sequence[Span], first: int, *, category: str, known: Lexicon
) -> Term | None:
    for last in range(min(first + LONGEST_TERM, len(words)) - 1, first - 1, -1):
        text = " ".join(note[words[first].start : words[last].end].split())
        if concept := known.knows(category, text):
            return Term(concept, first, last)
    if category == "parts" and (concept := known.ending(category, words[first].text)):
        return Term(concept, first, first)
    return None


def clause_of(note: str, words: Sequence[Span]) -> tuple[int, ...]:
    """For each word the number of the clause that it stands in."""
    breaks = [found.start() for found in _BREAK.finditer(note)]
    inside = {place for word in words for place in range(word.start + 1, word.end)}
    real = [place for place in breaks if place not in inside]
    return tuple(sum(place <= word.start for place in real) for word in words)


def concepts(note: str, category: str) -> frozenset[str]:
    """Every concept of that category that the text speaks of."""
    return frozenset(term.concept for term in terms_in(note, words_of(note), category))


def in_full(text: str) -> str:
    """The text with every abbreviation that the lists know spelt out."""
    full: dict[str, str] = {}
    for found in lexicon().abbreviations.values():
        full = {**found, **full}
    return _WORD.sub(lambda word: full.get(word[0].lower(), word[0]), text)


def span_of(note: str, words: Sequence[Span], numbers: Iterable[int]) -> Span:
    """The text from the first to the last of these words."""
    chosen = sorted(numbers)
    start, end = words[chosen[0]].start, words[chosen[-1]].end
    return Span(note[start:end], start, end)
