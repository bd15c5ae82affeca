"""Which phrase fits which evidence: one sentence an item, and the headline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ingest.vocabulary import Evidence, EvidenceKind, Severity, Statement
from prompting.pack import by_urgency
from prompting.phrases import PHRASES, Phrases

MINUTE = timedelta(minutes=1)
_ALARMS = (EvidenceKind.ALARM, EvidenceKind.CHATTERING, EvidenceKind.STANDING, EvidenceKind.FLOOD)
_SIMPLE = {
    EvidenceKind.STUCK: "stuck",
    EvidenceKind.NOISE_CHANGE: "noise",
    EvidenceKind.DROPOUT: "dropout",
    EvidenceKind.GAP: "gap",
    EvidenceKind.FLOOD: "flood",
    EvidenceKind.NOTE: "note",
    EvidenceKind.STANDING: "standing",
    EvidenceKind.CHATTERING: "chattering",
    EvidenceKind.OSCILLATION: "oscillation",
    EvidenceKind.FIRST_OUT: "first_out",
    EvidenceKind.OUT_OF_SERVICE: "out",
    EvidenceKind.OPEN_CARD: "card",
    EvidenceKind.INSTRUCTION: "instruction",
}
_TIMELESS = (EvidenceKind.FIRST_OUT, EvidenceKind.OPEN_CARD)
"""Told the same way whether they are over or not."""


def sentence(item: Evidence, language: str) -> Statement:
    """The sentence for one item, its slots still open."""
    phrases = PHRASES[language]
    text = phrases.get(_key(item), phrases["other"])
    for name, part in _parts(item, phrases).items():
        text = text.replace(f"{{{name}}}", part)
    if _same_minute(item):
        text = text.replace(phrases["span"], phrases["moment"])
    return Statement(_own(text, item), (item.id,))


def headline(evidence: Sequence[Evidence], language: str) -> Statement:
    """The most urgent item, and an alarm or a signal that goes with it."""
    phrases = PHRASES[language]
    ranked = by_urgency(evidence)
    first = ranked[0]
    shown = [first, *_companion(first, ranked[1:])]
    heads = [_own(phrases.get(_head(item), phrases["head.other"]), item) for item in shown]
    what = heads[0]
    if len(heads) > 1:
        what = phrases["headline.two"].replace("{one}", heads[0]).replace("{other}", heads[1])
    text = _own(phrases["headline"].replace("{what}", what), first)
    return Statement(text, tuple(item.id for item in shown))


def telling(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Without the machine's small talk where something urgent is to be told."""
    urgent = any(item.severity is not Severity.INFO for item in evidence)
    return [item for item in evidence if not (urgent and _small_talk(item))]


def _small_talk(item: Evidence) -> bool:
    return item.kind is EvidenceKind.ALARM and item.severity is Severity.INFO


def quiet(scope: str, language: str) -> tuple[str, str]:
    """Headline and sentence where there is no evidence at all."""
    phrases = PHRASES[language]
    return phrases["quiet.headline"].replace("{scope}", scope), phrases["quiet"]


def _companion(first: Evidence, others: Sequence[Evidence]) -> list[Evidence]:
    """Of the same machine and urgency, and of the other sort: an alarm to a signal."""
    fitting = [
        other
        for other in others
        if other.machine == first.machine
        and other.severity.rank > 0
        and (other.kind in _ALARMS) != (first.kind in _ALARMS)
    ]
    return fitting[:1]


def _own(text: str, item: Evidence) -> str:
    return text.replace("{e.", f"{{{item.id}.")


def _key(item: Evidence) -> str:
    now = "active" if item.active else "over"
    if item.kind is EvidenceKind.LIMIT_VIOLATION:
        return f"limit.{now}{_manner(item)}"
    if item.kind in (EvidenceKind.STEP, EvidenceKind.DRIFT):
        return f"{item.kind.value}.{item.direction}.{now}"
    if item.kind is EvidenceKind.SPIKE:
        return "spike.many" if _count(item) > 1 else "spike.one"
    if item.kind is EvidenceKind.ALARM:
        return f"alarm.{now}{_often(item)}"
    if item.kind is EvidenceKind.INSTRUCTION:
        return "instruction.card" if len(item.codes) > 1 else "instruction.over"
    if item.kind is EvidenceKind.OUT_OF_SERVICE:
        return f"out.{now}.many" if _count(item) > 1 else f"out.{now}"
    if item.kind in _TIMELESS:
        now = "over"
    return f"{_SIMPLE.get(item.kind, '')}.{now}"


def _often(item: Evidence) -> str:
    """An alarm that was only cleared in the window was never raised in it."""
    count = _count(item)
    return ".many" if count > 1 else "" if count else ".cleared"


def _same_minute(item: Evidence) -> bool:
    return item.end - item.start < MINUTE and item.start.minute == item.end.minute


def _manner(item: Evidence) -> str:
    if _count(item) > 1:
        return ".bursts"
    return ".lead" if {"lead", "baseline"} <= set(item.numbers) else ""


def _count(item: Evidence) -> float:
    return item.numbers["count"].value if "count" in item.numbers else 0.0


def _parts(item: Evidence, phrases: Phrases) -> dict[str, str]:
    return {
        "side": phrases.get(f"side.{item.direction}", ""),
        "extreme": phrases.get(f"extreme.{item.direction}", ""),
        "critical": phrases["critical"] if "critical_limit" in item.numbers else "",
        "quote": phrases["quote"] if item.quotes else "",
        "name": _alarm_name(item, phrases),
        "state": _state(item, phrases),
    }


def _alarm_name(item: Evidence, phrases: Phrases) -> str:
    sort = "message" if item.severity is Severity.INFO else "name"
    return phrases[f"{sort}.code" if item.codes else f"{sort}.nocode"]


def _state(item: Evidence, phrases: Phrases) -> str:
    number = item.numbers["state"].value if "state" in item.numbers else 0
    return phrases.get(f"state.{number:.0f}", phrases["state.other"])


def _head(item: Evidence) -> str:
    now = "active" if item.active else "over"
    if item.kind is EvidenceKind.LIMIT_VIOLATION:
        return f"head.limit.{item.direction}.{now}"
    if item.kind in (EvidenceKind.STEP, EvidenceKind.DRIFT):
        return f"head.{item.kind.value}.{item.direction}"
    if item.kind in (EvidenceKind.ALARM, EvidenceKind.STANDING):
        return "head.alarm" + ("" if item.codes else ".nocode")
    if item.kind in (EvidenceKind.CHATTERING, EvidenceKind.FIRST_OUT):
        return f"head.{item.kind.value}" + ("" if item.codes else ".nocode")
    return f"head.{_SIMPLE.get(item.kind, item.kind.value)}"
