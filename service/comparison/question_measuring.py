"""One arm of a comparison of questions, from its set-up to its figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.evaluation.questions import Asked
from service.comparison.cost import cost_per_1000, one_off_cost, tokens_per_1000
from service.comparison.measuring import MOST_OF_MODEL, Watch
from service.comparison.nouns import ArmResult, Consistency, Flexibility, Prices, Quality, Reply
from service.comparison.quality import quality
from service.comparison.question_answers import (
    Answering,
    QuestionArm,
    Told,
    is_right,
    item_of,
    reply_of,
)
from service.comparison.question_flexibility import new_document
from service.comparison.question_library import Shelved
from service.comparison.rewording import reworded
from service.comparison.sampling import refuse_silence
from service.comparison.typos import mistyped

AGAIN = 40
"""Questions that are asked otherwise."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every arm is measured on and reckoned with."""

    questions: tuple[Asked, ...]
    """In an order of chance."""
    prices: Prices
    seed: int


@dataclass(frozen=True, slots=True)
class _Round:
    """Every question asked once, one at a time."""

    questions: tuple[Asked, ...]
    told: tuple[Told, ...]
    took_ms: tuple[float, ...]
    cpu_s: float


def measured(arm: QuestionArm, setting: Setting, watch: Watch) -> ArmResult:
    """Set it up, ask it everything, then some of it otherwise.

    Raises:
        AndonFault: it cannot be set up, or gives no answers.
    """
    began, cpu = time.perf_counter(), time.process_time()
    with arm.opened() as ready:
        first = ready.ask(setting.questions[0])
        set_up = time.perf_counter() - began, time.process_time() - cpu
        few = setting.questions[:MOST_OF_MODEL] if first.tokens_in else setting.questions
        asked = _asked(ready, few, watch)
        result = _result(arm, asked, setting, set_up=set_up)
        return replace(
            result,
            consistency=_consistency(ready, asked, setting.seed),
            flexibility=_flexibility(ready, asked),
            notes=(*arm.notes, *_bounded(asked, setting)),
        )


def _asked(ready: Answering, questions: Sequence[Asked], watch: Watch) -> _Round:
    told: list[Told] = []
    took: list[float] = []
    cpu = time.process_time()
    for at, one in enumerate(questions):
        began = time.perf_counter()
        told.append(ready.ask(one))
        took.append((time.perf_counter() - began) * 1000)
        failed = [one.failed for one in told if one.failed]
        refuse_silence(failed, len(told), of=len(questions))
        watch(at / len(questions))
    return _Round(tuple(questions), tuple(told), tuple(took), time.process_time() - cpu)


def _result(
    arm: QuestionArm, asked: _Round, setting: Setting, *, set_up: tuple[float, float]
) -> ArmResult:
    pairs = zip(asked.questions, asked.told, strict=True)
    replies = [reply_of(one, told, setting.questions) for one, told in pairs]
    cpu_s_per_1000 = asked.cpu_s / len(asked.told) * 1000
    return ArmResult(
        approach=arm.approach,
        name=arm.name,
        model=arm.model,
        labels=0,
        labels_per_class=None,
        quality=_quality(asked, replies, setting.seed),
        setup_s=set_up[0],
        setup_cpu_s=set_up[1],
        p50_ms=float(np.quantile(asked.took_ms, 0.5)),
        p95_ms=float(np.quantile(asked.took_ms, 0.95)),
        cpu_s_per_1000=cpu_s_per_1000,
        tokens_per_1000=tokens_per_1000(replies),
        cost_per_1000=cost_per_1000(replies, cpu_s_per_1000, setting.prices),
        one_off_cost=one_off_cost(set_up[1], 0, setting.prices),
        baseline=arm.baseline,
    )


def _quality(asked: _Round, replies: Sequence[Reply], seed: int) -> Quality:
    """An answer that is right or wrong is an answer, whatever it is called."""
    found = quality([item_of(one) for one in asked.questions], replies, seed=seed)
    pairs = list(zip(asked.questions, asked.told, strict=True))
    given = [is_right(one, told) for one, told in pairs if not told.declined]
    return replace(
        found,
        answered=len(given) / len(pairs),
        accuracy_answered=sum(given) / len(given) if given else None,
    )


def _consistency(ready: Answering, asked: _Round, seed: int) -> Consistency:
    """Equal are two answers that cite the same place first, or say the same, or both decline."""
    few = asked.questions[:AGAIN]
    first = [told.gist for told in asked.told[:AGAIN]]

    def share(change: Callable[[str, int], str]) -> float:
        others = [
            ready.ask(one.model_copy(update={"question": change(one.question, seed + at)}))
            for at, one in enumerate(few)
        ]
        return sum(a == b.gist for a, b in zip(first, others, strict=True)) / len(few)

    turned = [ready.ask(one).gist for one in reversed(few)][::-1]
    return Consistency(
        again=share(lambda text, _: text),
        reworded=share(lambda text, at: reworded(text, seed=at)),
        reordered=sum(a == b for a, b in zip(first, turned, strict=True)) / len(few),
        typos=share(lambda text, at: mistyped(text, seed=at)),
        n=len(few),
    )


def _flexibility(ready: Answering, asked: _Round) -> Flexibility | None:
    """A new document is to a library what a new class is to a classifier."""
    if not isinstance(ready, Shelved):
        return None
    return new_document(ready, list(zip(asked.questions, asked.told, strict=True)))


def _bounded(asked: _Round, setting: Setting) -> tuple[str, ...]:
    if len(asked.questions) == len(setting.questions):
        return ()
    some, every = len(asked.questions), len(setting.questions)
    return (f"Asked {some} of the {every} questions, drawn by chance: each asks a model.",)
