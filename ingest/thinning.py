"""Fewer points for a screen, with the extremes kept."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.vocabulary import Reading


def keep_extremes(readings: Sequence[Reading], most: int) -> list[Reading]:
    """At most that many readings: of each stretch the smallest and the largest number.

    A reading without a number (bad, text) is kept as a stretch's only one if no number is there.
    """
    if most <= 0 or len(readings) <= most:
        return list(readings)
    stretches = max(most // 2, 1)
    kept: list[Reading] = []
    for index in range(stretches):
        first, behind = (len(readings) * step // stretches for step in (index, index + 1))
        kept += _extremes(readings[first:behind])
    return kept[:most]


def _extremes(stretch: Sequence[Reading]) -> list[Reading]:
    numbers = [
        (reading.value, position)
        for position, reading in enumerate(stretch)
        if isinstance(reading.value, int | float)
    ]
    if not numbers:
        return list(stretch[:1])
    return [stretch[position] for position in sorted({min(numbers)[1], max(numbers)[1]})]
