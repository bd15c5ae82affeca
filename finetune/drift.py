"""Whether a model still meets what it was fitted for: its last predictions against a reference.

Only what makes a model worse counts as a reason to retrain: more inputs unlike anything learnt,
more answers that a person has to look at, less confidence. That the labels come in other shares
may be the plant and not the model; alone it is a reason to watch. Predictions come in bursts, many
from one issue: as much as neighbours resemble each other, as much fewer they count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from finetune.examples import Floats
from finetune.limits import Reference
from ingest.vocabulary import Outcome

LEAST = 50
"""Predictions, without which nothing is said."""
ALPHA = 0.001
"""Chance of each test to call what is only noise a change, at one look."""
LEAST_EXPECTED = 5
"""Predictions of a label; rarer labels are counted as one."""
SHIFTED = 0.2
"""Population stability index from which the labels' shares count as shifted."""
MOST_ALIKE = 0.9
"""Correlation of neighbours that is believed at most."""
RISES = {"unknown": (0.05, 0.15), "review": (0.1, 0.2), "confidence": (0.05, 0.1)}
"""By how much each has to change for the worse, to watch and to retrain."""


class Verdict(StrEnum):
    """What to do."""

    TOO_FEW = "too few"
    STEADY = "steady"
    WATCH = "watch"
    RETRAIN = "retrain"


@dataclass(frozen=True, slots=True)
class Seen:
    """One prediction that was given."""

    label: str | None
    """The likeliest one, also where a person should look; None where unknown."""
    outcome: Outcome
    confidence: float


