"""Alarm floods after ISA-18.2: from more than ten alarms in ten minutes to fewer than five."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.alarms_log import MICROS, AlarmLog
from ingest.alarms_tally import Tally, trailing
from ingest.detect import Run, latched, runs
from ingest.evidence_samples import Ints
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Severity

STRAYS = 2
"""So few alarms, with a pause after them, came before the flood and do not begin it."""
PAUSE = 4.0
"""How long a pause that is, in mean intervals of the slowest flood."""
FEW_CHATTERERS = 2
"""A flood that this many chattering codes make by themselves is told with them."""


@dataclass(frozen=True, slots=True)
class Flood:
    """One flood; `places` are those of its raises in the log."""

    places: Ints
    start: int
    end: int
    peak: int
    """Most alarms in ten minutes."""
    active: bool


def floods(log: AlarmLog, known: Tally, settings: EvidenceSettings) -> list[Flood]:
    """The floods of a window in order of time.

    A flood begins with the first of the alarms that were too many in ten minutes and ends with the
    last one before there were fewer than five; it is active where there are still that many.
    Messages that only inform are no alarms.
    """
    places = log.raises[log.rank[log.raises] > Severity.INFO.rank]
    times = log.time[places]
    recent = trailing(times, settings.flood_s)
    under = recent - 1 < settings.flood_end_count
    found = runs(latched(recent > settings.flood_count, under))
    free = [0, *(last + 1 for _, last in found)]
    largest = sorted(zip(found, free, strict=False), key=_size, reverse=True)[: settings.max_items]
    told = (_flood(log, places, run, free, settings) for run, free in sorted(largest))
    return [flood for flood in told if _many(log, known, flood, settings)]


def _size(found: tuple[Run, int]) -> int:
    (first, last), _ = found
    return last - first


def _flood(log: AlarmLog, places: Ints, run: Run, free: int, settings: EvidenceSettings) -> Flood:
    times, length = log.time[places], round(settings.flood_s * MICROS)
    first = max(free, int(np.searchsorted(times, times[run[0]] - length, side="left")))
    first += _strays(times[first : run[1] + 1], settings)
    inside = times[first : run[1] + 1]
    last = run[1] == len(times) - 1
    left = len(inside) - int(np.searchsorted(inside, log.end - length, side="left"))
    active = last and left >= settings.flood_end_count
    return Flood(
        places=places[first : run[1] + 1],
        start=int(inside[0]),
        end=log.end if active else int(inside[-1]),
        peak=int(trailing(inside, settings.flood_s).max()),
        active=active,
    )


def _strays(times: Ints, settings: EvidenceSettings) -> int:
    """How many of a flood's alarms came before it; too many must be left."""
    length = round(settings.flood_s * MICROS)
    gaps = np.diff(times[: STRAYS + 1]) > PAUSE * length / settings.flood_count
    strays = int(np.flatnonzero(gaps)[-1]) + 1 if gaps.any() else 0
    return strays if len(times) - strays > settings.flood_count else 0


def _many(log: AlarmLog, known: Tally, flood: Flood, settings: EvidenceSettings) -> bool:
    codes = log.code[flood.places]
    chattering = known.chatters[codes]
    others = len(codes) - int(np.count_nonzero(chattering))
    return others > settings.flood_count or len(np.unique(codes[chattering])) > FEW_CHATTERERS
