"""Texture of a signal: a value that stands still, single spikes, noise that grew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import NOISE_SAMPLES, Norm, per_state
from ingest.detect import Finding, rows_of, runs
from ingest.digest import Digest, Rows, of_states
from ingest.evidence_samples import SPIKE_SAMPLES, Flags, Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, RowRange, Severity

STILL_SAMPLES = 8
NOISE_BLOCKS = 2
SIGMA_OF_ROUGH = 1.0 / 0.6628
"""Sigma of white noise over its mean distance from the median of five."""
ADJACENT = 1.5
"""Samples closer than this many intervals are neighbours."""


def stuck(
    digest: Digest, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """A value that stands still far longer than it ever did while the machine was well."""
    lasting = digest.stills[digest.stills["last"] - digest.stills["first"] > settings.stuck_s]
    if not len(lasting):
        return
    by_state = [
        (of_states(digest.cells, [state]), _patience(baseline.norms[state], settings))
        for state in _moving(baseline)
    ]
    for run in lasting:
        counts = [(_inside(run, cells), longest) for cells, longest in by_state]
        if any(
            count >= STILL_SAMPLES and count * baseline.interval_s > longest
            for count, longest in counts
        ):
            yield _stuck(digest, run)


def _patience(norm: Norm, settings: EvidenceSettings) -> float:
    return max(settings.stuck_s, settings.stuck_runs * norm.longest_still_s)


def _inside(run: np.void, cells: Rows) -> int:
    """How many samples of a run are of those cells."""
    first = int(np.searchsorted(cells["last"], run["first"]))
    last = int(np.searchsorted(cells["first"], run["last"], side="right"))
    return min(int(run["count"]), int(cells["count"][first:last].sum()))


def _stuck(digest: Digest, run: np.void) -> Finding:
    return Finding(
        kind=EvidenceKind.STUCK,
        signals=(digest.signal,),
        start=float(run["first"]),
        end=float(run["last"]),
        severity=Severity.INFO,
        numbers={
            "level": Quantity(float(run["value"]), digest.unit),
            "duration": Quantity(float(run["last"] - run["first"]), "s"),
        },
        rows=(_row_range(run),),
        active=bool(run["last"] >= digest.cells["last"][-1]),
    )


def _row_range(run: np.void) -> RowRange:
    low, high = sorted((int(run["first_row"]), int(run["last_row"])))
    return RowRange("readings", low, high)


def spikes(
    digest: Digest, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """One or two samples far off between neighbours that agree; near ones count as one finding."""
    found = of_states(digest.spikes, _moving(baseline))
    if not len(found):
        return
    ends = (digest.cells["first"][0], digest.cells["last"][-1])
    inner = found[~np.isin(found["time"], ends)]
    apart = np.flatnonzero(np.diff(inner["time"]) > settings.merge_s) + 1
    for group in np.split(inner, apart) if len(inner) else []:
        yield _spike(digest, group, baseline.interval_s)


def _spike(digest: Digest, group: Rows, interval: float) -> Finding:
    worst = group[int(np.argmax(np.abs(group["value"] - group["around"])))]
    apart = np.diff(group["time"]) > ADJACENT * interval
    together = np.split(group, np.flatnonzero(apart) + 1)
    count = sum(-(-len(run) // SPIKE_SAMPLES) for run in together)
    return Finding(
        kind=EvidenceKind.SPIKE,
        signals=(digest.signal,),
        start=float(group["time"][0]),
        end=float(group["time"][-1]),
        severity=Severity.INFO,
        numbers={
            "peak": Quantity(float(worst["value"]), digest.unit),
            "level": Quantity(float(worst["around"]), digest.unit),
            "count": Quantity(float(count)),
        },
        rows=(RowRange("readings", int(group["row"].min()), int(group["row"].max())),),
        active=False,
        direction="up" if worst["value"] > worst["around"] else "down",
    )


def noise_changes(
    digest: Digest, baseline: SignalBaseline, *, settings: EvidenceSettings
) -> Iterator[Finding]:
    """Blocks whose noise is several times what it was."""
    usual = {state: norm.rough for state, norm in baseline.norms.items() if norm.rough > 0.0}
    cells = of_states(digest.cells, usual)
    if not len(cells):
        return
    known = per_state(cells["state"], usual)
    roughest = per_state(cells["state"], {s: baseline.norms[s].roughest for s in usual})
    share = np.minimum(_roughness(digest.spikes, cells) / known, 1e6)
    needed = np.maximum(settings.noise_ratio, settings.noise_reach * roughest / known)
    block_s = max(settings.noise_s, NOISE_SAMPLES * baseline.interval_s)
    groups, ratio, counts = _by_block(cells, share, block_s)
    _, enough, _ = _by_block(cells, share / needed, block_s)
    loud = (enough > 1.0) & (counts >= NOISE_SAMPLES)
    for first, last in runs(loud):
        if last - first + 1 >= NOISE_BLOCKS:
            own = _edges(share / needed, (groups[first], groups[last + 1]))
            worst = float(np.max(ratio[first : last + 1]))
            yield _noisy(digest, cells[own], float(np.median(known)), worst)


def _roughness(found: Rows, cells: Rows) -> Floats:
    """Of each cell, its spikes left out."""
    sums = cells["rough"] * cells["count"]
    at = np.searchsorted(cells["first"], found["cell"])
    kept = (at < len(cells)) & (cells["first"][np.clip(at, 0, len(cells) - 1)] == found["cell"])
    off = np.abs(found["value"] - found["around"])[kept]
    np.subtract.at(sums, at[kept], off)
    return np.asarray(np.maximum(sums, 0.0) / cells["count"])


def _by_block(cells: Rows, share: Floats, block_s: float) -> tuple[list[int], Floats, Floats]:
    """Where each block of noise begins, its mean share and its count of samples."""
    blocks = np.floor(cells["first"] / block_s)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(blocks)) + 1))
    counts = np.add.reduceat(cells["count"], edges).astype(np.float64)
    ratio = np.add.reduceat(share * cells["count"], edges) / counts
    return [*edges.tolist(), len(cells)], ratio, counts


def _edges(share: Floats, span: tuple[int, int]) -> slice:
    """The cells of loud blocks without quiet ones at either end, and with loud ones beside them."""
    first, last = span
    loud: Flags = share > 0.5
    while first < last - 1 and not loud[first]:
        first += 1
    while last - 1 > first and not loud[last - 1]:
        last -= 1
    while first > 0 and loud[first - 1]:
        first -= 1
    while last < len(share) and loud[last]:
        last += 1
    return slice(first, last)


def _noisy(digest: Digest, cells: Rows, usual: float, ratio: float) -> Finding:
    first, last = float(cells["first"][0]), float(cells["last"][-1])
    return Finding(
        kind=EvidenceKind.NOISE_CHANGE,
        signals=(digest.signal,),
        start=first,
        end=last,
        severity=Severity.INFO,
        numbers={
            "baseline": Quantity(SIGMA_OF_ROUGH * usual, digest.unit),
            "level": Quantity(SIGMA_OF_ROUGH * usual * ratio, digest.unit),
            "ratio": Quantity(ratio),
            "duration": Quantity(last - first, "s"),
        },
        rows=rows_of(cells),
        active=bool(last >= digest.cells["last"][-1]),
        direction="up",
    )


def _moving(baseline: SignalBaseline) -> list[int]:
    """States in which the signal is known to move."""
    return [state for state, norm in baseline.norms.items() if norm.noise > 0.0]
