"""Rows of the roster, which every store of it keeps in the same form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ingest.roster import Attendance, Lease, Member, Pulse

Row = tuple[Any, ...]


def member_row(attendance: Attendance, now: float, term_s: float) -> Row:
    """Collector, lanes, renewed, term_s, figures, words."""
    return (
        attendance.collector,
        json.dumps(sorted(attendance.lanes)),
        now,
        term_s,
        json.dumps(dict(attendance.figures)),
        json.dumps(dict(attendance.words)),
    )


def members_of(rows: Iterable[Row]) -> dict[str, Member]:
    """Out of collector, lanes, renewed, term_s."""
    return {
        name: Member(frozenset(json.loads(lanes)), renewed, term_s)
        for name, lanes, renewed, term_s in rows
    }


def leases_of(rows: Iterable[Row]) -> dict[str, Lease]:
    """Out of name, holder, renewed, term_s."""
    return {name: Lease(holder, renewed, term_s) for name, holder, renewed, term_s in rows}


def pulses_of(rows: Iterable[Row], now: float) -> list[Pulse]:
    """Out of collector, renewed, figures, words."""
    return [
        Pulse(collector, abs(now - renewed), json.loads(figures), json.loads(words))
        for collector, renewed, figures, words in rows
    ]
