"""A comparison as it might have come out, made by hand: for the tests of what is shown of it."""

from __future__ import annotations

from dataclasses import replace

from service.comparison.nouns import (
    Approach,
    ArmResult,
    Branch,
    CascadeResult,
    Consistency,
    Decision,
    Flexibility,
    Maintenance,
    Prices,
    Quality,
    Report,
    Route,
)

TARGET = 0.8


def quality(macro_f1: float, *, n: int = 196, answered: float = 0.94) -> Quality:
    """Quality with an interval about it."""
    return Quality(
        n=n,
        accuracy=min(macro_f1 + 0.02, 1.0),
        macro_f1=macro_f1,
        ci95=(max(macro_f1 - 0.06, 0.0), min(macro_f1 + 0.05, 1.0)),
        answered=answered,
        accuracy_answered=min(macro_f1 + 0.05, 1.0),
        chance_macro_f1=0.12,
    )


def arm(approach: Approach, name: str, macro_f1: float, **more: object) -> ArmResult:
    """One arm, measured with the rest of what a representative has."""
    plain = ArmResult(
        approach=approach,
        name=name,
        model="all-MiniLM-L6-v2",
        labels=784,
        labels_per_class=None,
        quality=quality(macro_f1),
        setup_s=4.2,
        setup_cpu_s=7.9,
        p50_ms=11.0,
        p95_ms=17.0,
        cpu_s_per_1000=12.0,
        tokens_per_1000=0.0,
        cost_per_1000=0.00017,
        one_off_cost=261.3,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def measured(one: ArmResult, *, again: float, seconds: float | None) -> ArmResult:
    """The same as the one that stands for its approach."""
    return replace(
        one,
        chosen=True,
        consistency=Consistency(again, 0.91, 0.99, 0.83, n=60),
        flexibility=Flexibility("seal_leak", seconds, 0.78, 0.98, "the index takes the new rows"),
        maintenance=Maintenance(
            change="12 codes renumbered, 1 label renamed",
            versioned=("the index, by content hash", "the prompt, by SHA-256"),
            stale=0.21,
            repair_s=1.4,
            repaired=0.97,
            redone="the rows whose codes changed",
        ),
    )


def example() -> Report:
    """Fine-tuning reaches the target, a cascade does at less cost."""
    prompt = arm(
        Approach.PROMPT,
        "key words",
        0.41,
        model="no language model",
        labels=0,
        setup_s=0.004,
        setup_cpu_s=0.004,
        p50_ms=0.08,
        p95_ms=0.13,
        cpu_s_per_1000=0.08,
        cost_per_1000=0.0000011,
        one_off_cost=0.0,
        baseline=True,
        notes=("No language model is set: key words stand in for the prompt.",),
    )
    retrieval = [
        arm(
            Approach.RAG,
            "nearest-examples",
            value,
            labels=labels,
            labels_per_class=per_class,
            setup_s=1.1,
            one_off_cost=labels / 3,
        )
        for value, labels, per_class in (
            (0.33, 0, 0),
            (0.52, 56, 8),
            (0.6, 112, 16),
            (0.66, 224, 32),
            (0.71, 448, 64),
            (0.745, 784, None),
        )
    ]
    tuned = [
        arm(
            Approach.FINETUNE,
            name,
            value + offset,
            labels=labels,
            labels_per_class=per_class,
            cost_per_1000=0.0006,
            p50_ms=14.5,
            p95_ms=21.0,
            setup_s=38.0,
            one_off_cost=labels / 3,
        )
        for name, offset in (("hybrid", 0.0), ("tfidf", -0.06))
        for value, labels, per_class in (
            (0.49, 56, 8),
            (0.63, 112, 16),
            (0.74, 224, 32),
            (0.81, 448, 64),
            (0.86, 784, None),
        )
    ]
    arms = [measured(prompt, again=1.0, seconds=0.01), *retrieval, *tuned]
    arms[6] = measured(arms[6], again=1.0, seconds=0.9)
    arms[11] = measured(arms[11], again=1.0, seconds=41.0)
    cascade = CascadeResult(
        first="rag/nearest-examples",
        then="finetune/hybrid",
        quality=quality(0.87, answered=0.97),
        share_first=0.64,
        p50_ms=11.2,
        p95_ms=24.0,
        cost_per_1000=0.00029,
        gain=0.01,
    )
    return Report(
        id="error_code-20261123-072645-3fa9",
        task="error_code",
        split="196 of 980 rows kept apart by group, the same for all",
        target=TARGET,
        target_from="task file",
        rows=980,
        test_rows=196,
        data_sha256="a" * 64,
        seed=0,
        made_at="2026-11-23T07:26:45+00:00",
        seconds=312.4,
        versions={"andon": "0.1.0", "python": "3.11.2", "scikit-learn": "1.7.2"},
        machine="2 CPU cores, x86_64, 8 GB",
        model="",
        prices=Prices(),
        arms=tuple(arms),
        cascades=(cascade,),
        decision=decision(),
        notes=("No code table was given: retrieval stands on the labelled examples alone.",),
    )


def decision() -> Decision:
    """The tree as it was walked."""
    return Decision(
        approach=Route.CASCADE,
        arm="rag/nearest-examples + finetune/hybrid",
        branches=(
            Branch(
                "Does prompting reach the target?",
                "no",
                "key words has macro-F1 0.41 (95 %: 0.35 to 0.46) where 0.80 is wanted.",
            ),
            Branch("Is there a data set?", "yes", "784 labelled examples of 7 labels."),
            Branch(
                "Does retrieval reach the target?",
                "no",
                "nearest-examples has macro-F1 0.75 (95 %: 0.69 to 0.80), 0.05 short.",
            ),
            Branch(
                "Does fine-tuning reach the target?",
                "yes",
                "hybrid has macro-F1 0.86 (95 %: 0.80 to 0.91); the whole interval is above.",
            ),
            Branch(
                "Does a cascade reach it for half the cost?",
                "yes",
                "retrieval answers 64 % and the rest goes on: 0.87 for 0.00029 EUR in place of "
                "0.0006 EUR per 1,000 items.",
            ),
        ),
        would_change=(
            "With about 120 more labels of seal_leak retrieval alone would reach the target.",
            "A target of 0.75 or less: retrieval would be enough.",
            "At more than 40 ms per item there is no change: all are faster.",
        ),
    )
