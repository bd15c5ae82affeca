"""Two answerers as one: the cheap one first, the dear one where that abstains.

The comparison measures this very class and the service answers with it, so that the figures of a
report are those of what is put into use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.errors import AndonFault
from service.comparison.nouns import Item, Reply
from service.comparison.ports import Answerer


@dataclass(frozen=True, slots=True)
class Step:
    """How one item went through."""

    first: Reply
    then: Reply | None
    """None: the first answered, the second was not asked."""

    @property
    def reply(self) -> Reply:
        """What the two say together, at the cost of both."""
        return self.first if self.then is None else _together(self.first, self.then)

    @property
    def by_first(self) -> bool:
        """Whether what is said is the word of the first."""
        return self.then is None or not _has_guess(self.then)


class Cascade:
    """An `Answerer`; a member that fails is passed over, and the reply says so."""

    def __init__(self, first: Answerer, then: Answerer) -> None:
        self._first = first
        self._then = then

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order."""
        return [step.reply for step in self.steps(items)]

    def steps(self, items: Sequence[Item]) -> list[Step]:
        """The same with what each of the two said."""
        first = asked(self._first, items)
        passed = [at for at, reply in enumerate(first) if reply.label is None]
        told = asked(self._then, [items[at] for at in passed]) if passed else []
        then = dict(zip(passed, told, strict=True))
        return [Step(reply, then.get(at)) for at, reply in enumerate(first)]


def steps_of(members: Sequence[Answerer], items: Sequence[Item]) -> list[Step]:
    """What one answerer says by itself, or two as a cascade."""
    first, *others = members
    if others:
        return Cascade(first, others[0]).steps(items)
    return [Step(reply, None) for reply in asked(first, items)]


def asked(answerer: Answerer, items: Sequence[Item]) -> list[Reply]:
    """What it says to each; where it fails it abstains on all of them, with the reason."""
    try:
        return answerer.answer(items)
    except AndonFault as fault:
        return [Reply(None, reason=str(fault), failed=True) for _ in items]


def _together(first: Reply, then: Reply) -> Reply:
    return replace(
        then if _has_guess(then) else first,
        label=then.label,
        tokens_in=first.tokens_in + then.tokens_in,
        tokens_out=first.tokens_out + then.tokens_out,
        cost=first.cost + then.cost,
        unpriced_s=first.unpriced_s + then.unpriced_s,
        failed=then.failed,
        reason=" ".join(filter(None, (then.reason, first.reason and f"First: {first.reason}"))),
    )


def _has_guess(reply: Reply) -> bool:
    return reply.label is not None or bool(reply.likeliest)
