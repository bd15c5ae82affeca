"""True sentences over generated evidence, in many shapes, with digits or with slots."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml

from ingest.vocabulary import Evidence, EvidenceKind, Quantity
from prompting.evaluation.planted_evidence import DAY, LENGTH, item
from prompting.figures import show_number, show_quantity, show_unit
from prompting.slots import Reader
from prompting.truth import Case

FOLDER = Path(__file__).parent / "sentences"
Form = Literal["digits", "slots"]
PART = re.compile(r"\{(?:(?P<which>[ab])\.)?(?P<role>\w+)\}")
SECOND_WAY = re.compile(r"\[\[(?P<up>[^|\]]*)\|(?P<down>[^|\]]*)\]\]")
FIRST_WAY = re.compile(r"\[(?P<up>[^|\]]*)\|(?P<down>[^|\]]*)\]")
NAMES = ("signal", "code", "machine")
TIMES = ("start", "end")
ZONE = ZoneInfo("Europe/Berlin")
KINDS: Mapping[str, tuple[EvidenceKind, ...]] = {
    "limit": (EvidenceKind.LIMIT_VIOLATION,),
    "noise": (EvidenceKind.NOISE_CHANGE,),
    "pair": (EvidenceKind.LIMIT_VIOLATION, EvidenceKind.ALARM),
    "two": (EvidenceKind.LIMIT_VIOLATION, EvidenceKind.STEP),
}
SPOKEN = {
    ("oil_temp", "en"): ("oil temp", "oil_temp", "oil temperature", "Oil temp"),
    ("oil_temp", "de"): ("oil temp", "oil_temp", "Öltemperatur"),
    ("system_pressure", "de"): ("system pressure", "Systemdruck", "system_pressure"),
    ("motor_current", "de"): ("motor current", "Motorstrom", "motor_current"),
    ("bearing_temp", "en"): ("bearing temp", "bearing temperature", "bearing_temp"),
    ("bearing_temp", "de"): ("bearing temp", "Lagertemperatur", "bearing_temp"),
}
WHOLE = 10.0
"""From here on a value may be written without decimals."""


@dataclass(frozen=True, slots=True)
class Template:
    """A shape of a sentence."""

    key: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Planting:
    """A sentence before its figures are put in: each of them may be exchanged for a wrong one."""

    text: str
    """With `{a.role}` still open, its directions chosen."""
    items: Mapping[str, Evidence]
    """By `a` and `b`."""
    case: Case
    form: Form
    template: Template

    @property
    def cited(self) -> tuple[str, ...]:
        """Ids, in order."""
        return tuple(item.id for item in self.items.values())

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Which item and which role, in order."""
        return [(found["which"] or "a", found["role"]) for found in PART.finditer(self.text)]


@cache
def templates(name: str, language: str) -> tuple[Template, ...]:
    """The shapes of a set, `develop` or `report`."""
    raw = yaml.safe_load((FOLDER / f"{name}.{language}.yaml").read_text(encoding="utf-8"))
    return tuple(Template(key, text, language) for key, texts in raw.items() for text in texts)


def planting(rng: random.Random, template: Template, form: Form) -> Planting:
    """Evidence that a shape is true of, and others beside it."""
    kinds = _kinds(template.key)
    found: list[Evidence] = []
    for which, kind in zip("ab", kinds, strict=False):
        active = _is_active(template, which)
        made = item(rng, kind, active=active, taken=found)
        found.append(replace(made, machine=found[0].machine) if found else made)
    cited = dict(zip("ab", found, strict=False))
    for kind in (*kinds, EvidenceKind.LIMIT_VIOLATION, EvidenceKind.ALARM):
        made = item(rng, kind, active=rng.random() < 0.5, taken=found)  # a coin
        found.append(_elsewhere(made, cited["a"]))
    reader = Reader(template.language, ZONE, DAY + LENGTH)
    machines = frozenset(other.machine for other in found)
    case = Case({one.id: one for one in found}, reader, machines, cited["a"].machine)
    text = _directed(template.text, cited)
    return Planting(text, cited, case, form, template)


def _kinds(key: str) -> tuple[EvidenceKind, ...]:
    name = key.split(".", maxsplit=1)[0]
    return KINDS.get(name) or (EvidenceKind(name),)


def _is_active(template: Template, which: str) -> bool:
    _, _, state = template.key.partition(".")
    if state:
        return state == "active"
    end = "{end}" if "{end}" in template.text else f"{{{which}.end}}"
    return end not in template.text


def _elsewhere(made: Evidence, lead: Evidence) -> Evidence:
    return made if made.machine != lead.machine else replace(made, machine=f"{made.machine}0")


def _directed(text: str, items: Mapping[str, Evidence]) -> str:
    second = items["b"].direction if "b" in items else ""
    text = SECOND_WAY.sub(lambda found: found[second or "up"], text)
    return FIRST_WAY.sub(lambda found: found[items["a"].direction or "up"], text)


def flipped(planted: Planting) -> str:
    """The sentence with every direction the other way round."""
    turned = {
        which: replace(one, direction="down" if one.direction == "up" else "up")
        for which, one in planted.items.items()
    }
    return _directed(planted.template.text, turned)


def rendered(planted: Planting, rng: random.Random, wrong: Mapping[int, str] | None = None) -> str:
    """The sentence, with the text for the n-th part where one is given."""
    pieces: list[str] = []
    at = 0
    for number, found in enumerate(PART.finditer(planted.text)):
        pieces.append(planted.text[at : found.start()])
        which, role = found["which"] or "a", found["role"]
        given = (wrong or {}).get(number)
        pieces.append(written(planted, planted.items[which], role, rng) if given is None else given)
        at = found.end()
    return "".join([*pieces, planted.text[at:]])


def written(planted: Planting, one: Evidence, role: str, rng: random.Random) -> str:
    """A part in digits or as a slot."""
    if planted.form == "slots":
        return f"{{{one.id}.{role}}}"
    language = planted.template.language
    if role in TIMES:
        moment = one.start if role == "start" else one.end
        return f"{moment.astimezone(ZONE):%H:%M}"
    if role == "machine":
        return one.machine
    if role == "code":
        return one.codes[0]
    if role == "signal":
        signal = one.signals[0]
        ways = SPOKEN.get((signal, language), (signal, signal.replace("_", " ")))
        return rng.choice(ways)
    return shown(one.numbers[role], role, language, rng)


def shown(quantity: Quantity, role: str, language: str, rng: random.Random) -> str:
    """A number with its unit, in one of the ways to write it."""
    usual = show_quantity(quantity, language=language, role=role)
    if role in ("duration", "period") or not quantity.unit:
        return usual
    whole = show_number(round(quantity.value), language=language)
    unit = show_unit(quantity.unit)
    ways = [usual, usual.replace(" ", "\u00a0"), usual.replace(unit, quantity.unit)]
    if abs(quantity.value) >= WHOLE and role not in ("limit", "change"):
        ways.append(f"{whole} {unit}")
    if unit.startswith("°"):
        ways.append(usual.replace(" °", "°"))
    return rng.choice(ways)


def names(planted: Planting) -> Sequence[str]:
    """Every name that the cited evidence holds."""
    return [
        name for one in planted.items.values() for name in (one.machine, *one.signals, *one.codes)
    ]
