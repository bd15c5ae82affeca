"""Where a model stops answering, found on rows that it has not learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from finetune.conformal import label_set, least_probability
from finetune.examples import Floats, Rows
from finetune.score import ASKED_ACCURACY, BINS, abstention_threshold, bins_of

KNOWN_LOST = 0.05
"""Share of known inputs that may be taken for unknown."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reference:
    """How the model answered rows that it had not learnt from: what drift is measured against.

    Labels and confidence are those of the rows that were not unknown.
    """

    rows: Annotated[int, Field(ge=0)]
    labels: tuple[Share, ...]
    """Share of each label as the likeliest one, in the task's order."""
    confidences: tuple[Share, ...]
    """Share of the rows in each of equally wide bins of the confidence."""
    confidence: Share
    """Mean."""
    review: Share
    unknown: Share

    @property
    def spread(self) -> float:
        """Standard deviation of the confidence, from its bins."""
        middles = (np.arange(len(self.confidences)) + 0.5) / len(self.confidences)
        shares = np.asarray(self.confidences)
        mean = float(shares @ middles)
        return float(np.sqrt(shares @ (middles - mean) ** 2))


@dataclass(frozen=True, slots=True)
class Limits:
    """What stands between a probability and an answer."""

    threshold: Annotated[float, Field(ge=0, le=2)]
    """Confidence under which a person should look; above 1 nothing is answered."""
    asked: Annotated[float, Field(gt=0, lt=1)]
    """Share of right answers for which the threshold was set."""
    unknown_below: Finite | None
    """Familiarity under which an input is unknown; None: nothing is."""
    least: Share
    """Probability that a label needs to be in the label set."""
    reference: Reference

    def label_set(self, row: Floats) -> tuple[int, ...]:
        """Columns of the labels that hold the right one in 90 % of cases, likeliest first."""
        return label_set(row, self.least)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `limits_from` reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the answers to labelled rows end under the limits; shares of the rows."""

    label: float
    review: float
    unknown: float
    accuracy: float | None
    """Of the labels that were answered; None where none was."""
    asked: float
    set_coverage: float
    """Share of the rows whose label is in their label set."""
    set_size: float
    """Mean number of labels in a set."""

    def as_dict(self) -> dict[str, float | None]:
        """For JSON, rounded to what it can mean."""
        return {
            key: None if value is None else round(value, 4) for key, value in asdict(self).items()
        }


def outcomes(
    probabilities: Floats, labels: Rows, near: Floats | None, *, limits: Limits
) -> Outcomes:
    """What becomes of labelled rows.

    Args:
        probabilities: calibrated, shape (rows, labels).
        labels: of the rows.
        near: familiarity of each row; None: nothing is unknown.
        limits: of the model.
    """
    below = limits.unknown_below
    unknown = np.zeros(len(labels), dtype=bool) if near is None or below is None else near < below
    sure = (probabilities.max(axis=1) >= limits.threshold) & ~unknown
    right = probabilities.argmax(axis=1) == labels
    sets = [limits.label_set(row) for row in probabilities]
    return Outcomes(
        label=float(sure.mean()),
        review=float((~sure & ~unknown).mean()),
        unknown=float(unknown.mean()),
        accuracy=float(right[sure].mean()) if sure.any() else None,
        asked=limits.asked,
        set_coverage=float(
            np.mean([label in held for label, held in zip(labels, sets, strict=True)])
        ),
        set_size=float(np.mean([len(held) for held in sets])),
    )


def limits_of(
    probabilities: Floats,
    labels: Rows,
    near: Floats | None = None,
    *,
    asked: float = ASKED_ACCURACY,
) -> Limits:
    """The limits that out-of-fold rows give.

    Args:
        probabilities: out-of-fold and calibrated, shape (rows, labels).
        labels: of the rows.
        near: familiarity of each row with the rows of the other folds; None: nothing is unknown.
        asked: share of the answers given that should be right.
    """
    threshold = abstention_threshold(probabilities, labels, asked=asked)
    below, unknown = None, np.zeros(len(labels), dtype=bool)
    if near is not None:
        below = float(np.quantile(near, KNOWN_LOST))
        unknown = near < below
    return Limits(
        threshold=threshold,
        asked=asked,
        unknown_below=below,
        least=least_probability(probabilities, labels),
        reference=_reference(probabilities, unknown, threshold=threshold),
    )


def limits_from(content: Mapping[str, Any]) -> Limits:
    """What `as_dict` gave, read back.

    Raises:
        ValueError: it is not of that form.
    """
    return TypeAdapter(Limits).validate_python(content)


def _reference(probabilities: Floats, unknown: Flags, *, threshold: float) -> Reference:
    known = probabilities[~unknown] if not unknown.all() else probabilities
    confidence = known.max(axis=1)
    leading = np.bincount(known.argmax(axis=1), minlength=known.shape[1])
    bins = bins_of(confidence)
    return Reference(
        rows=len(probabilities),
        labels=_shares(leading),
        confidences=_shares(np.bincount(bins, minlength=BINS)),
        confidence=min(float(confidence.mean()), 1.0),
        review=float((confidence < threshold).sum() / len(probabilities)),
        unknown=float(unknown.mean()),
    )


def _shares(counts: Rows) -> tuple[float, ...]:
    return tuple((counts / counts.sum()).tolist())
