"""The writer that needs no model: one sentence an item, by rule; the same words every time."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.vocabulary import Evidence
from prompting.draft import Draft
from prompting.headlines import headline
from prompting.telling import told

ENGINE = "deterministic"


def written(
    evidence: Sequence[Evidence], *, language: str, most: int, style: str = "operator"
) -> Draft:
    """The most urgent items, first cause first.

    Args:
        evidence: At least one item.
        language: Of the reader.
        most: Sentences.
        style: For whom: `operator`, `engineer` or `handover`.
    """
    statements = told(evidence, style=style, most=most, language=language)
    return Draft(headline(evidence, language), statements)
