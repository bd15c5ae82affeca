"""A comparison from its rows to its figures and its decision; knows no file and no screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from finetune.split import Fold
from service.comparison.cascades import cascaded, pairs
from service.comparison.choosing import Choice, chosen
from service.comparison.data import Material
from service.comparison.entrants import ALL, NONE, Entrant, Size, Supply
from service.comparison.figures import Bench, Measured, measured
from service.comparison.further import is_cheap, left_out, measured_further
from service.comparison.measuring import attempt, shuffled
from service.comparison.nouns import (
    Approach,
    ArmResult,
    CascadeResult,
    CodeRow,
    FailedArm,
    Known,
    Prices,
)
from service.comparison.pace import IN_TURN, Pace, choosing, costs, further, step
from service.comparison.report_words import arm_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured."""

    arms: tuple[ArmResult, ...]
    cascades: tuple[CascadeResult, ...]
    failed: tuple[FailedArm, ...]
    known: Known
    """What the arms with all labels learnt from."""
    version: str
    """Of the model that stands for fine-tuning, in the store of the comparison; empty: none."""
    notes: tuple[str, ...]


def compared(
    material: Material,
    entrants: Sequence[Entrant],
    *,
    codes: Sequence[CodeRow] = (),
    prices: Prices | None = None,
    seed: int = 0,
    pace: Pace,
) -> Outcome:
    """Choose, set up, ask and measure every arm; one that fails takes nothing else with it."""
    supply = Supply(Known(material.task, material.develop, tuple(codes), seed))
    test = shuffled(material.test, seed=seed)
    bench = Bench(test, material.develop[0], prices or Prices(), seed)
    return _Comparison(entrants, folds=material.folds, supply=supply, bench=bench, pace=pace).run()


@dataclass(frozen=True, slots=True)
class _Point:
    """One arm with one number of labels."""

    result: ArmResult
    ready: Measured | None = None
    """None: it is measured no further."""


class _Comparison:
    """One run, and what it has found so far."""

    def __init__(
        self,
        entrants: Sequence[Entrant],
        *,
        folds: Sequence[Fold],
        supply: Supply,
        bench: Bench,
        pace: Pace,
    ) -> None:
        self._folds = folds
        self._entrants = entrants
        self._supply = supply
        self._bench = bench
        self._pace = pace
        self._order = {approach: _order(entrants, supply, approach) for approach in Approach}
        self._failed: list[FailedArm] = []
        self._notes: list[str] = []

    def run(self) -> Outcome:
        """Each approach in turn, then two of them in turn, then what takes arms apart."""
        self._pace.plan(costs(self._order))
        points = {approach: self._points(approach) for approach in Approach}
        every = (one for own in points.values() for one in own)
        standing = [one.ready for one in every if one.ready and one.result.chosen]
        cascades = self._cascades(standing)
        arms = [arm for own in points.values() for arm in self._further(own)]
        self._pace.end()
        return Outcome(
            arms=tuple(arms),
            cascades=cascades,
            failed=_once(self._failed),
            known=self._supply.whole,
            version=_version(standing),
            notes=tuple(self._notes),
        )

    def _points(self, approach: Approach) -> list[_Point]:
        """All points of all curves of an approach, the one that stands for it marked."""
        own = [one for one in self._entrants if one.arm.approach is approach]
        self._pace.begin(choosing(approach))
        choice = chosen(own, self._supply, self._folds, tell=self._pace.tell)
        self._failed += choice.failed
        found: list[_Point] = []
        for entrant, size in self._order[approach]:
            known = {one.result.name for one in found if one.ready and one.ready.entrant.represents}
            if entrant.arm.name in known and size is ALL:
                continue  # the one that chooses by itself has chosen it: it is measured
            point = self._point(entrant, size)
            if point is not None:
                found.append(_marked(point, size, choice))
        return found

    def _point(self, entrant: Entrant, size: Size) -> Measured | None:
        self._pace.begin(step(entrant, size))
        known = self._supply.known(size)
        found, reason = attempt(
            partial(measured, entrant, size, known, bench=self._bench, watch=self._pace.advance)
        )
        if found is None:
            arm = entrant.arm
            self._failed.append(FailedArm(arm.approach, arm.name, len(known.examples), reason))
        return found

    def _cascades(self, standing: Sequence[Measured]) -> tuple[CascadeResult, ...]:
        self._pace.begin(IN_TURN)
        found: list[CascadeResult] = []
        for first, then in pairs(standing):
            names = f"{arm_id(first.result)}, then {arm_id(then.result)}"
            self._pace.tell(names)
            result, reason = attempt(partial(cascaded, first, then, self._bench))
            if result is None:
                self._notes.append(f"{names} could not be measured: {reason}")
            else:
                found.append(result)
        return tuple(found)

    def _further(self, points: Sequence[_Point]) -> Iterator[ArmResult]:
        for one in _in_lines(points):
            if one.ready is None:
                yield one.result
                continue
            self._pace.begin(further(one.ready.entrant))
            whole, pace = self._supply.whole, self._pace
            yield measured_further(one.ready, self._bench, whole=whole, pace=pace)


def _order(
    entrants: Sequence[Entrant], supply: Supply, approach: Approach
) -> tuple[tuple[Entrant, Size], ...]:
    """Those who choose by themselves first; all labels first, then from few to many.

    Arms with the same labels follow on each other: what they share is made once.
    """
    own = sorted(
        (one for one in entrants if one.arm.approach is approach),
        key=lambda one: not one.represents,
    )
    sizes = {one.name: supply.sizes(one.sizes) for one in own}
    every = sorted({size for some in sizes.values() for size in some if size is not ALL})
    return tuple((one, size) for size in (ALL, *every) for one in own if size in sizes[one.name])


def _in_lines(points: Sequence[_Point]) -> list[_Point]:
    """One learning curve after the other, each from few labels to many."""
    names = list(dict.fromkeys(one.result.name for one in points))
    return sorted(points, key=lambda one: (names.index(one.result.name), one.result.labels))


def _marked(point: Measured, size: Size, choice: Choice) -> _Point:
    """With who stands for the approach; what is measured no further is let go."""
    result, candidate = point.result, choice.candidate
    if candidate is not None and (candidate.entrant, candidate.size) == (point.entrant, size):
        why = f"Stands for {result.approach.value}: {choice.reason}."
        result = replace(result, chosen=True, notes=(*result.notes, why))
        return _Point(result, replace(point, result=result))
    if size not in (ALL, NONE):
        return _Point(result)
    return _Point(result, point) if is_cheap(point) else _Point(left_out(result))


def _once(failed: Sequence[FailedArm]) -> tuple[FailedArm, ...]:
    """The first of those that failed twice, when one was chosen and when they were measured."""
    found = {(one.approach, one.name, one.labels): one for one in reversed(failed)}
    return tuple(reversed(found.values()))


def _version(standing: Sequence[Measured]) -> str:
    found = (getattr(one.answerer, "version", "") for one in standing)
    return next((version for version in found if version), "")
