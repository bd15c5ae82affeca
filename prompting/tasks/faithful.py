"""Whether a note that was written again still says what the note says, as far as code can tell.

Figures, units, codes and machines must be the same, and so must what is forbidden and which side is
meant. Actions, faults, parts and causes that the word lists know must not be added. What the lists
do not know is not seen: so the note itself always stands beside its new form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prompting.slots import harmless
from prompting.tasks.machine_names import machines_in
from prompting.tasks.note_words import concepts, in_full, terms_in, words_of
from prompting.tasks.quantities import units_behind

LONGEST_TIMES = 3
LONGEST_MORE = 80
"""A text may be so many times as long as the note, and so many characters more."""
KEPT_ACTIONS = frozenset(
    ("check", "clean", "drain", "fill", "remove", "repair", "replace", "start", "stop", "tighten")
)
"""What is asked for or done with these must not get lost."""
VAGUE_PARTS = frozenset({"system", "frame", "plate", "cabinet", "tool", "conveyor"})
"""A longer word may hold one of these without speaking of another part."""
VAGUE_STATES = frozenset({"alarm", "broken"})
_FIGURE = re.compile(r"\S*\d\S*")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|\.|te|ten|tes|er|x)", re.IGNORECASE)
_GLUED = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]{1,7}|%|°C)")
_FORBIDDEN = re.compile(r"https?://|www\.|@|\S\.(?:com|net|org|de)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of a text must stay."""

    figures: Counter[str]
    units: Counter[tuple[str, str]]
    machines: frozenset[str]
    numbers: Counter[str]
    actions: frozenset[str]
    states: frozenset[str]
    parts: frozenset[str]
    sides: frozenset[str]
    causes: frozenset[str]
    negations: int
    stands_still: bool
    """Says that something does not work."""

    @classmethod
    def of(cls, written: str, machines: Sequence[str]) -> _Facts:
        text = in_full(written)
        negations = sum(1 for _ in terms_in(text, words_of(text), "negations"))
        return cls(
            figures=Counter(_figures(written)),
            units=Counter(units_behind(written)),
            machines=frozenset(machine for machine, _ in machines_in(written, machines)),
            numbers=Counter(term.concept for term in terms_in(text, words_of(text), "numbers")),
            actions=concepts(text, "actions"),
            states=concepts(text, "states"),
            parts=concepts(text, "parts") - VAGUE_PARTS,
            sides=concepts(text, "sides"),
            causes=concepts(text, "causes"),
            negations=negations,
            stands_still=negations > 0 and bool(concepts(text, "works")),
        )


def unfaithful(note: str, text: str, machines: Sequence[str]) -> str:
    """Why the text may not stand for the note; empty if it may."""
    if harmless(text, len(text) + 1) != text or _FORBIDDEN.search(text):
        return "holds markup, quotation marks, a link or control characters"
    if len(text) > LONGEST_TIMES * len(note) + LONGEST_MORE:
        return "is much longer than the note"
    return _difference(_Facts.of(note, machines), _Facts.of(text, machines))


def _difference(old: _Facts, new: _Facts) -> str:
    if old.machines != new.machines:
        return _differing("machines", old.machines, new.machines)
    if old.figures != new.figures:
        return _differing("figures or codes", old.figures, new.figures)
    if old.units != new.units:
        return "changes the unit of a figure"
    if old.numbers != new.numbers:
        return _differing("numbers in words", old.numbers, new.numbers)
    if old.sides != new.sides:
        return _differing("sides", old.sides, new.sides)
    if not _denies_the_same(old, new):
        return "forbids or denies something else than the note does"
    return _added_or_lost(old, new)


def _denies_the_same(old: _Facts, new: _Facts) -> bool:
    """`Not working` may become `broken`, and the other way round."""
    if old.stands_still and "broken" in new.states and new.negations == old.negations - 1:
        return True
    if new.stands_still and "broken" in old.states and new.negations == old.negations + 1:
        return True
    return bool(old.negations) == bool(new.negations) and new.negations <= old.negations


def _added_or_lost(old: _Facts, new: _Facts) -> str:
    states = new.states - old.states - ({"broken"} if old.stands_still else set())
    added = {
        "an action": new.actions - old.actions,
        "a fault": states,
        "a part": new.parts - old.parts,
        "a cause": new.causes - old.causes,
    }
    for name, concept in added.items():
        if concept:
            return f"adds {name} that the note does not have"
    if (old.actions - new.actions) & KEPT_ACTIONS:
        return "loses an action of the note"
    if old.states - new.states - VAGUE_STATES:
        return "loses a fault of the note"
    return ""


def _differing(name: str, old: Iterable[str], new: Iterable[str]) -> str:
    before, after = Counter(old), Counter(new)
    if after - before:
        return f"adds {name} that the note does not have"
    return f"loses {name} of the note"


def _figures(text: str) -> Iterable[str]:
    """Every piece with a digit as it is written, an ordinal as its number, without its unit."""
    for found in _FIGURE.finditer(text):
        piece = found[0].strip(".,;:!?()'\u2026")
        ordinal, glued = _ORDINAL.fullmatch(piece), _GLUED.fullmatch(piece)
        if ordinal:
            yield ordinal[1]
        elif glued and list(units_behind(piece)):
            yield glued[1]
        else:
            yield piece
