"""Limit violations: with hysteresis, a minimum duration, and bursts counted as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import PRODUCING, Norm
from ingest.detect import Finding, Limits, rows_of
from ingest.digest import Digest, Rows, of_states
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
            beyond = crossings[(crossings["peak"] - side.limit) * side.sign > 0]
            found += _violations(digest, beyond, side, baseline, settings)
    return found


def _applies_in(side: Side, state: int, norm: Norm | None) -> bool:
    """A limit that is normally crossed in a state (no pressure when idle) is none in that state."""
    if state in PRODUCING:
        return True
    return side.direction == "up" if norm is None else _never_beyond(side, norm)


def _never_beyond(side: Side, norm: Norm, further: float = 0.0) -> bool:
    """Whether the baseline stayed that much inside of the limit in that state, run-up included."""
    return (norm.level - side.limit) * side.sign + norm.reach(side.sign) + further < 0


def _violations(
    digest: Digest,
    crossings: Rows,
    side: Side,
    baseline: SignalBaseline | None,
    settings: EvidenceSettings,
) -> Iterator[Finding]:
    interval, _ = rhythm_of(digest.presence)
    norms: Mapping[int, Norm] = baseline.norms if baseline else {}
    states = np.unique(digest.cells["state"]).tolist()
    binding = [state for state in states if _applies_in(side, state, norms.get(state))]
    cells = of_states(digest.cells, binding)
    for group in _grouped(of_states(crossings, binding), cells, interval, settings.merge_s):
        length = float(group["last"][-1] - group["first"][0])
        longest = min(length, float(group["longest"].max()))
        lasting = longest > 0.0 and longest + interval >= settings.limit_min_s
        count = max(1, int(group["runs"].sum()))
        if _is_news(group, side, norms, settings.settle_s) and (
            lasting or count >= settings.limit_bursts
        ):
            duration = min(length, float(group["seconds"].sum())) + count * interval
            yield _violation(digest, side, group, (count, duration), baseline)


def _is_news(group: Rows, side: Side, norms: Mapping[int, Norm], settle_s: float) -> bool:
    """A crossing soon after a change of state is none if the baseline had such.

    Single samples cross where the mean of their block, still running up, does not.
    """
    if group["since"].max() >= settle_s:
        return True
    known = [norms[state] for state in np.unique(group["state"]).tolist() if state in norms]
    return all(_never_beyond(side, norm, norm.furthest_spike) for norm in known)


def _grouped(crossings: Rows, cells: Rows, interval: float, apart_s: float) -> list[Rows]:
    """Those together between which it was back for a short time only; pauses do not count."""
    if not len(crossings):
        return []
    told = np.concatenate(([0.0], np.cumsum(cells["last"] - cells["first"] + interval)))
    at = np.searchsorted(cells["first"], crossings["cell"])
    calm = told[at[1:]] - told[at[:-1] + 1]
    inside = crossings["first"][1:] - cells["first"][at[1:]]
    rest = cells["last"][at[:-1]] - crossings["last"][:-1]
    return np.split(crossings, np.flatnonzero(calm + inside + rest > apart_s) + 1)


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
