"""Texture of a signal: a value that stands still, single spikes, noise that grew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import SIGMA_OF_ROUGH, Norm, per_state
from ingest.detect import Finding, latched, rows_of, runs
from ingest.digest import Digest, Rows, of_states
from ingest.digest_noise import NOISE_SAMPLES, rough_blocks
from ingest.evidence_samples import SPIKE_SAMPLES, Floats
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import EvidenceKind, Quantity, RowRange, Severity

STILL_SAMPLES = 8
NOISE_BLOCKS = 2
STILL_LOUD = 0.5
"""Noise ends below this share of what it takes to begin."""
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
        if not baseline.norms[state].thin
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
    needed = np.maximum(settings.noise_ratio, settings.noise_reach * roughest / known)
    share = np.minimum(cells["rough"] / known, 1e6)
    block_s = max(settings.noise_s, NOISE_SAMPLES * baseline.interval_s)
    blocks = rough_blocks(cells, share / needed, block_s)
    enough = blocks.counts >= NOISE_SAMPLES
    loud = latched(enough & (blocks.means > 1.0), enough & (blocks.means < STILL_LOUD))
    for first, last in runs(loud):
        if last - first + 1 >= NOISE_BLOCKS:
            span = (int(blocks.edges[first]), int(blocks.edges[last + 1]))
            own = _edges(share, span, int(blocks.edges[first + 1] - blocks.edges[first]))
            ratio = float(np.average(share[own], weights=cells["count"][own]))
            yield _noisy(digest, cells[own], float(np.median(known)), ratio)


def _edges(share: Floats, span: tuple[int, int], width: int) -> slice:
    """The cells at which the noise before and after differ most, around both ends."""
    first, last = span
    level = np.sqrt(share)
    begin = max(0, first - width)
    if begin < first:
        begin += _sharpest(level[begin : min(last, first + width)])
    end = min(len(share), last + width)
    if last < end:
        final = max(begin + 1, last - width)
        end = final + _sharpest(level[final:end])
    return slice(begin, max(end, begin + 1))


def _sharpest(values: Floats) -> int:
    """The index from which on the mean differs most from that before."""
    if len(values) < 2:
        return 0
    count = np.arange(1, len(values))
    before = np.cumsum(values)[:-1]
    after = values.sum() - before
    gain = (before / count - after / (len(values) - count)) ** 2 * count * (len(values) - count)
    return int(np.argmax(gain)) + 1


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
