"""All shifts through all arms, over the processors at hand."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import Any

from prompting.evaluation.figures import ArmFigures, KindFigures, by_kind, false_kinds, figures
from prompting.evaluation.planted import Planted, planted_errors
from prompting.evaluation.trial import DETERMINISTIC, EVIDENCE, Stand, Trial
from prompting.settings import PromptingSettings

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do."""
Job = tuple[int, bool]
"""A seed, and whether the shift is a quiet one."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be tested."""

    shifts: int = 200
    quiet: int = 50
    seed: int = 1
    """Of the first shift and of the first quiet shift; the next ones follow."""
    planted: int = 1000
    """Errors of each sort that the truth check must catch; 0: it is not tested."""
    arms: tuple[str, ...] = (DETERMINISTIC,)
    workers: int = 1

    @property
    def jobs(self) -> list[Job]:
        """Every shift."""
        loud = [(self.seed + number, False) for number in range(self.shifts)]
        return loud + [(self.seed + number, True) for number in range(self.quiet)]


@dataclass(frozen=True, slots=True)
class Results:
    """What came out, by arm."""

    order: Order
    trials: tuple[Trial, ...]
    planted: Planted | None
    seconds: float

    def arm(self, name: str) -> ArmFigures:
        """One arm's figures."""
        return figures(name, self.trials)

    def by_kind(self, name: str) -> list[KindFigures]:
        """One arm's figures, a row a kind of fault."""
        return by_kind(name, self.trials)

    @property
    def main(self) -> str:
        """The arm whose figures stand for the product: as it is installed, if it was tested."""
        arms = self.order.arms
        return next((a for a in (DETERMINISTIC, EVIDENCE) if a in arms), arms[0])

    def record(self) -> dict[str, Any]:
        """The contract's keys, then everything else."""
        main = asdict(self.arm(self.main))
        planted = self.planted
        return {
            "shifts": self.order.shifts,
            "coverage_at_10": main["coverage_at_10"],
            "kind_accuracy": main["kind_accuracy"],
            "onset_error_s_p50": main["onset_error_s_p50"],
            "false_alarms_per_shift": main["false_alarms_per_shift"],
            "quiet_false_alarms": main["quiet_false_alarms"],
            "planted_errors": dict(planted.shares) if planted else {},
            "planted_false_alarms": planted.false_alarms if planted else None,
            "prompt_tokens_p95": main["prompt_tokens_p95"],
            "quiet_shifts": self.order.quiet,
            "seed": self.order.seed,
            "seconds": round(self.seconds, 1),
            "arms": {name: asdict(self.arm(name)) for name in self.order.arms},
            "by_kind": {
                name: [asdict(kind) for kind in self.by_kind(name)] for name in self.order.arms
            },
            "false_alarms_by_kind": {
                name: false_kinds(name, self.trials) for name in self.order.arms
            },
        }


def run(order: Order, settings: PromptingSettings, *, progress: Progress) -> Results:
    """Test every shift; the order of the results does not depend on the number of workers."""
    began = time.monotonic()
    trials: list[Trial] = []
    planted: Planted | None = None
    done, total = 0, len(order.jobs)
    for found in _done(order, settings):
        if isinstance(found, list):
            trials += found
            done += 1
            progress(done, total)
        else:
            planted = found
    trials.sort(key=lambda t: (order.arms.index(t.arm), t.quiet, t.seed))
    return Results(order, tuple(trials), planted, time.monotonic() - began)


def _done(order: Order, settings: PromptingSettings) -> Iterator[list[Trial] | Planted]:
    """The trials of each shift as they come, and what became of the planted errors."""
    if order.workers <= 1:
        yield from _one_by_one(order, settings)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        order.workers, mp_context=context, initializer=_start, initargs=(settings, order.arms)
    ) as pool:
        futures: list[Future[list[Trial] | Planted]] = []
        if order.planted:
            futures.append(pool.submit(_plant, order))
        futures += [pool.submit(_test, seed, quiet=quiet) for seed, quiet in order.jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(order: Order, settings: PromptingSettings) -> Iterator[list[Trial] | Planted]:
    stand = Stand(settings, order.arms)
    try:
        for seed, quiet in order.jobs:
            yield stand.test(seed, quiet=quiet)
    finally:
        stand.close()
    if order.planted:
        yield _plant(order)


def _plant(order: Order) -> Planted:
    return planted_errors(seed=order.seed, each=order.planted)


_stand: list[Stand] = []
"""The one of this process."""


def _start(settings: PromptingSettings, arms: Sequence[str]) -> None:
    _stand.append(Stand(settings, arms))


def _test(seed: int, *, quiet: bool) -> list[Trial] | Planted:
    return _stand[0].test(seed, quiet=quiet)
