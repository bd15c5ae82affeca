"""What an engineer would call usual of a signal, read from its day without fault."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from prompting.evaluation.course import Flags, Floats

BLOCK_S = 60.0
MAD_TO_SIGMA = 1.4826
AROUND = 5
"""Samples whose median an outlier is measured from."""
CLEAR_SIGMAS = 6.0
CLEAR_BANDS = 2.0
CLEAR_NOISE = 2.5
CLEAR_STEPS = 3.0


@dataclass(frozen=True, slots=True)
class Usual:
    """One signal in production over the day before the shift."""

    level: float
    """Median of the means of a minute."""
    block_sigma: float
    """Robust spread of the means of a minute."""
    above: float
    """The furthest that the mean of any minute was above the level."""
    below: float
    """The furthest that it was below."""
    sigma: float
    """Spread of single samples around the mean of their minute."""
    noise: float
    """From one sample to the next."""
    outlier: float
    """The furthest that any sample was from the median around it."""
    still_s: float
    """How long the value stood still at most."""
    quantum: float
    lowest: float
    """Of all samples in production."""
    highest: float
    """Of all samples in any state."""

    def clear(self, sign: float) -> float:
        """How far off a level is that nobody overlooks in a trend plot and all want to be told.

        Six sigmas of the means of a minute, and twice as far to that side as any minute of the
        whole day before it was, so that the new level lies clearly outside the day's band. Also
        2.5 sigmas of single samples, for it must be no matter of averaging, and three steps of the
        sensor. A cold start makes a band deep below and not above.
        """
        return max(
            CLEAR_SIGMAS * self.block_sigma,
            CLEAR_BANDS * (self.above if sign > 0 else self.below),
            CLEAR_NOISE * self.sigma,
            CLEAR_STEPS * self.quantum,
        )


def usual(times: Floats, values: Floats, producing: Flags, *, quantum: float) -> Usual:
    """Read from the samples of a day without fault.

    Args:
        times: Of the samples.
        values: As the sensor told them.
        producing: Which of them are of production that has settled.
        quantum: The sensor's smallest step.
    """
    own_times, own = times[producing], values[producing]
    block = np.floor((own_times - times[0]) / BLOCK_S).astype(np.int64)
    _, index, counts = np.unique(block, return_inverse=True, return_counts=True)
    means = np.bincount(index, weights=own) / counts
    whole = means[counts >= 0.5 * np.median(counts)]
    level = float(np.median(whole))
    steps = np.abs(np.diff(own))
    return Usual(
        level=level,
        block_sigma=MAD_TO_SIGMA * float(np.median(np.abs(whole - level))),
        above=float(np.max(whole)) - level,
        below=level - float(np.min(whole)),
        sigma=float(np.std(own - means[index])),
        noise=max(float(np.median(steps)) / 0.954, 0.3 * quantum),
        outlier=float(np.max(np.abs(own - median_filter(own, AROUND)))),
        still_s=_still(own_times, own),
        quantum=quantum,
        lowest=float(own.min()),
        highest=float(values.max()),
    )


def _still(times: Floats, values: Floats) -> float:
    """Within stretches of production, not across the pauses between them."""
    moves = (np.diff(values) != 0) | (np.diff(times) > BLOCK_S)
    edges = np.concatenate(([0], np.flatnonzero(moves) + 1, [len(values)]))
    return float(np.max(times[edges[1:] - 1] - times[edges[:-1]]))
