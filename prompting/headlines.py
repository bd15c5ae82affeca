"""The headline: the two most urgent problems, each with its machine where there are several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.vocabulary import Evidence, EvidenceKind, Statement
from prompting.grouping import ALARMS, CARDS, INSTRUCTIONS, attached, section_of
from prompting.pack import by_urgency
from prompting.phrases import PHRASES
from prompting.sentences import is_message, name_of, now, words

_CODED = (EvidenceKind.ALARM, EvidenceKind.STANDING, EvidenceKind.CHATTERING)


def headline(evidence: Sequence[Evidence], language: str) -> Statement:
    """The most urgent problem with the alarm that came with it, and the next one.

    What is only still to do makes a headline where there is nothing else.
    """
    events = [item for item in evidence if section_of(item) not in (CARDS, INSTRUCTIONS)]
    ranked = by_urgency(events or evidence)
    leads = attached(evidence)
    shown = sorted(_problems(ranked, leads), key=lambda item: not item.active)
    first = shown[0]
    alarm = next((item for item in ranked if leads.get(item.id) is first), None)
    several = len({item.machine for item in shown}) > 1
    heads = [_head(item, language) for item in shown]
    cited = [item.id for item in shown]
    if alarm is not None:
        heads[0] = _put("headline.with", language, one=heads[0], other=_alarm(alarm, language))
        cited.append(alarm.id)
    if several:
        heads = [_of(item, head, language) for item, head in zip(shown, heads, strict=True)]
    what = heads[0]
    if len(heads) > 1:
        what = _put("headline.two", language, one=heads[0], other=heads[1])
    return Statement(what if several else _of(first, what, language), tuple(cited))


def _problems(ranked: Sequence[Evidence], leads: Mapping[str, Evidence]) -> list[Evidence]:
    """The first, and of the others of at least a warning one that is no alarm, if there is one."""
    found = list({lead.id: lead for lead in (leads.get(item.id, item) for item in ranked)}.values())
    others = [item for item in found[1:] if item.severity.rank > 0]
    others.sort(key=lambda item: item.kind in ALARMS)
    return [found[0], *others[:1]]


def _of(item: Evidence, what: str, language: str) -> str:
    return PHRASES[language]["headline"].replace("{what}", what).replace("{e.", f"{{{item.id}.")


def _put(key: str, language: str, *, one: str, other: str) -> str:
    return PHRASES[language][key].replace("{one}", one).replace("{other}", other)


def _head(item: Evidence, language: str) -> str:
    phrases = PHRASES[language]
    keys = (f"{_name(item)}.{now(item)}", _name(item), "head.other")
    return words(next(key for key in keys if key in phrases), item, language)


def _alarm(item: Evidence, language: str) -> str:
    """By its code alone, whatever it did."""
    return words("head.alarm" if item.codes else "head.alarm.nocode", item, language)


def _name(item: Evidence) -> str:
    if item.kind is EvidenceKind.LIMIT_VIOLATION:
        return f"head.limit.{item.direction}"
    if item.kind in (EvidenceKind.STEP, EvidenceKind.DRIFT):
        return f"head.{item.kind.value}.{item.direction}"
    if item.kind in _CODED or item.kind is EvidenceKind.FIRST_OUT:
        name = "head.message" if is_message(item) else f"head.{_coded(item)}"
        return name if item.codes else f"{name}.nocode"
    return f"head.{name_of(item.kind)}"


def _coded(item: Evidence) -> str:
    return "alarm" if item.kind is EvidenceKind.STANDING else item.kind.value
