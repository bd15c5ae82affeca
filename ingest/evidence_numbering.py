"""Findings become evidence: in order of time, with ids and words, and never too many."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ingest.detect import Finding
from ingest.evidence_wording import statement
from ingest.vocabulary import Evidence


def bounded(findings: Iterable[Finding], most: int) -> list[Finding]:
    """The most urgent ones: by severity, then those still so, then the longest."""

    def urgency(finding: Finding) -> tuple[int, bool, float]:
        return finding.severity.rank, finding.active, finding.end - finding.start

    return sorted(_in_time(findings), key=urgency, reverse=True)[:most]


def numbered(findings: Iterable[Finding], machine: str) -> tuple[Evidence, ...]:
    """Evidence in order of onset, numbered from E0001."""
    return tuple(
        _evidence(f"E{number:04}", finding, machine)
        for number, finding in enumerate(_in_time(findings), start=1)
    )


def _in_time(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.start, f.end, f.kind.value, f.signals, f.codes))


def _evidence(identity: str, finding: Finding, machine: str) -> Evidence:
    return Evidence(
        id=identity,
        kind=finding.kind,
        machine=machine,
        signals=finding.signals,
        start=datetime.fromtimestamp(finding.start, UTC),
        end=datetime.fromtimestamp(finding.end, UTC),
        severity=finding.severity,
        statement=statement(finding),
        numbers=dict(finding.numbers),
        rows=finding.rows,
        active=finding.active,
        direction=finding.direction,
        codes=finding.codes,
        quotes=finding.quotes,
    )
