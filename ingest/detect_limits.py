"""Limit violations: with hysteresis, a minimum duration, and bursts counted as one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import PRODUCING, Norm
from ingest.detect import Finding, Limits, grouped, rows_of
from ingest.digest import Digest, Rows
from ingest.digest_crossing import Side, sides_of
from ingest.digest_rhythm import rhythm_of
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, Severity


def violations(
    digest: Digest, limits: Limits, baseline: SignalBaseline | None, *, settings: EvidenceSettings
) -> list[Finding]:
    """Crossings of the declared limits, those close together as one finding."""
    found: list[Finding] = []
    for side, crossings in zip(sides_of(limits), (digest.above, digest.below), strict=True):
        if side is not None and len(crossings):
            valid = crossings[_applies(side, crossings, baseline)]
            found += _violations(digest, valid, side, baseline, settings)
    return found


def _applies(side: Side, crossings: Rows, baseline: SignalBaseline | None) -> np.ndarray:
    """A limit that is normally crossed in a state (no pressure when idle) is none in that state."""
    allowed = [
        state
        for state in np.unique(crossings["state"]).tolist()
        if _applies_in(side, state, baseline.norms.get(state) if baseline else None)
    ]
    return np.isin(crossings["state"], allowed)


def _applies_in(side: Side, state: int, norm: Norm | None) -> bool:
    if state in PRODUCING:
        return True
    if norm is None:
        return side.direction == "up"
    return (norm.level - side.limit) * side.sign + norm.reach(side.sign) < 0


def _violations(
    digest: Digest,
    crossings: Rows,
    side: Side,
    baseline: SignalBaseline | None,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    interval, _ = rhythm_of(digest.presence)
    for group in grouped(crossings, settings.merge_s):
        longest = float(group["longest"].max())
        lasting = longest > 0.0 and longest + interval >= settings.limit_min_s
        count = max(1, int(group["runs"].sum()))
        if lasting or count >= settings.limit_bursts:
            duration = float(group["seconds"].sum()) + count * interval
            yield _violation(digest, side, group, (count, duration), baseline)


def _violation(
    digest: Digest,
    side: Side,
    group: Rows,
    extent: tuple[int, float],
    baseline: SignalBaseline | None,
) -> Finding:
    unit, (count, duration) = digest.unit, extent
    peak = group["peak"].max() if side.sign > 0 else group["peak"].min()
    numbers = {
        "peak": Quantity(float(peak), unit),
        "limit": Quantity(side.limit, unit),
        "duration": Quantity(duration, "s"),
        "count": Quantity(float(count)),
    }
    norm = baseline.norms.get(int(group["state"][0])) if baseline else None
    if norm is not None:
        numbers["baseline"] = Quantity(norm.level, unit)
    critical = side.critical is not None and int(group["critical"].sum()) > 1
    if critical and side.critical is not None:
        numbers["critical_limit"] = Quantity(side.critical, unit)
    return Finding(
        kind=EvidenceKind.LIMIT_VIOLATION,
        signals=(digest.signal,),
        start=float(group["first"][0]),
        end=float(group["last"][-1]),
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        numbers=numbers,
        rows=rows_of(group),
        active=bool(group["last"][-1] >= digest.cells["last"][-1]),
        direction=side.direction,
    )
