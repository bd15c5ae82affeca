"""The gate before a promotion: whether a candidate may take the place of the version in use.

It only decides. Both are compared on the rows of the frozen test that both were judged on, each by
what it said of them before it had learnt any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from finetune.examples import Floats, Rows
from finetune.frozen import Judgement
from finetune.score import BINS, bins_of, calibration_error, coverage, macro_f1
from ingest.errors import DataFault

RESAMPLES = 200
MACRO_F1 = 0.02
"""Macro-F1 that a candidate may lose."""
MACRO_F1_AT_MOST = 0.05
"""However small the test is: noise excuses no greater loss."""
RECALL = 0.10
"""Share of a label's rows that it may lose, net of those that it gains; one row at least."""
RECALL_BEYOND_CHANCE = 0.05
"""From this share on a loss that is no chance is too much, on a label with many rows."""
CHANCE = 0.05
OVERCONFIDENCE = 0.05
OVERCONFIDENCE_AT_MOST = 0.10
COVERAGE = 0.10
COVERAGE_AT_MOST = 0.25
MARGINS: Mapping[str, float] = {
    "macro_f1": MACRO_F1,
    "macro_f1_at_most": MACRO_F1_AT_MOST,
    "recall": RECALL,
    "recall_beyond_chance": RECALL_BEYOND_CHANCE,
    "overconfidence": OVERCONFIDENCE,
    "overconfidence_at_most": OVERCONFIDENCE_AT_MOST,
    "coverage_at_90": COVERAGE,
    "coverage_at_90_at_most": COVERAGE_AT_MOST,
}
AHEAD = 0.05
"""Mean recall by which a first version must beat the most frequent label."""


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One label on the rows that both were judged on."""

    label: str
    rows: int
    before: int
    """Rows that the version in use has right."""
    after: int
    lost: int
    gained: int


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate found."""

    passed: bool
    reasons: tuple[str, ...]
    """Why it is refused, each a sentence; empty if it passed."""
    rows: int
    against: str = ""
    """The version it was compared with; empty for a first one."""
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """`before` and `after`."""
    labels: tuple[LabelChange, ...] = ()
    margins: Mapping[str, float] = field(default_factory=lambda: dict(MARGINS))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class GateRefused(DataFault):
    """A candidate that the gate does not let into use."""

    def __init__(self, task: str, version: str, report: GateReport) -> None:
        self.report = report
        self.reasons = report.reasons
        against = f", against {report.against}" if report.against else ""
        super().__init__(
            f"Version {version} of task {task} is not put into use (judged on {report.rows} "
            f"rows that it had not learnt{against}): {' '.join(report.reasons)}",
            remedy="It stays stored. Look at its card; to use it all the same: "
            f"andon models promote {task} {version} --force --reason WHY.",
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """What one version said to rows, in numbers."""

    probabilities: Floats
    labels: Rows

    @property
    def predicted(self) -> Rows:
        found: Rows = self.probabilities.argmax(axis=1)
        return found


def gate(
    candidate: Sequence[Judgement], current: Sequence[Judgement] = (), *, against: str = ""
) -> GateReport:
    """Decide; without a version in use the candidate must only know more than the shares."""
    if not against:
        return _first(candidate)
    removed = _removed(candidate, current)
    shared = _shared(candidate, current)
    if len(shared) < max(1, min(len(candidate), len(current))):
        reasons = (*removed, f"It and {against} were judged on different rows: no comparison.")
        return GateReport(passed=False, reasons=reasons, rows=0, against=against)
    names = _names([one for pair in shared for one in pair])
    after = _said([one for one, _ in shared], names)
    before = _said([one for _, one in shared], names)
    labels = _changes(names, before, after)
    reasons = (*removed, *_losses(labels), *_worse(before, after))
    figures = {"before": _figures(before), "after": _figures(after)}
    return GateReport(not reasons, reasons, len(shared), against, figures, labels)


def _first(candidate: Sequence[Judgement]) -> GateReport:
    """Whether what it says goes with the right labels at all: chance and majority do not."""
    if not candidate:
        return GateReport(passed=False, reasons=("It was judged on no row at all.",), rows=0)
    names = _names(candidate)
    said = _said(candidate, names)
    reasons = () if _knows_something(said) else (_NOTHING,)
    figures = {"after": _figures(said)}
    return GateReport(not reasons, reasons, len(candidate), figures=figures)


_NOTHING = (
    "It knows no more of the right labels than who always says the most frequent one, "
    "or guesses by their shares."
)


def _knows_something(said: _Said) -> bool:
    """Mean recall above 1/labels by the margin, and above that of shuffled labels.

    Where so few rows cannot tell even the best from chance, all of them must be right.
    """
    truth, predicted = said.labels, said.predicted
    kinds = np.unique(truth)
    if (predicted == truth).all():
        return len(kinds) > 1
    if _mean_recall(predicted, truth, kinds) < 1 / len(kinds) + AHEAD:
        return False
    luck = np.random.default_rng(0)
    by_chance = [_mean_recall(predicted, luck.permutation(truth), kinds) for _ in range(RESAMPLES)]
    reached = _mean_recall(predicted, truth, kinds)
    return bool((np.asarray(by_chance) >= reached - 1e-12).mean() < CHANCE)


def _mean_recall(predicted: Rows, truth: Rows, kinds: Rows) -> float:
    return float(np.mean([(predicted[truth == kind] == kind).mean() for kind in kinds]))


def _removed(candidate: Sequence[Judgement], current: Sequence[Judgement]) -> tuple[str, ...]:
    gone = sorted(_known(current) - _known(candidate)) if candidate else []
    return (f"It no longer knows the labels {', '.join(gone)}.",) if gone else ()


def _known(judged: Sequence[Judgement]) -> set[str]:
    return {name for one in judged[:1] for name in one.probabilities}


def _shared(
    candidate: Sequence[Judgement], current: Sequence[Judgement]
) -> list[tuple[Judgement, Judgement]]:
    """Pairs of the same row; one that they hold to be of different labels is none."""
    known = {(one.fingerprint, one.label): one for one in current}
    return [
        (one, known[one.fingerprint, one.label])
        for one in candidate
        if (one.fingerprint, one.label) in known
    ]


def _names(judged: Sequence[Judgement]) -> tuple[str, ...]:
    found = {one.label for one in judged}
    return tuple(sorted(found.union(*(one.probabilities for one in judged))))


def _said(judged: Sequence[Judgement], names: Sequence[str]) -> _Said:
    index = {name: at for at, name in enumerate(names)}
    table = [[one.probabilities.get(name, 0.0) for name in names] for one in judged]
    labels = np.array([index[one.label] for one in judged], dtype=np.int64)
    return _Said(np.array(table, dtype=np.float64), labels)


def _changes(names: Sequence[str], before: _Said, after: _Said) -> tuple[LabelChange, ...]:
    was, now = before.predicted == before.labels, after.predicted == after.labels
    found = []
    for at in np.unique(before.labels):
        of = before.labels == at
        counts = [of, of & was, of & now, of & was & ~now, of & now & ~was]
        found.append(LabelChange(names[at], *(int(rows.sum()) for rows in counts)))
    return tuple(found)


def _losses(labels: Sequence[LabelChange]) -> list[str]:
    return [
        f"Label {one.label}: {one.after} of {one.rows} rows right, {one.before} before."
        for one in labels
        if _lost(one)
    ]


def _lost(change: LabelChange) -> bool:
    """All that was right is wrong, more than the margin is, or less but by no chance."""
    if change.before and not change.after:
        return True
    net = change.lost - change.gained
    if net > max(1, RECALL * change.rows):
        return True
    from scipy.stats import binomtest

    moved = change.lost + change.gained
    return (
        net > max(1, RECALL_BEYOND_CHANCE * change.rows)
        and binomtest(change.lost, moved, alternative="greater").pvalue < CHANCE
    )


def _worse(before: _Said, after: _Said) -> list[str]:
    found = []
    for name, (figure, sign, margin, at_most) in _MEASURES.items():
        loss = sign * (figure(before) - figure(after))
        allowed = margin
        if loss > margin:
            allowed = max(margin, min(_noise(figure, before, after), at_most))
        if loss > allowed + 1e-9:
            found.append(
                f"{name} was {figure(before):.3f} and is {figure(after):.3f}; "
                f"it may be worse by {allowed:.3f} at most."
            )
    return found


def _noise(figure: Callable[[_Said], float], before: _Said, after: _Said) -> float:
    """Standard error of the difference over resampled rows, the same for both."""
    chance, count = np.random.default_rng(0), len(before.labels)
    differences = []
    for _ in range(RESAMPLES):
        rows = chance.integers(0, count, count)
        differences.append(figure(_of(before, rows)) - figure(_of(after, rows)))
    return float(np.std(differences))


def _of(said: _Said, rows: Rows) -> _Said:
    return _Said(said.probabilities[rows], said.labels[rows])


def _macro_f1(said: _Said) -> float:
    return macro_f1(said.predicted, said.labels)


def _overconfidence(said: _Said) -> float:
    """The part of the calibration error that promises too much; too little does no harm."""
    confidence, right = said.probabilities.max(axis=1), said.predicted == said.labels
    gaps = np.bincount(bins_of(confidence), weights=confidence - right, minlength=BINS) / len(right)
    return float(np.maximum(gaps, 0).sum())


def _coverage(said: _Said) -> float:
    return coverage(said.probabilities, said.labels)[0]


_MEASURES: Mapping[str, tuple[Callable[[_Said], float], int, float, float]] = {
    "Macro-F1": (_macro_f1, 1, MACRO_F1, MACRO_F1_AT_MOST),
    "Overconfidence": (_overconfidence, -1, OVERCONFIDENCE, OVERCONFIDENCE_AT_MOST),
    "Share answered at 90 % accuracy": (_coverage, 1, COVERAGE, COVERAGE_AT_MOST),
}


def _figures(said: _Said) -> dict[str, float]:
    figures = {
        "accuracy": float((said.predicted == said.labels).mean()),
        "macro_f1": _macro_f1(said),
        "ece": calibration_error(said.probabilities, said.labels),
        "coverage_at_90": _coverage(said),
    }
    return {name: round(value, 4) for name, value in figures.items()}