@dataclass(frozen=True, slots=True)
class Drift:
    """What the last predictions say of a model."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """In plain words, the gravest first."""
    figures: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "figures": {key: round(value, 4) for key, value in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class _Sign:
    """One thing that changed for the worse."""

    of: str
    grave: bool
    reason: str


def drift(
    reference: Reference,
    seen: Sequence[Seen],
    *,
    label_names: Sequence[str],
    usual: Sequence[Seen] = (),
) -> Drift:
    """Compare the last predictions of a version with how it answered rows it had not learnt.

    Args:
        reference: of the version, see `Limits.reference`.
        seen: its last predictions, some hundreds.
        label_names: of its task, in order.
        usual: earlier predictions of the same version at this plant. The labels' shares are
            compared with these where there are enough: a training set is rarely mixed as a plant.
    """
    if len(seen) < LEAST:
        said = f"Only {len(seen)} predictions so far; {LEAST} are needed to say anything."
        return Drift(Verdict.TOO_FEW, (said,), {"predictions": float(len(seen))})
    figures = {"predictions": float(len(seen))}
    signs = [
        *_shares(reference, seen, figures),
        *_confidence(reference, seen, figures),
        *_labels(_usual(reference, usual, label_names), _counts(seen, label_names), figures),
    ]
    signs.sort(key=lambda sign: not sign.grave)
    return Drift(_verdict(signs), tuple(sign.reason for sign in signs), figures)


def _verdict(signs: Sequence[_Sign]) -> Verdict:
    if any(sign.grave for sign in signs) or len({sign.of for sign in signs}) > 1:
        return Verdict.RETRAIN
    return Verdict.WATCH if signs else Verdict.STEADY


def _shares(reference: Reference, seen: Sequence[Seen], figures: dict[str, float]) -> list[_Sign]:
    """More inputs unlike anything learnt, more answers to look at."""
    from scipy.stats import binomtest, fisher_exact

    signs = []
    kinds = (
        ("unknown", Outcome.UNKNOWN, reference.unknown, "are unlike anything learnt"),
        ("review", Outcome.REVIEW, reference.review, "need a person to look"),
    )
    for name, outcome, before, words in kinds:
        found = np.array([one.outcome is outcome for one in seen], dtype=np.float64)
        share, worth = float(found.mean()), round(len(seen) * independent(found))
        count = round(share * worth)
        interval = binomtest(count, worth).proportion_ci(method="wilson")
        figures |= {
            name: share,
            f"{name}_low": float(interval.low),
            f"{name}_high": float(interval.high),
            f"{name}_reference": before,
        }
        then = round(before * reference.rows)
        table = [[count, worth - count], [then, reference.rows - then]]
        chance = float(fisher_exact(table, alternative="greater").pvalue)
        watch, grave = RISES[name]
        if chance < ALPHA and share - before >= watch:
            reason = f"{share:.0%} of the inputs {words}, where {before:.0%} were expected."
            of = name if name == "unknown" else "confidence"
            signs.append(_Sign(of, share - before >= grave, reason))
    return signs


def _confidence(
    reference: Reference, seen: Sequence[Seen], figures: dict[str, float]
) -> list[_Sign]:
    """Less confidence in what is known."""
    from scipy.stats import ttest_ind_from_stats

    known = np.array([one.confidence for one in seen if one.outcome is not Outcome.UNKNOWN])
    if len(known) < LEAST or reference.rows < LEAST:
        return []
    mean, spread = float(known.mean()), max(float(known.std(ddof=1)), 1e-6)
    figures |= {"confidence": mean, "confidence_reference": reference.confidence}
    worth = max(len(known) * independent(known), 2.0)
    now, then = (mean, spread, worth), (reference.confidence, reference.spread, reference.rows)
    test = ttest_ind_from_stats(*now, *then, equal_var=False, alternative="less")
    fallen = reference.confidence - mean
    watch, grave = RISES["confidence"]
    if float(test.pvalue) >= ALPHA or fallen < watch:
        return []
    reason = f"The mean confidence fell from {reference.confidence:.2f} to {mean:.2f}."
    return [_Sign("confidence", fallen >= grave, reason)]


def _labels(before: Floats, now: Floats, figures: dict[str, float]) -> list[_Sign]:
    """Labels in other shares than before."""
    from scipy.stats import chi2_contingency

    if min(before.sum(), now.sum()) < LEAST / 2:
        return []
    table = _common(np.vstack([before, now]))
    index = stability_index(table[0], table[1])
    figures["label_shift"] = index
    if table.shape[1] < 2:
        return []
    chance = float(chi2_contingency(table, lambda_="log-likelihood").pvalue)
    if chance >= ALPHA or index < SHIFTED:
        return []
    return [
        _Sign(
            "labels",
            grave=False,
            reason=f"The labels come in other shares than before (stability index {index:.2f}).",
        )
    ]


def stability_index(before: Floats, now: Floats) -> float:
    """Population stability index of two rows of counts, less what chance alone adds to it."""
    first, second = before + 0.5, now + 0.5
    first, second = first / first.sum(), second / second.sum()
    index = float(((second - first) * np.log(second / first)).sum())
    by_chance = (len(before) - 1) * float(1 / before.sum() + 1 / now.sum())
    return max(index - by_chance, 0.0)


def independent(series: Floats) -> float:
    """Share of a series that is worth as much as the whole, because neighbours resemble each other.

    From the correlation of each with the next, as for a series that forgets by and by.
    """
    off = series - series.mean()
    among = float(off @ off)
    together = float(off[1:] @ off[:-1]) / among if among > 0 else 0.0
    together = min(max(together, 0.0), MOST_ALIKE)
    return (1 - together) / (1 + together)


def _common(table: Floats) -> Floats:
    """The same counts with the labels that are rare in both taken together."""
    expected = table.sum(axis=0) * (table.sum(axis=1) / table.sum()).min()
    rare = expected < LEAST_EXPECTED
    merged = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    found: Floats = merged[:, merged.sum(axis=0) > 0]
    return found


def _usual(reference: Reference, usual: Sequence[Seen], label_names: Sequence[str]) -> Floats:
    if usual:
        return _counts(usual, label_names)
    known = reference.rows * (1 - reference.unknown)
    return np.round(np.asarray(reference.labels) * known)


def _counts(seen: Sequence[Seen], label_names: Sequence[str]) -> Floats:
    """Predictions of each label, as many as are worth something."""
    column = {name: at for at, name in enumerate(label_names)}
    said = np.array([column[one.label] for one in seen if one.label in column], dtype=np.int64)
    counts = np.bincount(said, minlength=len(label_names)).astype(np.float64)
    if len(said) < LEAST:
        return counts
    by_chance = float(((counts / counts.sum()) ** 2).sum())
    alike = float((said[1:] == said[:-1]).mean())
    together = min(max((alike - by_chance) / max(1 - by_chance, 1e-9), 0.0), MOST_ALIKE)
    return counts * (1 - together) / (1 + together)
