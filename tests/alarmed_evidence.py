"""Findings of press-3 with an alarm whose text a test may choose: oil, alarm E217, pressure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)


def floor() -> tuple[Evidence, ...]:
    """E0001 oil over its limit, E0002 the alarm, E0003 pressure down."""
    oil = Evidence(
        id="E0001",
        kind=EvidenceKind.LIMIT_VIOLATION,
        machine="press-3",
        signals=("oil_temp",),
        start=START + timedelta(minutes=2),
        end=END,
        severity=Severity.CRITICAL,
        statement="oil_temp above its high limit",
        numbers={
            "peak": Quantity(71.34, "degC"),
            "limit": Quantity(65.0, "degC"),
            "duration": Quantity(1680.0, "s"),
            "count": Quantity(1.0),
        },
        rows=(),
        direction="up",
    )
    alarm = replace(
        oil,
        id="E0002",
        kind=EvidenceKind.ALARM,
        signals=(),
        start=START + timedelta(minutes=3),
        severity=Severity.WARNING,
        statement="alarm E217 raised 2 times",
        numbers={"count": Quantity(2.0), "duration": Quantity(1500.0, "s")},
        direction="",
        codes=("E217",),
        quotes=("OIL TEMP HI",),
    )
    pressure = replace(
        oil,
        id="E0003",
        kind=EvidenceKind.STEP,
        signals=("system_pressure",),
        start=START + timedelta(minutes=5),
        severity=Severity.WARNING,
        statement="system_pressure stepped down",
        numbers={
            "baseline": Quantity(160.2, "bar"),
            "level": Quantity(118.4, "bar"),
            "duration": Quantity(1500.0, "s"),
        },
        direction="down",
    )
    return oil, alarm, pressure


def named(field: str, words: str) -> tuple[Evidence, ...]:
    """The same, with those words for the name of a signal, a code or the machine."""
    if field == "machine":
        return tuple(replace(item, machine=words) for item in floor())
    if field == "codes":
        return tuple(replace(i, codes=(words,)) if i.codes else i for i in floor())
    return tuple(replace(i, signals=(words,)) if i.signals else i for i in floor())
