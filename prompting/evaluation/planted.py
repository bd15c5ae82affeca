"""Errors planted into true sentences: how many the check catches, and how often it cries wolf."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ingest.vocabulary import Evidence, Quantity, Statement
from prompting.evaluation.planted_sentences import (
    NAMES,
    TIMES,
    ZONE,
    Form,
    Planting,
    flipped,
    planting,
    rendered,
    shown,
    templates,
    written,
)
from prompting.truth import complaint

FORMS: tuple[Form, ...] = ("digits", "slots")
LANGUAGES = ("en", "de")
NEAR_LASTING = 0.25
NEAR = 0.03
"""Two numbers that differ by less could be the same, rounded."""
MOST_SHOWN = 20
Plant = Callable[[Planting, random.Random], str | None]
"""A sentence with one error, or None where the shape offers no place for it."""


@dataclass(slots=True)
class Tally:
    """Of one class of error, or of the true sentences, in one form."""

    sentences: int = 0
    refused: int = 0
    surprises: list[str] = field(default_factory=list)
    """Errors that passed, or true sentences that did not, with the reason."""

    @property
    def share(self) -> float:
        """Of all, how many were refused."""
        return self.refused / self.sentences if self.sentences else 0.0


@dataclass(frozen=True, slots=True)
class Planted:
    """What the check made of them."""

    tallies: Mapping[tuple[str, Form], Tally]
    """By class of error (`true` for none) and form."""

    @property
    def shares(self) -> dict[str, float]:
        """Caught, of all errors of a class in both forms."""
        return {name: self._share(name) for name in PLANTS}

    @property
    def false_alarms(self) -> float:
        """Refused, of all true sentences in both forms."""
        return self._share("true")

    def _share(self, name: str) -> float:
        found = [tally for (of, _), tally in self.tallies.items() if of == name]
        return sum(t.refused for t in found) / max(1, sum(t.sentences for t in found))


def planted_errors(seed: int = 1, each: int = 1000, *, shapes: str = "report") -> Planted:
    """Check so many sentences of each class in each form, over the shapes of that set."""
    found: dict[tuple[str, Form], Tally] = {}
    for form in FORMS:
        for name, plant in {"true": rendered, **PLANTS}.items():
            rng = random.Random(f"{seed} {form} {name}")  # noqa: S311  # repeatable, no secret
            found[name, form] = _tally(_sentences(rng, form, plant, shapes), each, name == "true")
    return Planted(found)


def _sentences(
    rng: random.Random, form: Form, plant: Plant, shapes: str
) -> Iterator[tuple[str, Planting]]:
    while True:
        template = rng.choice(templates(shapes, rng.choice(LANGUAGES)))
        found = planting(rng, template, form)
        text = plant(found, rng)
        if text is not None:
            yield text[:1].upper() + text[1:], found


def _tally(sentences: Iterator[tuple[str, Planting]], each: int, true: bool) -> Tally:  # noqa: FBT001
    tally = Tally()
    for text, found in sentences:
        reason = complaint(Statement(text, found.cited), found.case)
        tally.sentences += 1
        tally.refused += bool(reason)
        if bool(reason) == true and len(tally.surprises) < MOST_SHOWN:
            tally.surprises.append(f"{text} | {reason or 'passed'} | {found.template.text}")
        if tally.sentences == each:
            break
    return tally


def _figures(found: Planting) -> list[tuple[int, str, str]]:
    """Number, item and role of the parts that are figures."""
    return [
        (number, which, role)
        for number, (which, role) in enumerate(found.parts)
        if role not in (*NAMES, *TIMES)
    ]


def _fabricated(found: Planting, rng: random.Random) -> str | None:
    parts = _figures(found)
    if not parts:
        return None
    number, which, role = rng.choice(parts)
    one = found.items[which]
    if found.form == "slots" and rng.random() < 0.5:  # a coin
        return rendered(
            found, rng, {number: rng.choice((f"{{{one.id}.maximum}}", f"{{E0099.{role}}}"))}
        )
    true = one.numbers[role]
    for _ in range(100):
        value = true.value * rng.choice((rng.uniform(0.3, 0.9), rng.uniform(1.1, 2.5)))
        value = float(round(value)) if not true.unit else value
        made = Quantity(value, true.unit)
        if not _is_true(made, found):
            return rendered(found, rng, {number: shown(made, role, found.template.language, rng)})
    return None


def _is_true(made: Quantity, found: Planting) -> bool:
    """Whether a cited item has such a number, in whatever role, even when rounded."""
    return any(_near(made, one) for one in found.items.values())


def _near(made: Quantity, one: Evidence) -> bool:
    return any(
        other.unit == made.unit and abs(other.value - made.value) <= _slack(other)
        for other in one.numbers.values()
    )


def _slack(true: Quantity) -> float:
    """What rounding may take away: a minute of a duration, a whole of a value."""
    if true.unit == "s":
        return max(90.0, NEAR_LASTING * true.value)
    return max(0.6 if true.unit else 1.0, NEAR * abs(true.value))


def _other_item(found: Planting, rng: random.Random) -> str | None:
    parts = _figures(found)
    others = list(found.case.evidence.values())
    rng.shuffle(others)
    rng.shuffle(parts)
    for number, which, role in parts:
        for other in others:
            same = other.id == found.items[which].id
            if same or role not in other.numbers or _near(other.numbers[role], found.items[which]):
                continue
            return rendered(found, rng, {number: written(found, other, role, rng)})
    return None


def _wrong_minute(found: Planting, rng: random.Random) -> str | None:
    parts = [(n, which, role) for n, (which, role) in enumerate(found.parts) if role in TIMES]
    if not parts:
        return None
    number, which, role = rng.choice(parts)
    one = found.items[which]
    if found.form == "slots":
        others = [i for i in found.case.evidence.values() if i.id != one.id]
        exchanged = f"{{{one.id}.{'end' if role == 'start' else 'start'}}}"
        return rendered(
            found, rng, {number: rng.choice((exchanged, f"{{{rng.choice(others).id}.{role}}}"))}
        )
    true = {
        f"{moment.astimezone(ZONE):%H:%M}"
        for item in found.items.values()
        for moment in (item.start, item.end)
    }
    moment = one.start if role == "start" else one.end
    while True:
        wrong = moment + rng.choice((-1, 1)) * timedelta(minutes=rng.randrange(1, 90))
        text = f"{wrong.astimezone(ZONE):%H:%M}"
        if text not in true:
            return rendered(found, rng, {number: text})


def _wrong_machine(found: Planting, rng: random.Random) -> str | None:
    own = {one.machine for one in found.items.values()}
    other = rng.choice([o for o in found.case.evidence.values() if o.machine not in own])
    slot = f"{{{other.id}.machine}}"
    name = slot if found.form == "slots" and rng.random() < 0.5 else other.machine
    spots = [n for n, (_, role) in enumerate(found.parts) if role == "machine"]
    if spots:
        return rendered(found, rng, {spots[0]: name})
    return f"{name}: {rendered(found, rng)}"


def _direction(found: Planting, rng: random.Random) -> str | None:
    turned = flipped(found)
    return None if turned == found.text else rendered(replace(found, text=turned), rng)


def _role(found: Planting, rng: random.Random) -> str | None:
    """Peak and limit exchanged: both where both are said, else one for the other."""
    turned = {"peak": "limit", "limit": "peak"}
    wrong = {
        number: written(found, found.items[which], turned[role], rng)
        for number, which, role in _figures(found)
        if turned.get(role) in found.items[which].numbers
    }
    return rendered(found, rng, wrong) if wrong else None


PLANTS: Mapping[str, Plant] = {
    "fabricated": _fabricated,
    "other_item": _other_item,
    "wrong_minute": _wrong_minute,
    "wrong_machine": _wrong_machine,
    "direction": _direction,
    "role": _role,
}
