"""Text to terms and to BM25 weights: identifiers stay whole, words are stemmed."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from rag.identifiers import spans

ANALYSIS = "porter-german-3"
"""Changes when the same text would give other terms: stored vectors are then made again."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_ENGLISH = """a an the and or but if of at by for with about to from in on is are was were be been
    being am do does did done have has had having i me my we our you your it its this that these
    those he she they them their what which who whom how when where why there here can could shall
    should will would may might must as than then so such too very into any some all i'm"""
_GERMAN = """der das dem den des ein eine einer einem einen und oder aber wenn als auch ist sind
    wird werden wurde habe haben kann muss soll darf ich du er sie es wir ihr mich mir uns sich mein
    wie wo wer wann warum welche welcher welches welchen im auf bei vom von zu zum zur mit aus
    durch nach sehr diese dieser dieses diesem diesen"""
GERMAN_STOPWORDS = frozenset(_GERMAN.split())
STOPWORDS = frozenset(_ENGLISH.split()) | GERMAN_STOPWORDS | {"hat", "man"}


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Weights by dimension, dimensions ascending."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def terms(text: str) -> list[str]:
    """Terms in no particular order, repeated as often as they occur; identifiers carry a `#`."""
    found: list[str] = []
    words: list[str] = []
    end_of_last = 0
    for start, end, codes in sorted(spans(text)):
        found.extend(f"#{code}" for code in codes)
        words.extend(_words(text[end_of_last:start]))
        words.extend(word for word in _words(text[start:end]) if len(word) > 2 and word.isalpha())
        end_of_last = max(end, end_of_last)
    words.extend(_words(text[end_of_last:]))
    found.extend(stem(word) for word in words if word not in STOPWORDS)
    return found


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return [word.removesuffix("'s") for word in _WORD.findall(folded)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a lower-case word, whether it is English or German."""
    if len(word) < 3 or not word.isalpha():
        return word
    # One for each word: a stemmer holds its word while it works, and threads share this function.
    english: str = snowballstemmer.stemmer("porter").stemWord(word) if word.isascii() else word
    found: str = snowballstemmer.stemmer("german").stemWord(english)
    return found


@lru_cache(maxsize=65536)
def dimension(term: str) -> int:
    """The sparse dimension of a term: 32 bits of its hash, the same in every process."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big")


def idf(passages: int, containing: int) -> float:
    """BM25's inverse document frequency, never negative."""
    return math.log(1.0 + (passages - containing + 0.5) / (containing + 0.5))


def document_vector(text: str, *, k1: float, b: float, average: float) -> SparseVector:
    """BM25 term weights of a passage without IDF, which the query brings along."""
    return counted_vector(Counter(terms(text)), k1=k1, b=b, average=average)


def counted_vector(counts: Counter[str], *, k1: float, b: float, average: float) -> SparseVector:
    """The same from how often each term occurs."""
    length = 1.0 - b + b * counts.total() / average
    return _vector((term, tf * (k1 + 1) / (tf + k1 * length)) for term, tf in counts.items())


def query_vector(idfs: Mapping[str, float]) -> SparseVector:
    """IDF weights of the terms of a question."""
    return _vector(idfs.items())


def _vector(weights: Iterable[tuple[str, float]]) -> SparseVector:
    by_dimension: dict[int, float] = {}
    for term, weight in weights:
        by_dimension[dimension(term)] = by_dimension.get(dimension(term), 0.0) + weight
    ordered = sorted(by_dimension.items())
    return SparseVector(tuple(i for i, _ in ordered), tuple(w for _, w in ordered))
