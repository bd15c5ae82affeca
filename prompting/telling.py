"""What is told of the evidence, and what is only counted: the deterministic writer's choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.vocabulary import Evidence, EvidenceKind, Severity, Statement
from prompting.grouping import EXCEPTIONS, NEAR, SECTIONS, arranged, attached, section_of
from prompting.pack import by_onset, by_urgency
from prompting.phrases import PHRASES
from prompting.sentences import count, is_message, now, of_machine, sentence, words

MOST_JOINED = 3
"""Alarms or notes in one sentence."""
ENGINEER, HANDOVER = "engineer", "handover"
"""Styles that are not the operator's."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What there was to look at in the time that a summary is about."""

    signals: int
    """Signals with at least one reading."""
    events: int
    """Messages and notes, the collector's own left out."""


def told(
    evidence: Sequence[Evidence], *, style: str, most: int, language: str
) -> tuple[Statement, ...]:
    """Sentences over the most urgent of the evidence, at most so many, in the order of telling."""
    named = len({item.machine for item in evidence}) > 1
    if style == ENGINEER:
        chosen = by_urgency(evidence)[:most]
        found = [sentence(item, language, named=named, exact=True) for item in chosen]
        return arranged(found, evidence, strictly=True)
    if style == HANDOVER:
        return _handed_over(evidence, most=most, language=language, named=named)
    return arranged(_operator(evidence, most=most, language=language, named=named), evidence)


def is_quiet(evidence: Iterable[Evidence]) -> bool:
    """Nothing but notes and small talk."""
    return all(_is_talk(item) for item in evidence)


def quiet(
    scope: str, evidence: Sequence[Evidence], watched: Watched | None, *, language: str
) -> tuple[str, tuple[Statement, ...]]:
    """Headline and sentences where nothing stands out: what was watched, then the talk."""
    phrases = PHRASES[language]
    name = "silent" if watched is not None and not watched.signals else "quiet"
    title = phrases[f"{name}.headline"].replace("{scope}", scope)
    text = phrases[name]
    if watched is not None and watched.signals:
        text = phrases["quiet.watched"]
        text = text.replace("{signals}", counted("signal", watched.signals, language))
        text = text.replace("{events}", counted("event", watched.events, language))
    talk = _talk(evidence, language)
    return title, (Statement(text, ()), *talk)


def closing(
    statements: Iterable[Statement], evidence: Sequence[Evidence], *, language: str
) -> tuple[Statement, ...]:
    """One line that counts what was not told, and cites it; none where all was told."""
    said = {identity for statement in statements for identity in statement.evidence}
    left = [item for item in evidence if item.id not in said]
    if not left:
        return ()
    sorts = [_sort(item) for item in left]
    parts = [
        counted(name, sorts.count(name), language)
        for name in ("finding", "message", "note")
        if name in sorts
    ]
    text = PHRASES[language]["closing"].replace("{list}", _joined(parts, language))
    return (Statement(text, tuple(item.id for item in left)),)


def completed(
    statements: Sequence[Statement],
    evidence: Iterable[Evidence],
    *,
    language: str,
    watched: Watched | None = None,
) -> tuple[Statement, ...]:
    """A handover in the order of its sections; one of which there is no evidence says so.

    Where no signal was received, that is said: it is not the same as nothing out of the ordinary.
    """
    phrases = PHRASES[language]
    silent = watched is not None and not watched.signals
    known = {section_of(item) for item in evidence if not _is_talk(item)}
    placed = [replace(one, section=one.section or EXCEPTIONS) for one in statements]
    full: list[Statement] = []
    for section in SECTIONS:
        own = [statement for statement in placed if statement.section == section]
        name = "silent" if silent and section == EXCEPTIONS else f"none.{section}"
        nothing = [Statement(phrases[name], (), section)]
        full += own if own or section in known else nothing
    return tuple(full)


def counted(name: str, number: int, language: str) -> str:
    """So many of them, in the singular where it is one."""
    phrases = PHRASES[language]
    form = {0: "none", 1: "one"}.get(number, "many")
    text = phrases.get(f"count.{name}.{form}", phrases[f"count.{name}.many"])
    return text.replace("{n}", str(number))


def _sort(item: Evidence) -> str:
    if item.kind is EvidenceKind.NOTE:
        return "note"
    return "message" if is_message(item) else "finding"


def _is_talk(item: Evidence) -> bool:
    note = item.kind is EvidenceKind.NOTE and item.severity is Severity.INFO
    return note or is_message(item)


