"""Two findings of press-3 as evidence: oil over its limit, pressure down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity, Summary
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.summarizer import Summarizer

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)


def evidence() -> tuple[Evidence, ...]:
    """E0001 oil over its limit, E0002 pressure down."""
    begun = START.timestamp()
    oil = Finding(
        kind=EvidenceKind.LIMIT_VIOLATION,
        signals=("oil_temp",),
        start=begun + 120,
        end=END.timestamp(),
        severity=Severity.WARNING,
        numbers={
            "peak": Quantity(71.34, "degC"),
            "limit": Quantity(65.0, "degC"),
            "duration": Quantity(1680.0, "s"),
            "count": Quantity(1.0),
        },
        active=True,
        direction="up",
    )
    pressure = Finding(
        kind=EvidenceKind.STEP,
        signals=("system_pressure",),
        start=begun + 300,
        end=END.timestamp(),
        severity=Severity.WARNING,
        numbers={"baseline": Quantity(160.2, "bar"), "level": Quantity(118.4, "bar")},
        active=True,
        direction="down",
    )
    return numbered([oil, pressure], "press-3")


def summary(asker: Asker | None, *, language: str = "en") -> Summary:
    """Of that evidence, by a model or by rule."""
    writer = Summarizer(asker, PromptLibrary(), timezone="Europe/Berlin", machines=["press-3"])
    return writer.summarize(evidence(), scope="press-3", start=START, end=END, language=language)


def texts(found: Summary) -> list[str]:
    """Its sentences."""
    return [statement.text for statement in found.statements]
