"""Which phrase fits which evidence: one sentence an item, its slots still open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ingest.vocabulary import Evidence, EvidenceKind, Severity, Statement
from prompting.phrases import PHRASES, Phrases
from prompting.slots import MOST_NAMED

MINUTE = timedelta(minutes=1)
SHORT = timedelta(minutes=10)
"""Up to here it is said from when to when and for how long."""
LASTED_S = 0.5
"""What is shorter is told as an instant."""
DETAILS = ("baseline", "limit", "change", "slope", "lead", "duration")
"""Figures that an engineer is told where the sentence does not hold them anyway."""
_NAMES = {
    EvidenceKind.NOISE_CHANGE: "noise",
    EvidenceKind.OUT_OF_SERVICE: "out",
    EvidenceKind.OPEN_CARD: "card",
}
_TIMELESS = (EvidenceKind.NOTE, EvidenceKind.OPEN_CARD)
"""Told the same way whether they are over or not."""


def sentence(
    item: Evidence, language: str, *, named: bool = False, exact: bool = False
) -> Statement:
    """The sentence for one item.

    Args:
        item: what is told.
        language: of the reader.
        named: with the machine, because others are told of too.
        exact: with every figure and the rows it stands on, for an engineer.
    """
    text = words(_key(item), item, language)
    if exact:
        text = _with_details(text, item, language)
    return Statement(of_machine(text, item) if named else text, (item.id,))


def words(key: str, item: Evidence, language: str) -> str:
    """A phrase with its parts put in and its slots made those of the item."""
    phrases = PHRASES[language]
    text = phrases.get(key, phrases["other"])
    for name, part in _parts(item, phrases).items():
        text = text.replace(f"{{{name}}}", part)
    return text.replace("{e.", f"{{{item.id}.")


def of_machine(text: str, item: Evidence) -> str:
    """Begun with the machine, where the sentence does not name it."""
    slot = f"{{{item.id}.machine}}"
    return text if slot in text else f"{slot}: {text}"


def name_of(kind: EvidenceKind) -> str:
    """How the phrases call a kind of evidence."""
    return _NAMES.get(kind, kind.value)


def now(item: Evidence) -> str:
    """Whether it is still so."""
    return "active" if item.active else "over"


def count(item: Evidence) -> float:
    """How often it happened; 0 where that is not counted."""
    return item.numbers["count"].value if "count" in item.numbers else 0.0


def is_message(item: Evidence) -> bool:
    """The machine's small talk; an alarm that comes as often as usual is none."""
    alarm = item.kind is EvidenceKind.ALARM
    return alarm and item.severity is Severity.INFO and "usual" not in item.numbers


def _key(item: Evidence) -> str:
    if item.kind is EvidenceKind.LIMIT_VIOLATION:
        return f"limit.{now(item)}{_manner(item)}"
    if item.kind in (EvidenceKind.STEP, EvidenceKind.DRIFT):
        return f"{item.kind.value}.{item.direction}.{now(item)}"
    if item.kind is EvidenceKind.SPIKE:
        return f"spike.many.{now(item)}" if count(item) > 1 else "spike.one"
    if item.kind is EvidenceKind.ALARM:
        return f"alarm.{now(item)}{_often(item)}"
    if item.kind is EvidenceKind.FIRST_OUT:
        return f"first_out.{_chain(item)}"
    if item.kind is EvidenceKind.INSTRUCTION:
        return "instruction.card" if len(item.codes) > 1 else "instruction"
    if item.kind is EvidenceKind.OUT_OF_SERVICE:
        return f"out.{now(item)}.many" if count(item) > 1 else f"out.{now(item)}"
    name = name_of(item.kind)
    return name if item.kind in _TIMELESS else f"{name}.{now(item)}"


def _manner(item: Evidence) -> str:
    if count(item) > 1:
        return ".bursts"
    return ".lead" if {"lead", "baseline"} <= set(item.numbers) else ""


def _often(item: Evidence) -> str:
    """An alarm that was only cleared in the window was never raised in it."""
    return ".many" if count(item) > 1 else "" if count(item) else ".cleared"


def _chain(item: Evidence) -> str:
    followers = len(item.codes) - 1
    if followers < 1:
        return "alone"
    if followers > MOST_NAMED + 1 or count(item) > followers:
        return "many"
    return "pair" if followers == 1 else "chain"


def _parts(item: Evidence, phrases: Phrases) -> Mapping[str, str]:
    return {
        "span": phrases[f"span.{_span(item)}"],
        "side": phrases.get(f"side.{item.direction}", ""),
        "extreme": phrases.get(f"extreme.{item.direction}", ""),
        "critical": phrases["critical"] if "critical_limit" in item.numbers else "",
        "quote": phrases["quote"] if item.quotes else "",
        "said": phrases["said"] if item.quotes else "",
        "name": _alarm_name(item, phrases),
        "times": phrases["times.two" if count(item) == 2 else "times.many"],
        "tally": _tally(item, phrases),
        "moved": _moved(item, phrases),
        "state": _state(item, phrases),
    }


def _tally(item: Evidence, phrases: Phrases) -> str:
    """How often it comes otherwise, and how much of all that came it is."""
    known = [phrases[role] for role in ("usual", "share") if _known(item, role)]
    return f" ({', '.join(known)})" if known else ""


def _span(item: Evidence) -> str:
    lasted = item.end - item.start
    once = _known(item, "duration", above=LASTED_S) and count(item) <= 1
    if lasted < MINUTE and item.start.minute == item.end.minute:
        return "moment" if once else "instant"
    return "short" if once and lasted < SHORT else "long"


def _known(item: Evidence, role: str, *, above: float = 0.0) -> bool:
    return role in item.numbers and item.numbers[role].value > above


def _alarm_name(item: Evidence, phrases: Phrases) -> str:
    sort = "message" if is_message(item) else "name"
    return phrases[f"{sort}.code" if item.codes else f"{sort}.nocode"]


def _moved(item: Evidence, phrases: Phrases) -> str:
    """The signals that changed with the first one."""
    if len(item.signals) < 2:
        return ""
    if item.kind is EvidenceKind.DROPOUT:
        return phrases["moved.silent"]
    return phrases["moved.one" if len(item.signals) == 2 else "moved.many"]


def _state(item: Evidence, phrases: Phrases) -> str:
    number = item.numbers["state"].value if "state" in item.numbers else 0.0
    return phrases.get(f"state.{number:.0f}", phrases["state.other"])


def _with_details(text: str, item: Evidence, language: str) -> str:
    phrases = PHRASES[language]
    details = ["{e.rows}"] if item.rows else []
    details += [
        phrases[f"figure.{role}"]
        for role in DETAILS
        if role in item.numbers and f".{role}}}" not in text
    ]
    if not details:
        return text
    part = phrases["details"].replace("{details}", ", ".join(details))
    return text.removesuffix(".") + part.replace("{e.", f"{{{item.id}.") + "."
