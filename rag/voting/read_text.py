"""What stands in a text, read once: it is looked at again whenever something is learnt or asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.identifiers import bare_numbers, spans
from rag.terms import terms

_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Named:
    """The identifiers of a text."""

    codes: frozenset[str]
    """By their form."""
    numbers: Sequence[str]
    """Numbers and short signs that are codes where a table has them."""
    places: Sequence[tuple[int, int]]
    """Where identifiers stand."""


@lru_cache(maxsize=_REMEMBERED)
def named_in(text: str) -> Named:
    """What a text names."""
    found = list(spans(text))
    codes = frozenset(code for _, _, some in found for code in some)
    return Named(codes, bare_numbers(text), [(start, end) for start, end, _ in found])


@lru_cache(maxsize=_REMEMBERED)
def terms_of(text: str) -> tuple[str, ...]:
    """Its terms, as often as they occur."""
    return tuple(terms(text))
