"""Which label a row of a code table stands for: by what it says, else by what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from rag.encoding import TextEncoder, Vectors
from rag.terms import idf, terms
from rag.voting.electorate import Floats, Voter
from rag.voting.table import TableRow

_MOST_TRUST = 0.99
"""In a label that was found by what a row means, however alike they are."""
_WORDS_COUNT = 0.5
"""Share of the words in common in how alike a meaning and a label are, beside the cosine."""


def voters_of(
    rows: Sequence[TableRow], labels: Mapping[str, str], encoder: TextEncoder | None
) -> list[Voter]:
    """A voter for every row that can be given a label.

    Where some rows name labels of ours, a row that names another one stands for none of them.

    Args:
        rows: Of the code table.
        labels: What each label means, by its name; empty where it does not say.
        encoder: Compares meanings by more than their words; None: by words alone.
    """
    said = {number: label for number, row in enumerate(rows) if (label := _said(row, labels))}
    open_ = [at for at, row in enumerate(rows) if at not in said and not (said and row.label)]
    meant = _meant([rows[number] for number in open_], labels, encoder) if labels else []
    named = [Voter(label, rows[at].text, row=at) for at, label in said.items()]
    guessed = [
        Voter(label, rows[at].text, row=at, trust=min(alike, _MOST_TRUST))
        for at, (label, alike) in zip(open_, meant, strict=False)
        if alike > 0
    ]
    return sorted([*named, *guessed], key=lambda voter: voter.row or 0)


def _said(row: TableRow, labels: Mapping[str, str]) -> str:
    """The label that the row names, in whatever spelling."""
    if row.label in labels:
        return row.label
    wanted = plain_name(row.label)
    return next((name for name in labels if wanted and plain_name(name) == wanted), "")


def plain_name(name: str) -> str:
    """Its words alone: case, signs and underscores tell nothing."""
    return " ".join(re.sub(r"[\W_]+", " ", name).casefold().split())


def _meant(
    rows: Sequence[TableRow], labels: Mapping[str, str], encoder: TextEncoder | None
) -> list[tuple[str, float]]:
    """The label whose name and meaning are most like the meaning of each row, and how alike."""
    if not rows:
        return []
    texts = [f"{plain_name(name)}. {meaning}".strip() for name, meaning in labels.items()]
    asked = [f"{plain_name(row.label)} {row.meaning}".strip() for row in rows]
    alike = _common(asked, texts)
    if encoder is not None:
        cosines = _cosines(encoder.encode(asked), encoder.encode(texts))
        alike = _WORDS_COUNT * alike + (1 - _WORDS_COUNT) * cosines
    names = tuple(labels)
    return [(names[int(line.argmax())], float(line.max())) for line in alike]


def _common(asked: Sequence[str], texts: Sequence[str]) -> Floats:
    """The share of the terms of each that stand in each text, weighed by how rare they are."""
    there = [frozenset(terms(text)) for text in texts]
    known = {term: sum(term in one for one in there) for term in frozenset().union(*there)}
    lines = []
    for text in asked:
        weights = {term: idf(len(texts), known.get(term, 0)) for term in {*terms(text)}}
        whole = sum(weights.values()) or 1.0
        lines.append([sum(weights[t] for t in weights.keys() & one) / whole for one in there])
    return np.array(lines, dtype=np.float64)


def _cosines(one: Vectors, other: Vectors) -> Floats:
    return np.maximum((one @ other.T).astype(np.float64), 0.0)
