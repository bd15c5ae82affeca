"""How often a vote with so much behind it was right, among votes on what had no part in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.voting.electorate import Flags, Floats

_BIN = 12
"""Votes that are counted together at least."""
_BINS = 10


@dataclass(frozen=True, slots=True)
class Confidence:
    """From a signal to a share of right answers: rising, straight between the points."""

    signals: tuple[float, ...] = (0.0, 1.0)
    shares: tuple[float, ...] = (0.0, 1.0)

    def of(self, signal: Floats) -> Floats:
        """0 to 1."""
        found: Floats = np.interp(signal, self.signals, self.shares)
        return found


def measured(signal: Floats, right: Flags) -> Confidence:
    """Isotonic over bins of equally many votes, by the rule of succession in each.

    Below the lowest of them it falls to nothing: what is unlike all that was judged is not known
    to be right. So few votes that they make no bin leave the signal as it is.
    """
    from scipy.optimize import isotonic_regression

    bins = min(len(signal) // _BIN, _BINS)
    if not bins:
        return Confidence()
    order = np.argsort(signal, kind="stable")
    pieces = np.array_split(order, bins)
    means = np.array([signal[piece].mean() for piece in pieces])
    shares = np.array([(right[piece].sum() + 1) / (len(piece) + 2) for piece in pieces])
    rising = isotonic_regression(shares, weights=[float(len(piece)) for piece in pieces]).x
    return Confidence((0.0, *means.tolist()), (0.0, *rising.tolist()))
