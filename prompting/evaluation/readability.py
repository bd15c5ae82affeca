"""How easily a text reads: Flesch for English, Amstad's version of it for German.

Both go from 0 (hard) to 100 (easy); 60 and above is plain. Numbers are no words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyphen import Pyphen

WORD = re.compile(r"[^\W\d_]+")
DICTIONARIES = {"en": "en_US", "de": "de_DE"}
HIGHEST = 100.0


def reading_ease(sentences: Sequence[str], language: str) -> float:
    """0 for what nobody can read, 100 for what everybody can."""
    words = [word for text in sentences for word in WORD.findall(text)]
    if not words:
        return HIGHEST
    length = len(words) / len(sentences)
    syllables = sum(_syllables(word, language) for word in words) / len(words)
    ease = {
        "en": 206.835 - 1.015 * length - 84.6 * syllables,
        "de": 180.0 - length - 58.5 * syllables,
    }[language]
    return min(HIGHEST, max(0.0, ease))


@lru_cache(maxsize=4096)
def _syllables(word: str, language: str) -> int:
    return len(_dictionary(language).positions(word)) + 1


@lru_cache
def _dictionary(language: str) -> Pyphen:
    from pyphen import Pyphen

    return Pyphen(lang=DICTIONARIES[language], left=1, right=2)