def _operator(
    evidence: Sequence[Evidence], *, most: int, language: str, named: bool
) -> list[Statement]:
    talk = [item for item in evidence if _is_talk(item)]
    urgent = [item for item in evidence if not _is_talk(item)]
    if not urgent:
        return list(_talk(talk, language))[:most]
    notes = [item for item in talk if item.kind is EvidenceKind.NOTE]
    units = _units(urgent, most - 1 if notes and most > 1 else most)
    found = [
        _unit(unit, led=bool(lead), language=language, named=named)
        for (lead, _), unit in units.items()
    ]
    if len(found) < most:
        about = [item for unit in units.values() for item in unit]
        found += _notes(_near(notes, about), language)
    return found


def _handed_over(
    evidence: Sequence[Evidence], *, most: int, language: str, named: bool
) -> tuple[Statement, ...]:
    """Everything that stands, is open or is in force, and as many exceptions as there is room."""
    exceptional = [item for item in evidence if section_of(item) == EXCEPTIONS]
    standing = [item for item in evidence if section_of(item) != EXCEPTIONS]
    found = [sentence(item, language, named=named) for item in standing]
    room = max(MOST_JOINED, most - len(found))
    if exceptional:
        found += _operator(exceptional, most=room, language=language, named=named)
    return arranged(found, evidence, sections=True)


_Key = tuple[str, str]
"""The id of the finding that alarms came with, empty for an item of its own; then its own name."""


def _units(evidence: Sequence[Evidence], most: int) -> dict[_Key, list[Evidence]]:
    """The most urgent items, one a sentence; alarms that came with the same finding share one."""
    leads = attached(evidence)
    units: dict[_Key, list[Evidence]] = {}
    for item in by_urgency(evidence):
        lead = leads.get(item.id)
        key = ("", item.id)
        if lead is not None and _joins(item):
            key = (lead.id, now(item))
            if ("", lead.id) not in units and len(units) < most:
                units["", lead.id] = [lead]
            if ("", lead.id) not in units:
                key = ("", item.id)
        if key in units:
            units[key] += [item] if len(units[key]) < MOST_JOINED and item not in units[key] else []
        elif len(units) < most:
            units[key] = [item]
    return units


def _joins(item: Evidence) -> bool:
    return item.kind is EvidenceKind.ALARM and count(item) == 1 and bool(item.codes)


def _unit(unit: Sequence[Evidence], *, led: bool, language: str, named: bool) -> Statement:
    """An item, or the alarms that came with the one before."""
    first = unit[0]
    if not led:
        return sentence(first, language, named=named)
    phrase = words(f"with.one.{now(first)}", first, language)
    if len(unit) > 1:
        alarms = _joined([words("with.item", item, language) for item in unit], language)
        phrase = PHRASES[language][f"with.many.{now(first)}"].replace("{list}", alarms)
    return Statement(of_machine(phrase, first) if named else phrase, _ids(unit))


def _near(notes: Iterable[Evidence], about: Sequence[Evidence]) -> list[Evidence]:
    """Notes from the time of what is told, or shortly before or after it."""
    return [
        note
        for note in notes
        if any(
            note.machine == item.machine and item.start - NEAR <= note.start <= item.end + NEAR
            for item in about
        )
    ]


def _talk(evidence: Sequence[Evidence], language: str) -> tuple[Statement, ...]:
    """A few notes and messages, where there is nothing else to tell."""
    notes = [item for item in evidence if item.kind is EvidenceKind.NOTE]
    coded = [item for item in evidence if is_message(item) and item.codes]
    messages = by_onset(coded)[-MOST_JOINED:]
    found = _notes(notes, language)
    if messages:
        text = PHRASES[language]["messages"]
        parts = [words("messages.item", item, language) for item in messages]
        text = text.replace("{list}", _joined(parts, language))
        found.append(Statement(text, _ids(messages)))
    return tuple(found)


def _notes(notes: Sequence[Evidence], language: str) -> list[Statement]:
    """The newest notes in one sentence, oldest first."""
    shown = by_onset(notes)[-MOST_JOINED:]
    if not shown:
        return []
    text = PHRASES[language]["notes"]
    several = len({item.machine for item in shown}) > 1
    key = "notes.item.named" if several else "notes.item"
    parts = [words(key, item, language) for item in shown]
    text = text.replace("{list}", "; ".join(parts))
    return [Statement(text, _ids(shown))]


def _joined(parts: Sequence[str], language: str) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    joint = PHRASES[language]["list.and"]
    return f"{', '.join(parts[:-1])} {joint} {parts[-1]}"


def _ids(items: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(item.id for item in items)
