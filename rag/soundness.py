"""What no engine may be given: vectors of another length, numbers that are none, broken text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ingest.errors import DataFault, StoreFault
from rag.index import Point, Scope
from rag.terms import SparseVector


def sound_points(points: Sequence[Point], dimension: int) -> None:
    """Raise unless every point can be stored; nothing was stored then.

    Raises:
        StoreFault: a vector has another length than those of the index.
        DataFault: its numbers or its words cannot be kept.
    """
    for point in points:
        name = f"passage {point.id}"
        sound_vector(point.dense, dimension, name)
        sound_terms(point.sparse, name)
        for field, value in point.payload.items():
            _sound_text(field, value if isinstance(value, list) else [value])


def sound_vector(vector: Sequence[float], dimension: int, name: str) -> list[float]:
    """The numbers of a vector that has a direction."""
    numbers = np.asarray(vector, dtype=np.float64)
    if numbers.shape != (dimension,):
        raise StoreFault(
            f"The vector of {name} has {numbers.size} numbers, those of the index {dimension}.",
            remedy="Another encoder made it: restart with the one that is set now.",
        )
    length = float(np.linalg.norm(numbers))
    if not np.isfinite(length) or length < np.finfo(np.float32).tiny:
        raise DataFault(
            f"The encoder gave {name} no direction: a vector of zeros, or not of numbers.",
            remedy="Look at its text, or name another encoder with ANDON_ENCODER.",
        )
    return [float(number) for number in numbers]


def sound_terms(vector: SparseVector, name: str) -> None:
    """Ascending dimensions of 32 bits, each with a finite weight."""
    dimensions = np.asarray(vector.indices, dtype=np.int64)
    paired = len(vector.indices) == len(vector.values)
    ascending = bool(np.all(np.diff(dimensions) > 0)) and not np.any(dimensions < 0)
    if not paired or not ascending or not np.all(np.isfinite(vector.values)):
        raise DataFault(f"The term weights of {name} are none.")


def sound_scope(scope: Scope) -> None:
    """Raise DataFault for a value that no engine can be asked for."""
    for field, values in scope.keywords():
        _sound_text(field, values)


def _sound_text(field: str, values: Iterable[str | int]) -> None:
    for value in values:
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as fault:
                raise DataFault(f"The {field} {value!a} holds half a character.") from fault
