"""Figures made by hand, to decide upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service.comparison.nouns import (
    Approach,
    ArmResult,
    CascadeResult,
    Circumstances,
    ClassQuality,
    Prices,
    Quality,
)

LABELS = {"leak": 60, "jam": 64, "wear": 24}


def quality(macro_f1: float, *, half: float = 0.05, n: int = 120, **more: object) -> Quality:
    """Three labels, and an interval of that half width."""
    plain = Quality(
        n=n,
        accuracy=macro_f1,
        macro_f1=macro_f1,
        ci95=(max(macro_f1 - half, 0.0), min(macro_f1 + half, 1.0)),
        answered=1.0,
        accuracy_answered=macro_f1,
        chance_macro_f1=1 / 3,
        chance_p=0.0025,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def arm(
    approach: str, macro_f1: float | Quality, *, cost: float = 0.001, **more: object
) -> ArmResult:
    """One that stands for its approach, with all labels."""
    way = Approach(approach)
    labels = 0 if way is Approach.PROMPT else sum(LABELS.values())
    plain = ArmResult(
        approach=way,
        name={"prompt": "keywords", "rag": "nearest", "finetune": "hybrid"}[approach],
        model="",
        labels=labels,
        labels_per_class=None,
        quality=macro_f1 if isinstance(macro_f1, Quality) else quality(macro_f1),
        setup_s=1.0,
        setup_cpu_s=1.0,
        p50_ms=2.0,
        p95_ms=3.0,
        cpu_s_per_1000=2.0,
        tokens_per_1000=0.0,
        cost_per_1000=cost,
        one_off_cost=labels / 3,
        chosen=True,
        baseline=way is Approach.PROMPT,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def three(prompt: float, rag: float, finetune: float) -> list[ArmResult]:
    """One for each approach."""
    return [arm("prompt", prompt), arm("rag", rag), arm("finetune", finetune)]


def cascade(
    first: str, then: str, macro_f1: float | Quality, *, cost: float = 0.001
) -> CascadeResult:
    """Two in turn."""
    return CascadeResult(
        first=first,
        then=then,
        quality=macro_f1 if isinstance(macro_f1, Quality) else quality(macro_f1),
        share_first=0.64,
        p50_ms=2.0,
        p95_ms=3.0,
        cost_per_1000=cost,
        gain=0.01,
    )


def given(target: float = 0.8, **more: object) -> Circumstances:
    """A plant without a language model and without a code table."""
    plain = Circumstances(
        target=target,
        target_from="asked",
        labels=LABELS,
        code_rows=0,
        reads_texts=True,
        model="",
        prices=Prices(),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def curve(values: Mapping[int, float], *, approach: str = "finetune") -> list[ArmResult]:
    """Points of the learning curve, by labels a class."""
    return [
        arm(approach, value, labels=3 * size, labels_per_class=size, chosen=False)
        for size, value in values.items()
    ]


def classes(**f1: float) -> tuple[ClassQuality, ...]:
    """By label, each with 40 items and taken for the next one."""
    names = list(f1)
    return tuple(
        ClassQuality(name, 40, value, names[(at + 1) % len(names)])
        for at, (name, value) in enumerate(f1.items())
    )
