"""Outcomes to figures: ranking, answers, citations, declining; whole and by kind. Shares of 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from rag.evaluation.abstention import CurvePoint, auroc, curve, threshold
from rag.evaluation.asking import Outcome
from rag.evaluation.ranking import gain_at, percentile, place_of_first

FALSE_ANSWERS = (0.01, 0.02, 0.05, 0.1)
"""Shares at which a threshold is told."""


def figures(outcomes: Sequence[Outcome], *, cpu_s: float) -> dict[str, Any]:
    """All of them.

    Args:
        cpu_s: CPU time of this process while the questions were put.
    """
    have = [one for one in outcomes if one.asked.expected]
    lack = [one for one in outcomes if one.asked.declined]
    times = [one.seconds for one in outcomes]
    return {
        "questions": len(outcomes),
        "answerable": len(have),
        "unanswerable": len(lack),
        **answering(have),
        "false_answers": _share(lack, lambda one: not one.declined),
        **declining(have, lack),
        "latency_ms": {
            "p50": round(1000 * percentile(times, 0.5), 1),
            "p95": round(1000 * percentile(times, 0.95), 1),
        },
        "cpu_ms_per_question": round(1000 * cpu_s / len(outcomes), 2),
        "by_document_kind": _by(have, lambda one: one.document_kind),
        "by_question_kind": _by(have, lambda one: one.asked.kind),
        "by_language": _by(have, lambda one: one.asked.language or "en"),
        "false_answers_by_kind": {
            kind: _share(some, lambda one: not one.declined)
            for kind, some in _grouped(lack, lambda one: one.asked.kind).items()
        },
    }


def answering(have: Sequence[Outcome]) -> dict[str, Any]:
    """Of questions that have an answer: how it ranks, and whether what is cited is right."""
    places = [place_of_first(one.right) for one in have]
    answered = [one for one in have if not one.declined]
    known = [one for one in have if one.wrong_machine is not None]
    return {
        "ndcg_at_10": _mean([gain_at(place) for place in places]),
        "recall_at_10": _mean([float(place > 0) for place in places]),
        "hit_at_1": _mean([float(place == 1) for place in places]),
        "answered": _share(have, lambda one: not one.declined),
        "citation_precision": _share(answered, lambda one: one.citation_right),
        "document_precision": _share(answered, lambda one: one.document_right),
        "some_citation_right": _share(answered, lambda one: one.cited_right),
        "wrong_machine": _share(known, lambda one: bool(one.wrong_machine)),
    }


def declining(have: Sequence[Outcome], lack: Sequence[Outcome]) -> dict[str, Any]:
    """How well support tells questions with an answer from those without."""
    with_answer, without = [one.support for one in have], [one.support for one in lack]
    area = auroc(with_answer, without)
    if area is None:
        return {"auroc": None, "thresholds": [], "curve": []}
    chosen = [threshold(with_answer, without, false_answers=share) for share in FALSE_ANSWERS]
    return {
        "auroc": round(area, 4),
        "thresholds": [
            {"at_most": share, **_point(point)}
            for share, point in zip(FALSE_ANSWERS, chosen, strict=True)
        ],
        "curve": [_point(point) for point in curve(with_answer, without)],
    }


def _point(point: CurvePoint) -> dict[str, float]:
    return {
        "support_min": round(point.support_min, 4),
        "answered": round(point.answered, 4),
        "false_answers": round(point.false_answers, 4),
    }


def _by(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, Any]:
    groups = _grouped(outcomes, key)
    return {name: {"questions": len(some), **answering(some)} for name, some in groups.items()}


def _grouped(
    outcomes: Sequence[Outcome], key: Callable[[Outcome], str]
) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(key(one) or "not said", []).append(one)
    return dict(sorted(groups.items()))


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return _mean([float(holds(one)) for one in outcomes])


def _mean(values: Sequence[float]) -> float | None:
    """None of nothing: a share of no question is not 0."""
    return round(fmean(values), 4) if values else None
