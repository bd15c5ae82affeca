"""How often a signal was heard, from what its digest kept."""

from __future__ import annotations

import numpy as np

from ingest.digest import Rows
from ingest.evidence_samples import Floats


def rhythm_of(presence: Rows) -> tuple[float, float]:
    """Median and 99th percentile of the time between two samples; zeros for fewer than two.

    Of each block the longest pause is known, and the mean of the others.
    """
    if not len(presence) or int(presence["count"].sum()) < 2:
        return 0.0, 0.0
    spans = presence["last"] - presence["first"]
    before = np.diff(presence["last"], prepend=presence["first"][0]) - spans
    others = np.maximum(presence["count"] - 1, 0).astype(np.float64)
    rest = np.maximum(spans + np.maximum(before, 0.0) - presence["pause"], 0.0)
    mean = np.divide(rest, others, out=np.zeros(len(rest)), where=others > 0)
    gaps = np.concatenate((presence["pause"], mean))
    weights = np.concatenate((np.ones(len(rest)), others))
    heard = (gaps > 0) & (weights > 0)
    return _quantile(gaps[heard], weights[heard], 0.5), _quantile(gaps[heard], weights[heard], 0.99)


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    at = int(np.searchsorted(total, share * total[-1]))
    return float(values[order][min(at, len(values) - 1)])
