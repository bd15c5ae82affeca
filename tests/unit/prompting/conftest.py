"""Evidence as the extraction makes it, with numbers drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.alarms import findings
from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import (
    Event,
    EventState,
    Evidence,
    EvidenceKind,
    Quantity,
    RowRange,
    Severity,
)

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)


def limit(at_s: float = 120.0, *, active: bool = True) -> Finding:
    """Oil that drifted over its limit."""
    end = END if active else START + timedelta(seconds=at_s + 400)
    return Finding(
        kind=EvidenceKind.LIMIT_VIOLATION,
        signals=("oil_temp",),
        start=START.timestamp() + at_s,
        end=end.timestamp(),
        severity=Severity.WARNING,
        numbers={
            "peak": Quantity(71.34, "degC"),
            "limit": Quantity(65.0, "degC"),
            "baseline": Quantity(52.17, "degC"),
            "duration": Quantity(311.0, "s"),
            "count": Quantity(1.0),
            "lead": Quantity(85.0, "s"),
        },
        rows=(RowRange("readings", 10, 900),),
        active=active,
        direction="up",
    )


def pressure(at_s: float = 300.0) -> Finding:
    """Pressure that stepped down."""
    return Finding(
        kind=EvidenceKind.STEP,
        signals=("system_pressure",),
        start=START.timestamp() + at_s,
        end=END.timestamp(),
        severity=Severity.WARNING,
        numbers={
            "baseline": Quantity(160.2, "bar"),
            "level": Quantity(118.4, "bar"),
            "change": Quantity(41.8, "bar"),
            "peak": Quantity(112.9, "bar"),
            "duration": Quantity(1500.0, "s"),
        },
        active=True,
        direction="down",
    )


def alarm(at_s: float = 210.0, text: str = "OIL TEMP HI - chk cooler") -> list[Finding]:
    """An alarm raised twice and still up."""
    times = (at_s, at_s + 100.0, at_s + 200.0)
    states = (EventState.RAISED, EventState.CLEARED, EventState.RAISED)
    events = []
    for seconds, state in zip(times, states, strict=True):
        at = START + timedelta(seconds=seconds)
        events.append(Event("press-3", "E217", Severity.WARNING, state, text, at, at, "t", row=7))
    return findings(events, START, END, settings=EvidenceSettings())


@pytest.fixture
def floor() -> tuple[Evidence, ...]:
    """E0001 oil over its limit, E0002 the alarm, E0003 pressure down."""
    return numbered([limit(), *alarm(), pressure()], "press-3")


@pytest.fixture
def elsewhere() -> Callable[[Evidence, str], Evidence]:
    """The same finding on another machine."""
    return lambda item, machine: replace(item, machine=machine)
