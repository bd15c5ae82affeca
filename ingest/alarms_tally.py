"""What each alarm code did in a window, for all codes at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.alarms_log import MICROS, AlarmLog
from ingest.evidence_samples import Flags, Ints
from ingest.evidence_settings import EvidenceSettings


@dataclass(frozen=True, slots=True)
class Tally:
    """One place a code in every array; times and lengths in microseconds."""

    count: Ints
    """Raises in the window."""
    worst: Ints
    """Rank of the worst severity raised; an alarm that was only cleared is information."""
    start: Ints
    """When it first became active, or the start of the window."""
    end: Ints
    active: Flags
    """Still up at the end of the window."""
    duration: Ints
    """How long it was active in all."""
    stands: Flags
    """Up for a day, or all through a long window."""
    chatters: Flags
    fleeting: Ints
    """How many times it was away again at once."""
    stood: Flags
    """Was up before the window began."""


def tally(log: AlarmLog, settings: EvidenceSettings) -> Tally:
    """Count, spells and habits of every code."""
    codes = len(log.names)
    spells = _spells(log)
    length = spells.end - spells.start
    opens = spells.code[spells.open]
    stands = spells.open & _long(spells, log, settings)
    brief = ~spells.open & spells.whole & (length < settings.fleeting_s * MICROS)
    return Tally(
        count=np.bincount(log.code[log.raises], minlength=codes),
        worst=_worst(log),
        start=_least(spells.code, spells.start, codes),
        end=-_least(spells.code, -spells.end, codes),
        active=_marked(opens, codes),
        duration=np.bincount(spells.code, weights=length, minlength=codes).astype(np.int64),
        stands=_marked(spells.code[stands], codes),
        chatters=_chatters(log, settings),
        fleeting=np.bincount(spells.code[brief], minlength=codes),
        stood=_marked(spells.code[spells.start < log.start], codes),
    )


@dataclass(frozen=True, slots=True)
class _Spells:
    """From each first raise of a code to the clear that ends it, code by code."""

    code: Ints
    start: Ints
    end: Ints
    open: Flags
    whole: Flags
    """Its raise is known."""


def _spells(log: AlarmLog) -> _Spells:
    """A clear without a raise belongs to an alarm that was up before the window began."""
    order = log.by_code
    code, raised, time = log.code[order], log.raised[order], log.time[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = code[1:] != code[:-1]
    turns = np.flatnonzero(
        begins | np.concatenate(([True], raised[1:] != raised[:-1]))[: len(code)]
    )
    ended = np.zeros(len(turns), dtype=bool)
    ended[:-1] = code[turns[1:]] == code[turns[:-1]]
    until = np.full(len(turns), log.end)
    until[:-1] = np.where(ended[:-1], time[turns[1:]], log.end)
    up = raised[turns]
    unknown = begins[turns] & ~up
    kept = up | unknown
    return _Spells(
        code=code[turns][kept],
        start=np.where(unknown, log.start, time[turns])[kept],
        end=np.where(unknown, time[turns], until)[kept],
        open=(up & ~ended)[kept],
        whole=up[kept],
    )


def _long(spells: _Spells, log: AlarmLog, settings: EvidenceSettings) -> Flags:
    day = spells.end - spells.start >= settings.standing_s * MICROS
    through = log.end - log.start >= settings.standing_through_s * MICROS
    return np.asarray(day | (through & (spells.start < log.start)))


def _chatters(log: AlarmLog, settings: EvidenceSettings) -> Flags:
    """Codes with a raise whose last but one before it is less than a minute back."""
    order, back = log.raises_by_code, settings.chatter_count - 1
    code, time = log.code[order], log.time[order]
    if len(order) <= back:
        return np.zeros(len(log.names), dtype=bool)
    now, then = slice(back, None), slice(None, len(order) - back)
    close = time[now] - time[then] <= settings.chatter_s * MICROS
    return _marked(code[now][close & (code[now] == code[then])], len(log.names))


def _worst(log: AlarmLog) -> Ints:
    worst = np.zeros(len(log.names), dtype=np.int64)
    for rank in (1, 2):
        worst[log.code[log.raised & (log.rank == rank)]] = rank
    return worst


def _least(code: Ints, value: Ints, codes: int) -> Ints:
    least = np.full(codes, np.iinfo(np.int64).max)
    np.minimum.at(least, code, value)
    return least


def _marked(code: Ints, codes: int) -> Flags:
    marked = np.zeros(codes, dtype=bool)
    marked[code] = True
    return marked


def busiest(times: Ints, length_s: float) -> int:
    """Most of these sorted times within any stretch of that length, both ends included."""
    if not len(times):
        return 0
    return int(trailing(times, length_s).max())


def trailing(times: Ints, length_s: float) -> Ints:
    """How many of these sorted times lie in the stretch of that length up to each of them."""
    first = np.searchsorted(times, times - round(length_s * MICROS), side="left")
    return np.arange(1, len(times) + 1) - first
