"""The same said in other words, by rule and without a model: English and German."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from rag.glossary import glossary
from rag.identifiers import spans
from rag.phrases import language_of
from service.comparison.rewording_words import FRAMES, SAME


def reworded(text: str, *, seed: int) -> str:
    """Words for which others stand with the same meaning are exchanged; identifiers stay.

    Where no word is, a few words that say nothing are put around the text.
    """
    language = "de" if glossary().is_german(text) else language_of(text)
    changed = _exchanged(text, SAME[language])
    if changed != text:
        return changed
    frames = FRAMES[language]
    return frames[int(np.random.default_rng(seed).integers(len(frames)))].format(text=text.strip())


def identifier_places(text: str) -> frozenset[int]:
    """Where the signs of identifiers stand: no rule touches them."""
    return frozenset(at for start, end, _ in spans(text) for at in range(start, end))


def _exchanged(text: str, same: Mapping[str, str]) -> str:
    kept = identifier_places(text)

    def other(match: re.Match[str]) -> str:
        written = match.group()
        if not kept.isdisjoint(range(*match.span())):
            return written
        return _in_case_of(written, same.get(written.casefold(), written))

    return _pattern(tuple(same)).sub(other, text)


def _in_case_of(old: str, new: str) -> str:
    """Capitals where the old words had them."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


@lru_cache(maxsize=8)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words, the longest first."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])", re.IGNORECASE)
