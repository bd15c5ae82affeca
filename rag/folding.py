"""Near-duplicates: the same words in sibling manuals are shown once, and the others are named."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from rag.document import Passage, PassageKind

ALIKE = 0.92
"""Share of their words that two long passages have in common, in the same order."""
_LONG = 25
"""Words from which a word or two may differ; shorter passages are the same or are two."""
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_SIGN = re.compile(r"[<>\u2264\u2265\u00b1+%\u00b0]|-(?=\d)")
_TURNS_ROUND = frozenset(
    """no not never none without nor neither cannot nothing unless except only before after until
    open close opened closed opening closing on off up down left right in out into above below
    over under more less increase decrease increased decreased raise lower raised lowered high low
    higher lower maximum minimum max min first last start stop enable disable lock unlock tighten
    loosen clockwise anticlockwise counterclockwise forward backward push pull front rear inlet
    outlet suction discharge upper hot cold wet dry fill drain connect disconnect
    nicht kein keine keinen keiner keinem nie niemals ohne nur vor nach bis erst auf zu ein aus an
    ab links rechts oben unten mehr weniger hoch tief niedrig maximal minimal starten stoppen
    anziehen lösen öffnen schließen geöffnet geschlossen vorne hinten warm kalt füllen leeren
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Words that turn a sentence into its opposite: passages that differ in one are two."""


@dataclass(frozen=True, slots=True)
class Print:
    """What of a passage must be the same, and its words."""

    exact: tuple[object, ...]
    words: tuple[str, ...]
    section: tuple[str, ...]
    key: str


def fingerprint(passage: Passage) -> Print:
    """Of the words of a passage, its numbers, its identifiers and what turns its sense round."""
    text = unicodedata.normalize("NFKC", passage.text).casefold()
    words = tuple(_WORD.findall(text))
    signs = tuple(_SIGN.findall(text))
    turning = tuple(word for word in words if word in _TURNS_ROUND)
    codes = (frozenset(passage.codes), frozenset(passage.defines))
    exact = (passage.kind, tuple(_NUMBER.findall(text)), signs, codes, turning)
    section = tuple(heading.casefold() for heading in passage.section[-1:])
    return Print(exact, words, section, passage.key)


def alike(one: Print, other: Print) -> bool:
    """Whether two passages say the same in the same words.

    Never where a number, an identifier or a word such as `not` or `left` differs; within one
    document, and for short passages, the heading above must be the same too.
    """
    if one.exact != other.exact:
        return False
    short = min(len(one.words), len(other.words)) < _LONG
    if (short or one.key == other.key) and one.section != other.section:
        return False
    if short or one.exact[0] is PassageKind.ROW:
        return one.words == other.words
    return Indel.normalized_similarity(one.words, other.words, score_cutoff=ALIKE) >= ALIKE
