"""Faults of the wire: a signal that falls silent, and a whole machine that does."""

from __future__ import annotations

import numpy as np

from prompting.evaluation.faults import Fault, FaultKind
from prompting.evaluation.scene import APART_S, Scene
from prompting.evaluation.signals import KINDS

MINUTE = 60.0


def dropout(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """One signal sends nothing for 3 to 40 minutes."""
    onset, free = scene.moment(rng, 3 * MINUTE), scene.free(rng, KINDS)
    if onset is None or not free:
        return None
    trace = free[0]
    end = min(scene.end, onset + max(10 * trace.design.period_s, rng.uniform(3, 40) * MINUTE))
    silent = trace.inside(onset, end)
    trace.silent |= silent
    last = float(trace.times[np.flatnonzero(silent)[0] - 1])
    return Fault(
        FaultKind.DROPOUT,
        last,
        end,
        signals=(trace.design.name,),
        numbers={"duration": end - last},
        onset_latest=onset,
    )


def gap(scene: Scene, rng: np.random.Generator) -> Fault | None:
    """The whole machine sends nothing for 3 to 40 minutes."""
    lasts = rng.uniform(3, 40) * MINUTE
    onset = scene.moment(rng, 3 * MINUTE)
    if onset is None or onset + lasts + APART_S > scene.end:
        return None
    if any(onset - APART_S < f.onset < onset + lasts + APART_S for f in scene.faults):
        return None
    for trace in scene.traces.values():
        trace.silent |= trace.inside(onset, onset + lasts)
    scene.closed.append((onset - APART_S, onset + lasts + APART_S))
    return Fault(
        FaultKind.GAP,
        onset,
        onset + lasts,
        signals=tuple(sorted(scene.traces)),
        numbers={"duration": lasts},
    )
