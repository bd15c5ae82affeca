"""A short text to a label by rule: the words of the labels' names and meanings, looked for in it.

No model and no labelled row: what a prompt says to a model is all that this goes by, too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from ingest.errors import DataFault
from prompting.tasks.answering import LONGEST_NOTE
from prompting.tasks.note_words import in_full, lexicon, terms_in, words_of

CATEGORIES = ("actions", "states", "parts")
"""Of the word lists whose entries mean the same in both languages."""
SHORTEST = 3
"""Letters of a word that counts."""
NAME_WEIGHT = 2.0
"""Of a word in a label's name, against one in its meaning."""
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_HUMP = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])|_+")


@dataclass(frozen=True, slots=True)
class Matched:
    """The label whose words stand in a text, or that none is given."""

    label: str | None
    """None where no word matches, or two labels match equally well."""
    share: float
    """Of all matches of the text those that speak for this label, 0 to 1."""
    words: tuple[str, ...]
    """Of the text, that matched; the weightiest first."""


class KeywordClassifier:
    """Knows the labels and nothing else; the same text always gives the same label."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        """With each label's meaning, or an empty text.

        Raises:
            DataFault: there are no labels.
        """
        if not labels:
            raise DataFault("There are no labels to choose from.")
        names = {name: frozenset(_keys(_HUMP.sub(" ", name))) for name in labels}
        meanings = {name: frozenset(_keys(words)) for name, words in labels.items()}
        counted = Counter(key for name in labels for key in names[name] | meanings[name])
        rarity = {key: math.log(len(labels) / count) for key, count in counted.items()}
        self._weights = {
            name: _weights(names[name], meanings[name], rarity=rarity) for name in labels
        }

    def classify(self, text: str) -> Matched:
        """The label of one text; an empty one has none."""
        keys = _keys(text[:LONGEST_NOTE])
        scores = {
            name: sum(weight for key, weight in weights.items() if key in keys)
            for name, weights in self._weights.items()
        }
        first, *rest = sorted(scores, key=lambda name: -scores[name])
        best, second = scores[first], max((scores[name] for name in rest), default=0.0)
        if best <= 0.0 or math.isclose(best, second):
            return Matched(None, 0.0, ())
        return Matched(first, best / sum(scores.values()), self._told(first, keys))

    def _told(self, label: str, keys: Mapping[str, str]) -> tuple[str, ...]:
        weights = self._weights[label]
        found = sorted(keys.keys() & weights.keys(), key=lambda key: (-weights[key], key))
        return tuple(dict.fromkeys(keys[key] for key in found if weights[key] > 0.0))


def _weights(
    name: frozenset[str], meaning: frozenset[str], *, rarity: Mapping[str, float]
) -> dict[str, float]:
    """Of each word; together 1, so that a long description is no advantage."""
    raw = {key: rarity[key] * (NAME_WEIGHT if key in name else 1.0) for key in name | meaning}
    length = math.sqrt(sum(weight**2 for weight in raw.values())) or 1.0
    return {key: weight / length for key, weight in raw.items()}


def _keys(text: str) -> dict[str, str]:
    """What of a text is compared, to the words that it stands for: stems, whole codes, concepts."""
    full = in_full(text)
    return {**_concepts(full), **_stems(_WORD.findall(full))}


def _stems(words: Iterable[str]) -> dict[str, str]:
    little = frozenset().union(*lexicon().function_words.values())
    lower = {part for word in words for part in _parts(word.casefold())} - little
    return {stem(word): word for word in sorted(lower)}


def _parts(word: str) -> Iterator[str]:
    """The words of one with hyphens; a code stays whole as well."""
    if not word.replace("-", "").isalpha():
        yield word
    for part in word.split("-"):
        if part.isalpha() and len(part) >= SHORTEST:
            yield part


def _concepts(text: str) -> dict[str, str]:
    words = words_of(text)
    return {
        f"{category}:{term.concept}": " ".join(
            word.text.casefold() for word in words[term.first : term.last + 1]
        )
        for category in CATEGORIES
        for term in terms_in(text, words, category)
    }


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a lower-case word, English or German; a code stays whole."""
    if not word.isalpha():
        return word
    # One for each word: a stemmer holds its word while it works, and threads share this function.
    english: str = snowballstemmer.stemmer("porter").stemWord(word) if word.isascii() else word
    found: str = snowballstemmer.stemmer("german").stemWord(english)
    return found
