"""Which way questions should be answered: the prompt alone, from documents, or with both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.comparison.nouns import ArmResult, Branch, Decision, FailedArm, Route
from service.comparison.question_answers import NO_ANSWER
from service.comparison.question_arms import ALONE, DECLINES
from service.comparison.question_library import BOTH, QUOTED
from service.comparison.report_words import arm_id, percent, plain

_ASKED = {
    ALONE: "Does the prompt alone reach the target?",
    QUOTED: "Does retrieval alone reach it?",
    BOTH: "Does retrieval with the prompt reach it?",
}
_SHOWN = 3
"""Places that are named, of those that are answered worst."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a decision on questions rests on beside the figures of the arms."""

    target: float
    """Macro-F1 that is wanted."""
    unworded: int
    """Questions that have an answer and say no words of it."""
    model: str
    """The language model; empty: none is set."""
    failed: tuple[FailedArm, ...] = ()


def decide_questions(arms: Sequence[ArmResult], given: Asking) -> Decision:
    """The first that reaches the target, in the order of what it takes to run.

    Of two arms the one that is asked for later has to reach what the earlier one does not.
    """
    by_name = {arm.name: arm for arm in arms}
    walk = [ALONE if given.model else DECLINES, QUOTED, BOTH]
    branches: list[Branch] = []
    winner = None
    for name in walk:
        if name == QUOTED:
            branches.append(_documents(by_name))
        branches.append(_branch(name, by_name.get(name), given))
        if branches[-1].answer == "yes":
            winner = by_name[name]
            break
    return Decision(
        approach=Route.NONE if winner is None else Route(winner.approach.value),
        arm="" if winner is None else arm_id(winner),
        branches=tuple(branches),
        would_change=tuple(_would_change(by_name, winner, given)),
    )


def _documents(arms: dict[str, ArmResult]) -> Branch:
    there = QUOTED in arms or BOTH in arms
    reason = "documents were read and asked" if there else "no document could be asked"
    return Branch("Are there documents?", "yes" if there else "no", f"{reason}.")


def _branch(name: str, arm: ArmResult | None, given: Asking) -> Branch:
    question = _ASKED[ALONE if name == DECLINES else name]
    if arm is None:
        return Branch(question, "not known", _why_not(name, given))
    low, high = arm.quality.ci95
    score = f"macro-F1 {arm.quality.macro_f1:.2f} (95 %: {low:.2f} to {high:.2f})"
    said = f"{arm.name} is right on {percent(arm.quality.accuracy)} of {arm.quality.n} questions"
    reached = arm.quality.macro_f1 >= given.target and not arm.baseline
    side = "reaches" if arm.quality.macro_f1 >= given.target else "falls short of"
    sure = " with its whole interval" if reached and low >= given.target else ""
    stands = " It stands in for the prompt: no model is set." if arm.baseline else ""
    words = f"{said}, {score}: {side} {given.target:g}{sure}.{stands}"
    return Branch(question, "yes" if reached else "no", words)


def _why_not(name: str, given: Asking) -> str:
    failed = next((one for one in given.failed if one.name == name), None)
    if failed is not None:
        return f"{failed.name} could not be measured: {plain(failed.reason).rstrip('.')}."
    return "no language model is set." if not given.model else "it was not measured."


def _would_change(
    arms: dict[str, ArmResult], winner: ArmResult | None, given: Asking
) -> Iterator[str]:
    if not given.model:
        yield (
            "A language model (ANDON_LLM_URL and ANDON_LLM_MODEL, or ANDON_LLM_FOLDER): the prompt "
            "alone and retrieval with a prompt would be measured too."
        )
    elif given.unworded and winner is not arms.get(ALONE):
        yield (
            f"Words of the answer for the {given.unworded} question(s) that say none: the prompt "
            "alone cites nothing and cannot be right on them."
        )
    best = winner or max(arms.values(), key=lambda one: one.quality.macro_f1, default=None)
    if best is None:
        yield "Documents that answer, with --documents or andon docs add."
        return
    yield from _worst(best)
    yield from _other_targets(arms, winner, best)


def _worst(best: ArmResult) -> Iterator[str]:
    """Where the best of them is wrong."""
    wrong = sorted((one for one in best.quality.classes if one.f1 < 0.5), key=lambda one: one.f1)
    for one in wrong[:_SHOWN]:
        other = "" if one.mistaken_for == NO_ANSWER else f"taken for {plain(one.mistaken_for)}"
        taken = f", mostly {other or 'declined'}" if one.mistaken_for else ""
        yield (
            f"Better words in the documents on {plain(one.label)}: {best.name} has an F1 of "
            f"{one.f1:.2f} on its {one.n} question(s){taken}."
        )


def _other_targets(
    arms: dict[str, ArmResult], winner: ArmResult | None, best: ArmResult
) -> Iterator[str]:
    if winner is None:
        value = best.quality.macro_f1
        yield f"A target of {value:.2f} or less: {best.name} reaches that, of all the most."
        return
    above = (arm for arm in arms.values() if arm.quality.macro_f1 > winner.quality.macro_f1)
    better = max(above, key=lambda arm: arm.quality.macro_f1, default=None)
    if better is not None:
        yield (
            f"A target above {winner.quality.macro_f1:.2f}: {better.name} has "
            f"{better.quality.macro_f1:.2f}."
        )
    else:
        yield f"A target above {winner.quality.macro_f1:.2f}: none of them reaches more."
