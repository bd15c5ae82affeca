"""Which arm stands for its approach: chosen on the rows to develop on, never on the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from finetune.score import SURE
from finetune.split import Fold
from service.comparison.entrants import ALL, NONE, Entrant, Size, Supply
from service.comparison.measuring import MOST_OF_MODEL, attempt, set_up, shuffled, told
from service.comparison.nouns import FailedArm, Item, Reply
from service.comparison.quality import macro_f1, share_ahead

Told = Callable[[str], None]
"""Called with what is being done."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One arm with no labels or with all of them."""

    entrant: Entrant
    size: Size

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.entrant.name}{' without labels' if self.size == NONE else ''}"


@dataclass(frozen=True, slots=True)
class Held:
    """What a candidate said to rows that it had not learnt."""

    candidate: Candidate
    items: tuple[Item, ...]
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who stands for an approach."""

    candidate: Candidate | None
    """None: nobody could be set up."""
    reason: str
    failed: tuple[FailedArm, ...] = ()


def candidates(entrants: Sequence[Entrant]) -> tuple[Candidate, ...]:
    """The ends of each one's curve, from those that need no labels to those that need all."""
    ends = [
        Candidate(entrant, size)
        for size in (NONE, ALL)
        for entrant in entrants
        if size in entrant.sizes
    ]
    return tuple(ends)


def chosen(
    entrants: Sequence[Entrant], supply: Supply, folds: Sequence[Fold], *, tell: Told
) -> Choice:
    """The cheapest that no dearer one beats beyond the noise of the rows held back.

    Args:
        entrants: of one approach, from cheap to dear.
        supply: what there is to learn from.
        folds: of the rows to develop on, whole groups each.
        tell: what is being done.
    """
    known = candidates(entrants)
    standing = next((one for one in known if one.entrant.represents), None)
    if standing is not None:
        return Choice(standing, f"{standing.name} chooses among its candidates by itself")
    if len(known) < 2:
        alone = next(iter(known), None)
        return Choice(alone, "there is no other" if alone else "there is none")
    found, failed = _all_held(known, supply, folds, tell=tell)
    if not found:
        return Choice(None, "none could be set up", tuple(failed))
    best = _best(found, seed=supply.whole.seed)
    return Choice(best.candidate, _reason(found), tuple(failed))


def _all_held(
    known: Sequence[Candidate], supply: Supply, folds: Sequence[Fold], *, tell: Told
) -> tuple[list[Held], list[FailedArm]]:
    found: list[Held] = []
    failed: list[FailedArm] = []
    for candidate in known:
        tell(candidate.name)
        arm, labels = candidate.entrant.arm, len(supply.known(candidate.size).examples)
        held, reason = attempt(partial(_held, candidate, supply, folds))
        if held is not None:
            found.append(held)
        else:
            failed.append(FailedArm(arm.approach, arm.name, labels, reason))
    return found, failed


def _held(candidate: Candidate, supply: Supply, folds: Sequence[Fold]) -> Held:
    whole, items, replies = supply.whole, list[Item](), list[Reply]()
    for fold in folds:
        learnt = tuple(whole.examples[row] for row in fold.train)
        asked = shuffled([whole.examples[row] for row in fold.held], seed=whole.seed)
        known = replace(whole, examples=() if candidate.size == NONE else learnt)
        standing = set_up(candidate.entrant.arm, known, asked[0])
        if standing.asks_model:
            asked = asked[: MOST_OF_MODEL // len(folds)]
        items += asked
        replies += told(standing.answerer, asked)
    return Held(candidate, tuple(items), tuple(replies))


def _best(found: Sequence[Held], *, seed: int) -> Held:
    best = found[0]
    for other in found[1:]:
        same = {id(item) for item in best.items} & {id(item) for item in other.items}
        first, second = _of(best, same), _of(other, same)
        if share_ahead(first.items, second.replies, first.replies, seed=seed) >= SURE:
            best = other
    return best


def _of(held: Held, wanted: set[int]) -> Held:
    """Of those items only."""
    kept = [
        (item, reply)
        for item, reply in zip(held.items, held.replies, strict=True)
        if id(item) in wanted
    ]
    return replace(
        held,
        items=tuple(item for item, _ in kept),
        replies=tuple(reply for _, reply in kept),
    )


def _reason(found: Sequence[Held]) -> str:
    figures = ", ".join(
        f"{one.candidate.name} {macro_f1(one.items, one.replies):.3f}" for one in found
    )
    return f"macro-F1 on rows held back from those to learn from: {figures}"
