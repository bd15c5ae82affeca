"""A summary with its slots still open, as a model or a rule wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.vocabulary import Statement


@dataclass(frozen=True, slots=True)
class Draft:
    """Nothing in it is trusted yet."""

    headline: Statement
    statements: tuple[Statement, ...]
