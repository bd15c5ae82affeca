"""The names of machines, signals and codes in a sentence: whose they are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from ingest.vocabulary import Evidence
from prompting.cues import Cues, concept, known_units
from prompting.name_likeness import PIECE, name_like

MACHINE = -2
CODE = -1
LEAD = 0
"""Places in an item: its machine, its codes, its first signal; from 1 on what moved with it."""
ANY = ""
"""The scope of a summary, such as a line, is nobody's."""
Owner = tuple[str, int]
Owners = frozenset[Owner]
NOBODY: Owners = frozenset()

CAMEL = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|\d+")
WORD_BEHIND = re.compile(r"\s?(\S+?)[.,;:]?(?=\s|$)")
BETWEEN = frozenset({"", "-", "_", " ", ".", "/", ":"})
BEFORE_CODES = frozenset(
    (
        *("alarm", "alarms", "message", "messages", "code", "codes", "fault", "error", "event"),
        *("meldung", "meldungen", "hinweis", "störung", "fehler", "ereignis", "card", "karte"),
        *(
            "instruction",
            "anweisung",
            "issue",
            "first",
            "zunächst",
            "ab",
            "from",
            "and",
            "und",
            "then",
            "dann",
            "folgten",
            "folgte",
        ),
    )
)
"""Before a name of digits alone."""


@dataclass(frozen=True, slots=True)
class Span:
    """A name at its place; nobody's if no cited item has it."""

    start: int
    end: int
    owners: Owners


@dataclass(slots=True)
class Names:
    """Names by their first piece."""

    sequences: dict[str, list[tuple[tuple[str, ...], Owners]]] = field(default_factory=dict)
    concepts: dict[str, set[Owner]] = field(default_factory=dict)

    def add(self, name: str, owner: Owner | None) -> None:
        """A name of an item, or one that the sentence may not use."""
        if not name_like(name):
            return
        owners = frozenset({owner}) if owner else NOBODY
        for pieces in _ways(name):
            known = self.sequences.setdefault(pieces[0], [])
            known.append((pieces, owners))
            if owner:
                for piece in pieces:
                    self.concepts.setdefault(concept(piece), set()).add(owner)

    def of(self, word: str) -> Owners:
        """Whose names hold this word or its like in the other language."""
        return frozenset(self.concepts.get(concept(word), ()))

    def found(self, text: str) -> Iterator[Span]:
        """Names in order, the longest first."""
        pieces = list(PIECE.finditer(text.lower()))
        at = 0
        while at < len(pieces):
            length, owners = self._longest(text, pieces, at)
            if length:
                yield Span(pieces[at].start(), pieces[at + length - 1].end(), owners)
            at += length or 1

    def _longest(self, text: str, pieces: Sequence[re.Match[str]], at: int) -> tuple[int, Owners]:
        best, owners = 0, NOBODY
        for sequence, whose in self.sequences.get(pieces[at][0], ()):
            length = len(sequence)
            if length < best or not _matches(text, pieces[at : at + length], sequence):
                continue
            if not _free(text, pieces, at, length):
                continue
            owners = whose | owners if length == best else whose
            best = length
        return best, owners


def _matches(text: str, pieces: Sequence[re.Match[str]], sequence: Sequence[str]) -> bool:
    if tuple(piece[0] for piece in pieces) != sequence:
        return False
    return all(
        text[one.end() : other.start()] in BETWEEN for one, other in itertools.pairwise(pieces)
    )


def _free(text: str, pieces: Sequence[re.Match[str]], at: int, length: int) -> bool:
    """Not a part of a longer word or number; digits alone only behind a word such as alarm."""
    start, end = pieces[at].start(), pieces[at + length - 1].end()
    if text[start - 1 : start].isalnum() or text[start - 1 : start] == "_":
        return False
    if re.match(r"\w|[-.,:]\d", text[end : end + 2]):
        return False
    digits = all(piece[0].isdigit() for piece in pieces[at : at + length])
    if not digits:
        return True
    led = at > 0 and pieces[at - 1][0] in BEFORE_CODES
    led = led or text[:start].rstrip()[-1:] in (";", ":", "(")
    following = WORD_BEHIND.match(text, end)
    return led and not (following and following[1] in _units())


@cache
def _units() -> frozenset[str]:
    return frozenset(way.lower() for way, _ in known_units())


def _ways(name: str) -> Iterable[tuple[str, ...]]:
    """In pieces, with and without the humps of CamelCase."""
    plain = tuple(PIECE.findall(name.lower()))
    humps = tuple(piece.lower() for piece in CAMEL.findall(name))
    return {way for way in (plain, humps) if way}


def names_of(cited: Iterable[Evidence], shown: Mapping[tuple[str, str], str], scope: str) -> Names:
    """Every name of the cited evidence, with whose it is."""
    found = Names()
    for item in cited:
        found.add(item.machine, (item.id, MACHINE))
        for code in item.codes:
            found.add(code, (item.id, CODE))
        for place, signal in enumerate(item.signals):
            found.add(signal, (item.id, place))
            found.add(shown.get((item.machine, signal), ""), (item.id, place))
    if scope:
        found.add(scope, (ANY, MACHINE))
    return found


def forbid(names: Names, others: Iterable[str], cues: Cues) -> None:
    """Names that the sentence may not use, but for those that are words of every day."""
    for name in others:
        if not all(cues.knows(piece) for piece in PIECE.findall(name.lower())):
            names.add(name, None)
