"""How a machine stands now: state, newest values against their limits, and whether it is silent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.plant import Machine, SignalSpec
from ingest.vocabulary import Issue, MachineState, Quality, Reading, Severity, Value, Window

STATE = "state"
"""Id of the signal that carries the PackML state number."""
NORMAL = "normal"
PATIENCE = 5
"""A signal is silent after this many of its periods, and never before the watch's own patience."""


@dataclass(frozen=True, slots=True)
class SignalView:
    """A signal's newest value against its limits."""

    id: str
    unit: str
    description: str
    value: Value
    quality: Quality | None
    source_time: datetime | None
    limits: SignalSpec
    status: str


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine as it stands now."""

    id: str
    line: str
    kind: str
    state: MachineState | None
    last_seen: datetime | None
    silent: bool
    issue: str | None
    severity: Severity | None
    signals: tuple[SignalView, ...]


def machine_view(
    machine: Machine,
    latest: Sequence[Reading],
    card: Issue | None,
    *,
    now: datetime,
    patience: timedelta,
) -> MachineView:
    """The view of a machine.

    Args:
        machine: as the plant describes it.
        latest: the newest reading of each signal.
        card: its open issue card.
        now: to judge silence by.
        patience: shortest silence that counts.
    """
    newest = {reading.signal: reading for reading in latest}
    seen = max((reading.source_time for reading in latest), default=None)
    state = newest.get(STATE)
    return MachineView(
        id=machine.id,
        line=machine.line,
        kind=machine.kind,
        state=state_of(state.value) if state else None,
        last_seen=seen,
        silent=seen is None or now - seen > patience,
        issue=card.id if card else None,
        severity=card.severity if card else None,
        signals=tuple(
            _signal(spec, newest.get(spec.id), now=now, patience=patience)
            for spec in machine.signals.values()
            if spec.id != STATE
        ),
    )


def state_of(number: Value) -> MachineState | None:
    """The PackML state of a value on the wire; None for what is none."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    try:
        return MachineState.from_number(int(number))
    except (ValueError, OverflowError):
        return None


def state_since(window: Window) -> datetime | None:
    """Since when the newest PackML state holds, or None when the window does not tell."""
    series = window.series.get(STATE)
    if series is None or not len(series.values):
        return None
    newest = series.values[-1]
    since = None
    for at, value in zip(reversed(series.times), reversed(series.values), strict=True):
        if value != newest:
            return datetime.fromtimestamp(since or at, UTC)
        since = at
    return None


def within_limits(window: Window, machine: Machine) -> frozenset[str]:
    """Signals whose newest value in the window lies within its limits."""
    newest = {name: one.values[-1] for name, one in window.series.items() if len(one.values)}
    specs = machine.signals
    return frozenset(
        name
        for name, value in newest.items()
        if name in specs and _against_limits(specs[name], float(value)) == NORMAL
    )


def _signal(
    spec: SignalSpec, reading: Reading | None, *, now: datetime, patience: timedelta
) -> SignalView:
    return SignalView(
        id=spec.id,
        unit=spec.unit,
        description=spec.description,
        value=_finite(reading.value) if reading else None,
        quality=reading.quality if reading else None,
        source_time=reading.source_time if reading else None,
        limits=spec,
        status=_status(spec, reading, now=now, patience=patience),
    )


def _status(
    spec: SignalSpec, reading: Reading | None, *, now: datetime, patience: timedelta
) -> str:
    if reading is None or reading.quality is Quality.BAD:
        return "unknown"
    expected = timedelta(seconds=PATIENCE * (spec.period_s or 0.0))
    if now - reading.source_time > max(patience, expected):
        return "silent"
    return _against_limits(spec, reading.value)


def _against_limits(spec: SignalSpec, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NORMAL
    above = (("high_high", spec.high_high), ("high", spec.high))
    below = (("low_low", spec.low_low), ("low", spec.low))
    crossed = [name for name, limit in above if limit is not None and value > limit]
    crossed += [name for name, limit in below if limit is not None and value < limit]
    return crossed[0] if crossed else NORMAL


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value
