"""The words that the check of a sentence knows, each with what it claims; any other word fails."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from prompting.phrases import PHRASES

WORD = re.compile(r"[^\W\d_]+")
SLOT = re.compile(r"\{[^{}]*\}")
FOLDER = Path(__file__).parent / "words"
PLAIN = "plain"
FINAL = "final "
INHERITED = frozenset({"up", "down", "back", "cause"})
FREE = frozenset(
    {"plain way", "plain number", "idle", "up to", "final over", "kind silent", "kind out"}
    | {"kind oscillation"}
)
"""Phrases with words of direction that claim none."""
MOST_PARTS = 4
SHORTEST_PART = 3
LINKS = ("", "s", "n", "en", "es")
"""Between the parts of a German compound."""

Tags = frozenset[str]
_NONE: Tags = frozenset()


@dataclass(frozen=True, slots=True)
class Cues:
    """The lexicon of one language: phrases of one to five words, and what each claims."""

    language: str
    phrases: Mapping[tuple[str, ...], Tags]
    longest: Mapping[str, int]
    """Most words of a phrase that begins with this word."""

    def at(self, words: Sequence[str], first: int, *, closed: bool = True) -> tuple[int, Tags]:
        """How many words the longest phrase here takes, and what it claims; 0: none is known.

        Args:
            words: in a row.
            first: where to look.
            closed: whether a mark or the end of the sentence stands behind the words.
        """
        most = min(self.longest.get(words[first], 0), len(words) - first)
        for length in range(most, 0, -1):
            tags = self.phrases.get(tuple(words[first : first + length]))
            if tags is None:
                continue
            ends = self._ends(words, first + length, closed=closed)
            last = frozenset(tag.removeprefix(FINAL) for tag in tags if tag.startswith(FINAL))
            rest = frozenset(tag for tag in tags if not tag.startswith(FINAL))
            if rest or ends:
                return length, rest | last if ends else rest
        return 0, _NONE

    def _ends(self, words: Sequence[str], at: int, *, closed: bool) -> bool:
        if at == len(words):
            return closed
        return "clause" in self.phrases.get((words[at],), _NONE)

    def knows(self, word: str) -> bool:
        """Whether the word alone stands in the lexicon."""
        return (word,) in self.phrases


@cache
def cues(language: str) -> Cues:
    """The lexicon of a language, with the words of our own phrases."""
    raw = _read(f"{language}.yaml")
    endings = raw.pop("endings")
    found: dict[tuple[str, ...], set[str]] = {}
    for tag, entries in raw.items():
        for entry in entries.split(","):
            for phrase in _forms(entry.split(), endings):
                found.setdefault(phrase, set()).add(tag)
    for key, sentence in PHRASES[language].items():
        words = tuple(WORD.findall(SLOT.sub(" ", sentence.lower())))
        if key.startswith("state."):
            found[words] = {"kind out"}
        for word in words:
            found.setdefault((word,), {PLAIN})
    _inherit(found)
    longest: dict[str, int] = {}
    for phrase in found:
        longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
    return Cues(language, {phrase: frozenset(tags) for phrase, tags in found.items()}, longest)


def _inherit(found: Mapping[tuple[str, ...], set[str]]) -> None:
    """A phrase claims what its words do, unless it says that it does not."""
    for phrase, tags in found.items():
        if len(phrase) > 1 and not tags & FREE:
            tags.update(*(found.get((word,), set()) & INHERITED for word in phrase))


def _read(name: str) -> dict[str, Any]:
    found = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return {str(key): value for key, value in found.items()}


def _forms(words: Sequence[str], endings: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """`bottom~ out` in all its forms."""
    options = [
        [word[:-1] + ending for ending in endings] if word.endswith("~") else [word]
        for word in words
    ]
    yield from product(*options) if options else ()


@cache
def _concepts() -> Mapping[str, str]:
    return {word: name for name, words in _read("names.yaml").items() for word in words.split()}


def concept(word: str) -> str:
    """What a word of a name is about, the same in both languages; the word itself if unknown."""
    known = _concepts()
    for form in (word, word.removesuffix("'s"), word.removesuffix("s")):
        if form in known:
            return known[form]
    return word


@cache
def parts(word: str, language: str) -> tuple[str, ...]:
    """A German compound such as `öltemperatur` in its parts; empty if it is none."""
    if language != "de" or len(word) < 2 * SHORTEST_PART or len(word) > 40:
        return ()
    known = cues(language)
    return _split(word, known, MOST_PARTS) or ()


def _split(word: str, known: Cues, most: int) -> tuple[str, ...] | None:
    if _is_part(word, known):
        return (word,)
    for length in range(len(word) - SHORTEST_PART, 1, -1):
        if most > 1 and _is_part(word[:length], known):
            for link in LINKS:
                rest = word[length:].removeprefix(link) if word[length:].startswith(link) else ""
                found = _split(rest, known, most - 1) if len(rest) >= SHORTEST_PART else None
                if found:
                    return (word[:length], *found)
    return None


def _is_part(word: str, known: Cues) -> bool:
    return word in _concepts() or (len(word) > SHORTEST_PART and known.knows(word))


def units_of(unit: str) -> Iterable[str]:
    """Every way to write a unit."""
    return _units().get(unit, ())


@cache
def _units() -> Mapping[str, tuple[str, ...]]:
    return {
        unit: tuple(dict.fromkeys((unit, *(way.strip() for way in ways.split(",")))))
        for unit, ways in _read("units.yaml").items()
    }


@cache
def known_units() -> tuple[tuple[str, str], ...]:
    """Every way to write any unit with the unit, the longest first."""
    ways = {(way, unit) for unit, ways in _units().items() for way in ways}
    return tuple(sorted(ways, key=lambda pair: (-len(pair[0]), pair)))
