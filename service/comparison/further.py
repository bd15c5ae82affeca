"""What is measured of an arm beyond its answers: consistency, a new class, a change of codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from service.comparison.consistency import measured_consistency
from service.comparison.figures import Bench, Measured
from service.comparison.flexibility import label_to_keep_out, measured_flexibility
from service.comparison.maintenance import measured_maintenance
from service.comparison.measuring import attempt
from service.comparison.nouns import Approach, ArmResult, Known
from service.comparison.pace import Pace
from service.comparison.ports import Arm
from service.comparison.report_words import arm_id

Found = TypeVar("Found")

MEASURES = ("consistency", "a new class", "a change of codes")
MOST, MOST_OF_MODEL = 100, 30
"""Items that each measure asks anew; of a language model."""


def is_cheap(one: Measured) -> bool:
    """Whether it costs neither a training to set it up again nor a language model to ask it."""
    return not one.asks_model and one.result.approach is not Approach.FINETUNE


def left_out(result: ArmResult) -> ArmResult:
    """With the reason why there are no such figures."""
    words = (
        "Consistency, a new class and a change of codes were not measured: it does not stand for "
        "its approach, and they take a training each or many questions to a language model."
    )
    return replace(result, notes=(*result.notes, words))


def measured_further(one: Measured, bench: Bench, *, whole: Known, pace: Pace) -> ArmResult:
    """Its figures with these three; the answerer may not be used afterwards.

    Args:
        one: the arm.
        bench: whose test is asked.
        whole: all there is to learn from, by which the new class is chosen, the same for every arm.
        pace: told what is being done.
    """
    arm, most = _again(one), MOST_OF_MODEL if one.asks_model else MOST
    name, notes = arm_id(one.result), list[str]()

    def noted(what: str, measure: Callable[[], Found]) -> Found | None:
        pace.tell(f"{name}, {what}")
        found, reason = attempt(measure)
        pace.advance((MEASURES.index(what) + 1) / len(MEASURES))
        if reason:
            notes.append(f"{what.capitalize()} was not measured: {reason}")
        return found

    wanted, known, seed = bench.test, one.known, bench.seed
    return replace(
        one.result,
        consistency=noted(
            "consistency",
            lambda: measured_consistency(one.answerer, wanted, seed=seed, at_most=most),
        ),
        flexibility=noted(
            "a new class",
            lambda: measured_flexibility(
                arm,
                known,
                wanted,
                seed=seed,
                at_most=most,
                label=label_to_keep_out(whole, wanted),
            ),
        ),
        maintenance=noted(
            "a change of codes",
            lambda: measured_maintenance(
                arm, known, wanted, seed=seed, at_most=most, spent=one.answerer
            ),
        ),
        notes=(*one.result.notes, *notes),
    )


def _again(one: Measured) -> Arm:
    """The arm as it would be set up from now on, without choosing again where it can say so."""
    settled = getattr(one.entrant.arm, "settled", None)
    arm: Arm = one.entrant.arm if settled is None else settled(one.answerer)
    return arm
