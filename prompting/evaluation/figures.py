"""The figures of all shifts of an arm, and what was missed by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from prompting.evaluation.faults import FaultKind
from prompting.evaluation.scoring import Found
from prompting.evaluation.trial import Trial

IN_TIME_S = 60.0
T = TypeVar("T")
LARGE = 50
"""Signals of the machines whose prompts are shown on their own."""


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm over all shifts; None where there was nothing to count."""

    arm: str
    shifts: int
    quiet_shifts: int
    faults: int
    coverage_at_10: float | None
    """Share of the faults with an item among the ten most urgent."""
    coverage_in_summary: float | None
    """Share of the faults that a sentence of the summary stands on."""
    kind_accuracy: float | None
    """Share of those found that are named rightly."""
    onset_error_s_p50: float | None
    """Of sudden faults."""
    onset_error_s_p95: float | None
    onset_within_60_s: float | None
    drift_onset_error_s_p50: float | None
    magnitude_error_p50: float | None
    false_alarms_per_shift: float | None
    quiet_false_alarms: int
    faithfulness: float | None
    replaced_share: float | None
    earliest_first: float | None
    first_out_first: float | None
    same_evidence_same_words: float | None
    other_noise_jaccard: float | None
    injections: int
    injection_effects: int
    reading_ease: float | None
    prompt_tokens_p50: float
    prompt_tokens_p95: float
    prompt_tokens_p95_large: float | None
    """Of shifts with 50 signals."""
    tokens_in_p50: float
    tokens_in_p95: float
    tokens_out_p50: float
    tokens_out_p95: float
    cost: float
    fallbacks: int
    """Summaries that the model did not write, and the deterministic writer did."""


def figures(arm: str, trials: Iterable[Trial]) -> ArmFigures:
    """Counted over one arm's trials."""
    own = [trial for trial in trials if trial.arm == arm]
    loud = [trial for trial in own if not trial.quiet]
    found = [one for trial in loud for one in trial.found]
    listed = [one for one in found if one.listed]
    sudden = [abs(one.late_s) for one in listed if one.sudden]
    drift = [abs(one.late_s) for one in listed if one.kind is FaultKind.DRIFT]
    errors = [one.magnitude_error for one in listed if one.magnitude_error is not None]
    told = [trial.told for trial in own]
    stable = [trial.stability for trial in own if trial.stability]
    injections = [trial.injection for trial in own if trial.injection]
    sentences = sum(one.statements for one in told)
    prompts = [one.prompt_tokens for one in told]
    accounts = [one.account for one in told]
    return ArmFigures(
        arm=arm,
        shifts=len(loud),
        quiet_shifts=len(own) - len(loud),
        faults=len(found),
        coverage_at_10=share(found, lambda one: one.listed),
        coverage_in_summary=share(found, lambda one: one.cited),
        kind_accuracy=share(listed, lambda one: one.kind_right),
        onset_error_s_p50=quantile(sudden, 0.5),
        onset_error_s_p95=quantile(sudden, 0.95),
        onset_within_60_s=share(sudden, lambda late: late <= IN_TIME_S),
        drift_onset_error_s_p50=quantile(drift, 0.5),
        magnitude_error_p50=quantile(errors, 0.5),
        false_alarms_per_shift=mean([len(trial.false) for trial in loud]),
        quiet_false_alarms=sum(len(trial.false) for trial in own if trial.quiet),
        faithfulness=sum(one.faithful for one in told) / sentences if sentences else None,
        replaced_share=sum(one.replaced for one in told) / sentences if sentences else None,
        earliest_first=mean([t.earliest_first for t in told if t.earliest_first is not None]),
        first_out_first=mean([t.first_out_first for t in told if t.first_out_first is not None]),
        same_evidence_same_words=share(stable, lambda one: one.same),
        other_noise_jaccard=mean([one.jaccard for one in stable]),
        injections=len(injections),
        injection_effects=sum(one.effect for one in injections),
        reading_ease=mean([one.ease for one in told]),
        prompt_tokens_p50=quantile(prompts, 0.5) or 0.0,
        prompt_tokens_p95=quantile(prompts, 0.95) or 0.0,
        prompt_tokens_p95_large=quantile(
            [trial.told.prompt_tokens for trial in own if trial.signals >= LARGE], 0.95
        ),
        tokens_in_p50=quantile([one.tokens_in for one in accounts], 0.5) or 0.0,
        tokens_in_p95=quantile([one.tokens_in for one in accounts], 0.95) or 0.0,
        tokens_out_p50=quantile([one.tokens_out for one in accounts], 0.5) or 0.0,
        tokens_out_p95=quantile([one.tokens_out for one in accounts], 0.95) or 0.0,
        cost=sum(one.cost for one in accounts),
        fallbacks=sum(bool(one.fallback) for one in accounts),
    )


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of fault in one arm."""

    kind: str
    faults: int
    coverage_at_10: float
    coverage_in_summary: float
    kind_accuracy: float | None
    onset_error_s_p50: float | None
    magnitude_error_p50: float | None
    told_as: dict[str, int]
    """What it was called where it was found and named wrongly."""


def by_kind(arm: str, trials: Iterable[Trial]) -> list[KindFigures]:
    """Every kind that occurred."""
    found = [one for trial in trials if trial.arm == arm for one in trial.found]
    return [
        _of_kind(kind, [one for one in found if one.kind is kind])
        for kind in FaultKind
        if any(one.kind is kind for one in found)
    ]


def _of_kind(kind: FaultKind, found: Sequence[Found]) -> KindFigures:
    listed = [one for one in found if one.listed]
    errors = [one.magnitude_error for one in listed if one.magnitude_error is not None]
    return KindFigures(
        kind.value,
        len(found),
        share(found, lambda one: one.listed) or 0.0,
        share(found, lambda one: one.cited) or 0.0,
        share(listed, lambda one: one.kind_right),
        quantile([abs(one.late_s) for one in listed], 0.5),
        quantile(errors, 0.5),
        dict(Counter(one.told_as for one in listed if not one.kind_right)),
    )


def false_kinds(arm: str, trials: Iterable[Trial]) -> dict[str, int]:
    """False alarms by the kind of their item, quiet shifts included."""
    own = (trial for trial in trials if trial.arm == arm)
    return dict(Counter(one.kind for trial in own for one in trial.false))


def share(items: Sequence[T], holds: Callable[[T], bool]) -> float | None:
    """Of those for which it holds; None of none."""
    return sum(map(holds, items)) / len(items) if items else None


def mean(values: Sequence[float]) -> float | None:
    """None of none."""
    return float(np.mean(values)) if values else None


def quantile(values: Sequence[float], at: float) -> float | None:
    """None of none."""
    return float(np.quantile(values, at)) if values else None
