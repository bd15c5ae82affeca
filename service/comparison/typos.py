"""A text as a hand in a hurry types it: letters swapped, dropped, doubled or beside the key."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag.identifiers import spans

_WORD = re.compile(r"[^\W\d_]{4,}")
_WORDS_A_SLIP = 8
"""One slip for every so many words that can bear one, and never none."""
_ROWS = ("qwertzuiopü", "asdfghjklöä", "yxcvbnm")
_BESIDE = {
    key: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in _ROWS
    for at, key in enumerate(row)
}


def mistyped(text: str, *, seed: int) -> str:
    """The text with seeded typing errors, never in an identifier, a number or a first letter.

    Where no word can bear one, the case of the letters is turned, as by a caps lock; where there
    are none outside of identifiers either, a full stop is added.
    """
    chance = np.random.default_rng(seed)
    kept = [(start, end) for start, end, _ in spans(text)]
    places = [one.span() for one in _WORD.finditer(text) if not _within(one.span(), kept)]
    count = -(-len(places) // _WORDS_A_SLIP)
    picked = sorted(chance.choice(len(places), size=count, replace=False).tolist()) if count else []
    for start, end in (places[at] for at in reversed(picked)):
        text = text[:start] + _slip(text[start:end], chance) + text[end:]
    if picked:
        return text
    turned = [
        sign if _within((at, at + 1), kept) else sign.swapcase() for at, sign in enumerate(text)
    ]
    return "".join(turned) if turned != list(text) else f"{text}."


def _within(place: tuple[int, int], kept: Sequence[tuple[int, int]]) -> bool:
    """Whether it touches one of those that are kept."""
    return any(place[0] < end and start < place[1] for start, end in kept)


def _slip(word: str, chance: np.random.Generator) -> str:
    """One slip behind the first letter."""
    at = int(chance.integers(1, len(word) - 1))
    beside = _BESIDE.get(word[at].lower(), "")
    wrong = beside[int(chance.integers(len(beside)))] if beside else ""
    slips = [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + wrong + word[at + 1 :],
    ]
    if word[at] == word[at + 1]:  # swapping these two would change nothing
        slips.pop(0)
    return slips[int(chance.integers(len(slips)))]
