"""Which of the samples that a digest kept are spikes, for a machine of that baseline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingest.baseline import SignalBaseline
from ingest.baseline_norm import per_state, spike_room
from ingest.digest import Digest, Rows, of_states
from ingest.evidence_samples import Floats
from ingest.evidence_settings import EvidenceSettings


def with_spikes(digest: Digest, baseline: SignalBaseline, settings: EvidenceSettings) -> Digest:
    """With those only that are further off than the baseline allows in their state."""
    room = {state: spike_room(norm, settings) for state, norm in baseline.norms.items()}
    known = of_states(digest.spikes, room)
    off = np.abs(known["value"] - known["around"])
    return replace(digest, spikes=known[off > per_state(known["state"], room)])


def levelled(cells: Rows, spikes: Rows, block_s: float) -> tuple[Floats, Floats]:
    """Means of cells and of their parts as if the spikes had been as the samples around them."""
    means, fine = cells["mean"].copy(), cells["fine"].copy()
    at = np.searchsorted(cells["first"], spikes["cell"])
    kept = (at < len(cells)) & (cells["first"][np.clip(at, 0, len(cells) - 1)] == spikes["cell"])
    at, spikes = at[kept], spikes[kept]
    np.subtract.at(means, at, (spikes["value"] - spikes["around"]) / cells["count"][at])
    share = (spikes["time"] / block_s - cells["block"][at]) * fine.shape[1]
    part = np.clip(share.astype(np.int64), 0, fine.shape[1] - 1)
    fine[at, part] = np.nan
    return means, fine
