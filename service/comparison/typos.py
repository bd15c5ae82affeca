"""A text as a hand in a hurry types it: letters swapped, dropped, doubled or beside the key."""

from __future__ import annotations

import re

import numpy as np

from service.comparison.rewording import identifier_places

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
    kept = identifier_places(text)
    places = [one.span() for one in _WORD.finditer(text) if kept.isdisjoint(range(*one.span()))]
    count = -(-len(places) // _WORDS_A_SLIP)
    picked = sorted(chance.choice(len(places), size=count, replace=False).tolist()) if count else []
    pieces, after = list[str](), 0
    for start, end in (places[at] for at in picked):
        pieces += [text[after:start], _slip(text[start:end], chance)]
        after = end
    if picked:
        return "".join([*pieces, text[after:]])
    turned = "".join(one if at in kept else one.swapcase() for at, one in enumerate(text))
    return turned if turned != text else f"{text}."


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
