"""Which labels are short of examples, and what more of them might bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from service.comparison.contenders import Contender
from service.comparison.cost import labelling_cost
from service.comparison.nouns import Circumstances, ClassQuality
from service.comparison.report_words import count, money, plain

LEAST_ITEMS = 5
"""Test items of a label below which its F1 says nothing."""
WEAKER = 0.1
"""F1 under that of the well-filled labels from which a label is weak."""
MOST = 4
"""Labels in one sentence."""


@dataclass(frozen=True, slots=True)
class Short:
    """One label that is weak and has fewer examples than the others."""

    label: str
    now: int
    more: int
    """Examples up to the median of the labels."""
    f1: float
    gain: float
    """In macro-F1, if it comes to where the well-filled labels are."""


@dataclass(frozen=True, slots=True)
class Filling:
    """How well the labels are told apart that have the median number of examples or more."""

    median: int
    f1: float
    short: tuple[Short, ...]
    """Those that bring most for an example first."""


def filling(quality: Sequence[ClassQuality], labels: Mapping[str, int]) -> Filling | None:
    """The weak labels that are short of examples; None: no label is well filled and judged."""
    if not labels:
        return None
    middle = int(median(labels.values()))
    judged = [one for one in quality if one.n >= LEAST_ITEMS]
    full = [one.f1 for one in judged if labels.get(one.label, 0) >= max(middle, 1)]
    if not full:
        return None
    reached = sum(full) / len(full)
    short = [
        Short(one.label, now, middle - now, one.f1, (reached - one.f1) / len(quality))
        for one in judged
        if (now := labels.get(one.label, 0)) < middle and one.f1 < reached - WEAKER
    ]
    short.sort(key=lambda one: (-one.gain / one.more, one.label))
    return Filling(middle, reached, tuple(short))


def more_of_a_label(one: Contender, given: Circumstances) -> Iterator[str]:
    """What more examples of the weak labels would bring, if these learn as the others did."""
    found = filling(one.quality.classes, given.labels)
    if found is None or not found.short:
        return
    wanted = _up_to(found.short, given.target - one.quality.macro_f1)
    after = one.quality.macro_f1 + sum(short.gain for short in wanted)
    cost = labelling_cost(sum(short.more for short in wanted), given.prices)
    then = "and would be chosen" if after >= given.target else f"not to {given.target:.2f}"
    yield (
        f"With {_listed([_told(short) for short in wanted])} {one.name} would come to about "
        f"{after:.2f} {then}, if they are learnt as the labels with {count(found.median)} examples "
        f"or more are, whose F1 is {found.f1:.2f}; to label them costs "
        f"{money(cost, given.prices.currency)}."
    )


def taken_for_another(one: Contender, given: Circumstances) -> Iterator[str]:
    """The weakest label that has examples enough: more of them are not what it needs."""
    found = filling(one.quality.classes, given.labels)
    if found is None:
        return
    enough = [
        kind
        for kind in one.quality.classes
        if kind.n >= LEAST_ITEMS
        and given.labels.get(kind.label, 0) >= found.median
        and kind.f1 < given.target
        and kind.mistaken_for
    ]
    weakest = min(enough, key=lambda kind: (kind.f1, kind.label), default=None)
    if weakest is not None:
        yield (
            f"{_name(weakest.label)} is not short of examples ({count(given.labels[weakest.label])}"
            f") and has an F1 of {weakest.f1:.2f}: it is most often taken for "
            f"{_name(weakest.mistaken_for)}. Whether the two are labelled by one rule, and whether "
            "the input tells them apart, is worth a look before more is labelled."
        )


def _up_to(short: Sequence[Short], missing: float) -> list[Short]:
    """As many as close the gap, the most fruitful first."""
    wanted: list[Short] = []
    for one in short[:MOST]:
        if sum(found.gain for found in wanted) >= missing:
            break
        wanted.append(one)
    return wanted


def _told(short: Short) -> str:
    return (
        f"{count(short.more)} more examples of {_name(short.label)} "
        f"({count(short.now)} now, F1 {short.f1:.2f})"
    )


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _name(label: str) -> str:
    return plain(label, 60)
