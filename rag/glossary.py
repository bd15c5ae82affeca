"""A question in German and documents in English, or the other way round: words of the trade."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import regex

from rag.terms import GERMAN_STOPWORDS, stem

_FILE = Path(__file__).with_name("glossary.toml")
_WORD = regex.compile(r"\p{L}+")
_SHORTEST, _LONGEST = 2, 40
"""Letters of the first part of a compound, and of a compound that is taken apart."""
_LINKS = ("", "s", "n", "en", "es", "e", "er")
_UMLAUT = regex.compile(r"[\u00e4\u00f6\u00fc\u00df]")

Groups = tuple[tuple[str, ...], ...]


class Glossary:
    """German words by their stems, and English ones back to German."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._english: dict[str, tuple[str, ...]] = {}
        self._german: dict[str, tuple[str, ...]] = {}
        for german, english in words.items():
            for word in german.split():
                self._english[stem(word)] = _joined(self._english, stem(word), english.split())
            for word in english.split():
                self._german[stem(word)] = _joined(self._german, stem(word), german.split())
        self._parts = lru_cache(maxsize=4096)(self._taken_apart)

    def english(self, word: str) -> Groups:
        """What a German word may be called in English, of a compound each part by itself."""
        return tuple(self._english[part] for part in self._parts(word.casefold()))

    def german(self, word: str) -> Groups:
        """What an English word may be called in German."""
        found = self._german.get(stem(word.casefold()))
        return (found,) if found else ()

    def is_german(self, question: str) -> bool:
        """Whether most words of a question are known German ones, and some are nothing else."""
        words = [word.casefold() for word in _WORD.findall(question)]
        known = [word for word in words if self._parts(word)]
        if 2 * len(known) < len(words):
            return False
        if any(_UMLAUT.search(word) or word in GERMAN_STOPWORDS for word in words):
            return True
        return sum(map(self._is_only_german, words)) >= min(2, len(words)) > 0

    def glossed(self, question: str) -> str:
        """A German question word by word in English; what is not known stays as it is."""

        def told(match: regex.Match[str]) -> str:
            return " ".join(group[0] for group in self.english(match.group())) or match.group()

        return _WORD.sub(told, question)

    def _is_only_german(self, word: str) -> bool:
        groups = self.english(word)
        return len(word) > 4 and bool(groups) and stem(word) not in map(stem, groups[0])

    def _taken_apart(self, word: str) -> tuple[str, ...]:
        """The stem of the word, or of the fewest known words that it is put together from."""
        if stem(word) in self._english:
            return (stem(word),)
        best: tuple[str, ...] = ()
        for at in range(_SHORTEST, len(word) - _SHORTEST) if len(word) <= _LONGEST else ():
            head, tail = self._head(word[:at]), self._parts(word[at:])
            if head and tail and (not best or len(tail) + 1 < len(best)):
                best = (head, *tail)
        return best

    def _head(self, written: str) -> str:
        """The known word that the first part of a compound is, less what links it to the next."""
        stems = (stem(written.removesuffix(link)) for link in _LINKS if written.endswith(link))
        return next((found for found in stems if found in self._english), "")


@lru_cache(maxsize=1)
def glossary() -> Glossary:
    """The one that is delivered."""
    return Glossary(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def _joined(words: dict[str, tuple[str, ...]], key: str, further: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*words.get(key, ()), *further)))
