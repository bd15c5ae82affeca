"""Trip chains: which alarm came first when a machine tripped, and which followed from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.alarms_log import MICROS, AlarmLog
from ingest.alarms_tally import Tally
from ingest.evidence_samples import Flags, Ints, columns
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import MachineState, Series, Severity

DOWN = tuple(
    state.number
    for state in (
        MachineState.STOPPING,
        MachineState.STOPPED,
        MachineState.ABORTING,
        MachineState.ABORTED,
    )
)
"""The states of a machine that has tripped or was stopped."""
LONGEST_S = 300.0
"""What comes later than this after the trip does not follow from it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The raises of one chain, as places in the log, the first alarm first."""

    places: Ints
    lead: int
    """From the first alarm to the trip, in microseconds; below zero where the trip came first."""


def chains(
    log: AlarmLog, known: Tally, state: Series | None, settings: EvidenceSettings
) -> list[Chain]:
    """The chains of a window in order of time.

    A chain is a burst of different alarms, none of them mere information, around a trip: the moment
    at which the machine's state says that it goes down, or, of a machine that tells no state, a
    critical alarm.
    """
    places = _fresh(log, known)
    trips = _trips(log, state)
    bursts = _with_trips(log.time[places], trips, settings)
    found = (_chain(log, places[first:last], trips, settings) for first, last in bursts)
    return [chain for chain in found if chain is not None]


def _fresh(log: AlarmLog, known: Tally) -> Ints:
    """Raises of alarms; of one that chatters only the first, it says nothing new after that."""
    order = log.raises_by_code
    again = np.zeros(len(log.time), dtype=bool)
    again[order[1:]] = log.code[order[1:]] == log.code[order[:-1]]
    alarm = log.rank[log.raises] > Severity.INFO.rank
    repeats = again[log.raises] & known.chatters[log.code[log.raises]]
    return log.raises[alarm & ~repeats]


def _trips(log: AlarmLog, state: Series | None) -> Ints:
    """When the machine tripped, in order of time."""
    if state is None or not len(state.times):
        critical: Ints = log.raises[log.rank[log.raises] == Severity.CRITICAL.rank]
        return np.asarray(log.time[critical])
    return _stops(state, log)


def _stops(state: Series, log: AlarmLog) -> Ints:
    times, values, _ = columns(state)
    down: Flags = np.isin(np.rint(values), DOWN)
    gone = np.flatnonzero(down[1:] & ~down[:-1]) + 1
    at = np.rint(times[gone] * MICROS).astype(np.int64)
    return at[(at >= log.start) & (at < log.end)]


def _with_trips(times: Ints, trips: Ints, settings: EvidenceSettings) -> list[tuple[int, int]]:
    """First and one past the last of each burst near a trip; the largest if they are too many."""
    if not len(times):
        return []
    apart = round(settings.chain_gap_s * MICROS)
    breaks = np.flatnonzero(np.diff(times) > apart) + 1
    first = np.concatenate(([0], breaks))
    last = np.concatenate((breaks, [len(times)]))
    before = np.searchsorted(trips, times[first] - apart, side="left")
    after = np.searchsorted(trips, times[last - 1] + apart, side="right")
    kept = np.flatnonzero((after > before) & (last - first >= settings.chain_codes))
    largest = kept[np.argsort((first - last)[kept], kind="stable")][: settings.max_items]
    return [(int(first[burst]), int(last[burst])) for burst in np.sort(largest)]


def _chain(log: AlarmLog, burst: Ints, trips: Ints, settings: EvidenceSettings) -> Chain | None:
    times, apart = log.time[burst], round(settings.chain_gap_s * MICROS)
    trip = int(trips[np.searchsorted(trips, times[0] - apart, side="left")])
    since = trip - round(settings.chain_lead_s * MICROS)
    places = burst[(times >= since) & (times <= trip + round(LONGEST_S * MICROS))]
    if len(np.unique(log.code[places])) < settings.chain_codes:
        return None
    return Chain(places, trip - int(log.time[places[0]]))


def within(log: AlarmLog, found: list[Chain]) -> Ints:
    """How many raises of each code belong to a chain."""
    places = np.concatenate([np.empty(0, dtype=np.int64), *(chain.places for chain in found)])
    return np.bincount(log.code[places], minlength=len(log.names))
