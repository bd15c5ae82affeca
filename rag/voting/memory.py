"""Labelled texts that are searched: an input to those that may vote on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.index import Hit
from rag.terms import SparseVector, dimension, idf, query_vector
from rag.voting.electorate import Candidates, Electorate
from rag.voting.parts import PARTS, parts_of
from rag.voting.points import Entry, Points
from rag.voting.read_text import terms_of
from rag.voting.table import CodeTable

DEPTH = 40
"""How many of each search may vote."""
OF_ROWS = PARTS
"""The part of the rows of a code table, which is never held back."""


@dataclass(frozen=True, slots=True)
class _Likeness:
    dense: float
    words: float
    exact: bool


class TextMemory:
    """Everybody who may vote, by what they say."""

    def __init__(
        self,
        points: Points,
        voters: Electorate,
        table: CodeTable,
        *,
        parts: Mapping[str, int] | None = None,
    ) -> None:
        """Puts what is new into the engine; `parts` are those of groups that are known."""
        self.points = points
        self.voters = voters
        self.table = table
        groups = [_group(v.group, v.text) for v in voters.voters if v.row is None]
        self.parts = parts_of(groups, parts)
        """By group."""
        entries = [self._entry(number) for number in range(len(voters.voters))]
        self.fresh = points.put(entries)
        """Texts that were encoded for it."""
        self._at: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self._at.setdefault(entry.id, []).append(number)
        self._unread = points.known - len(self._at)
        self._naming = self._by_identifier()
        self._counts = Counter(t for text in {e.text for e in entries} for t in {*terms_of(text)})
        self._size = len({entry.text for entry in entries})

    def part(self, number: int) -> int:
        """That a voter is held back with."""
        voter = self.voters.voters[number]
        return OF_ROWS if voter.row is not None else self.parts[_group(voter.group, voter.text)]

    def candidates(
        self,
        texts: Sequence[str],
        without: Sequence[int] | None = None,
        *,
        by_meaning: bool = True,
    ) -> Candidates:
        """Who may vote on each of these.

        Args:
            texts: As they came.
            without: The part that each must not be judged by; None: all may vote.
            by_meaning: Also by vectors; else nothing is encoded.
        """
        asked = [self.table.expanded(text) for text in texts]
        encoded = by_meaning and self.points.reads_vectors
        vectors = self.points.vectors(asked) if encoded else [None] * len(asked)
        found = []
        for number, (text, wording, vector) in enumerate(zip(texts, asked, vectors, strict=True)):
            part = None if without is None else without[number]
            found.append(self._alike(text, wording, vector, part))
        return _lines(found)

    def _entry(self, number: int) -> Entry:
        voter = self.voters.voters[number]
        text = voter.text if voter.row is not None else self.table.expanded(voter.text)
        return Entry(text, self.part(number))

    def _by_identifier(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, voter in enumerate(self.voters.voters):
            for code in self.table.identifiers(voter.text):
                found.setdefault(code, []).append(number)
        return found

    def _alike(
        self, text: str, wording: str, vector: Sequence[float] | None, part: int | None
    ) -> dict[int, _Likeness]:
        """By voter."""
        within = None if part is None else [p for p in range(PARTS + 1) if p != part]
        limit = DEPTH + min(self._unread, DEPTH)
        dense = self.points.nearest(vector, within, limit) if vector else []
        asked, whole = self._asked(wording)
        words = [
            Hit(h.id, min(h.score / whole, 1.0)) for h in self.points.matching(asked, within, limit)
        ]
        exact = self._exact(text, part)
        by_dense, by_words = self._of_voters(dense), self._of_voters(words)
        lowest = (_lowest(dense, limit), _lowest(words, limit))
        return {
            number: _Likeness(
                max(by_dense.get(number, lowest[0]), 0.0),
                by_words.get(number, lowest[1]),
                number in exact,
            )
            for number in {**by_dense, **by_words, **dict.fromkeys(sorted(exact))}
        }

    def _asked(self, wording: str) -> tuple[SparseVector, float]:
        """The terms of an input by how rare they are, and what the same text would score."""
        weights = {t: idf(self._size, self._counts[t]) for t in {*terms_of(wording)}}
        rarity = {dimension(term): weight for term, weight in weights.items()}
        own = self.points.weights(wording)
        pairs = zip(own.indices, own.values, strict=True)
        return query_vector(weights), sum(rarity[at] * weight for at, weight in pairs) or 1.0

    def _exact(self, text: str, part: int | None) -> frozenset[int]:
        codes = self.table.identifiers(text)
        named = (number for code in codes for number in self._naming.get(code, ()))
        allowed = [number for number in dict.fromkeys(named) if self.part(number) != part]
        return frozenset(allowed[: 2 * DEPTH])

    def _of_voters(self, hits: Iterable[Hit]) -> dict[int, float]:
        return {number: hit.score for hit in hits for number in self._at.get(hit.id, ())}


def _group(group: str, text: str) -> str:
    """Equal texts without a group belong together."""
    return f"group {group}" if group else f"text {text}"


def _lowest(hits: Sequence[Hit], limit: int) -> float:
    """What one that was not among the best has at most."""
    return hits[-1].score if len(hits) >= limit else 0.0


def _lines(found: Sequence[Mapping[int, _Likeness]]) -> Candidates:
    """As tables, as wide as the longest line."""
    width = max(map(len, found), default=0)
    at = np.full((len(found), width), -1, dtype=np.int64)
    dense, words = np.zeros(at.shape), np.zeros(at.shape)
    exact = np.zeros(at.shape, dtype=bool)
    for line, alike in enumerate(found):
        for column, (number, one) in enumerate(sorted(alike.items())):
            at[line, column] = number
            dense[line, column], words[line, column] = one.dense, one.words
            exact[line, column] = one.exact
    return Candidates(at, dense, words, exact)
