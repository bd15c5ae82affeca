"""Alarm counts of a million alarms: ours beside a plain walk from alarm to alarm."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from ingest.alarms import findings
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Event, EventState, Severity
from tests.bench.measure import Measurement, cpu_seconds

START = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH = timedelta(days=365)
ALARMS = 1_000_000
CODES = 154
TEN_MINUTES, MINUTE = timedelta(minutes=10), timedelta(minutes=1)


def counting() -> list[Measurement]:
    """CPU seconds until all codes are counted and floods and chattering are found."""
    events = _events()
    settings = EvidenceSettings()
    ours = cpu_seconds(lambda: findings(events, START, START + LENGTH, settings=settings))
    plain = cpu_seconds(lambda: _walk(events))
    other = "plain walk, no more than floods and chatter"
    return [Measurement("alarms: 1e6 as evidence", "CPU s", ours, plain, other, False)]


def _events() -> list[Event]:
    """Raised and cleared in turn, in bursts, some codes far more often than others."""
    rng = np.random.default_rng(1)
    gaps = rng.exponential(1.0, ALARMS) * rng.choice([1.0, 30.0, 300.0], ALARMS)
    times = np.cumsum(gaps) * LENGTH.total_seconds() / (gaps.sum() + 1.0)
    codes = np.minimum(rng.zipf(1.5, ALARMS), CODES).tolist()
    states, raised = [], set[int]()
    for code in codes:
        states.append(EventState.CLEARED if code in raised else EventState.RAISED)
        raised ^= {code}
    return [
        _event(START + timedelta(seconds=at), f"E{code}", state)
        for at, code, state in zip(times.tolist(), codes, states, strict=True)
    ]


def _event(at: datetime, code: str, state: EventState) -> Event:
    return Event("machine", code, Severity.WARNING, state, "text", at, at, "bench")


def _walk(events: Sequence[Event]) -> tuple[int, int]:
    """Floods, and codes that chatter."""
    recent: deque[datetime] = deque()
    last: defaultdict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=3))
    flooded, floods, chattering = False, 0, set[str]()
    for event in events:
        if event.state is not EventState.RAISED:
            continue
        at = event.source_time
        while recent and at - recent[0] > TEN_MINUTES:
            recent.popleft()
        flooded = flooded and len(recent) >= 5
        recent.append(at)
        if not flooded and len(recent) > 10:
            flooded, floods = True, floods + 1
        own = last[event.code]
        own.append(at)
        if len(own) == 3 and at - own[0] <= MINUTE:
            chattering.add(event.code)
    return floods, len(chattering)
