"""The line of a passage that holds what was asked for, such as the one step with the torque."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.document import PassageKind, section_name
from rag.finding import Held, once
from rag.quantities import quantities
from rag.sense import says_number
from rag.terms import terms
from rag.wanted import INTERVAL, Want, Wanted

ENOUGH = 0.4
"""Share of the weight of the question's terms that a line must hold, with its headings."""
AS_GOOD = 0.9
"""A line that holds nearly as much as the best one is quoted with it."""
MOST_LINES = 3
_FOUND = 0.5
"""Weight of the score of the passage beside that of the line."""
_OWN_WORDS = 0.75
"""Weight of the line's own words against those of its headings."""
_LISTED = re.compile(
    r"\b(?:tools?|spare parts?|parts list|revisions?|revision history|werkzeuge?|ersatzteile?|"
    r"stückliste|änderungen)\b",
    re.IGNORECASE,
)
"""A torque in a list of tools is the range of a wrench; in a list of revisions it was once."""
_UNIT_CELL = re.compile(r"(?:^|\| )(?:unit|einheit): ([^|]+?) *(?=\||$)", re.IGNORECASE)
"""In a table with a column of units the numbers of a row stand without."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_STEP = re.compile(r"\d+[.)]\s")


@dataclass(frozen=True, slots=True)
class _Line:
    """Words of a passage and how well they fit."""

    held: Held
    score: float
    """Share of the weight of the question's terms that it holds."""

    @property
    def rank(self) -> float:
        """With how well the whole passage was found."""
        return self.score + _FOUND * min(self.held.score, 1.0)


def holding(
    wanted: Wanted, asked: Sequence[Mapping[str, float]], found: Sequence[Held]
) -> tuple[Held, ...]:
    """The passages that hold it, the best first, with the lines that do as their quotes.

    Args:
        wanted: What is asked for; lines without such a value are left out.
        asked: How much each term of the question tells, in each language.
        found: Where to look.
    """
    told = [{t: w for t, w in weights.items() if t not in _ASKING} for weights in asked]
    lines = [line for held in found for line in _lines(wanted, told, held)]
    lines = [line for line in lines if line.score >= ENOUGH]
    best = max((line.rank for line in lines), default=0.0)
    good = [line for line in lines if line.rank >= best * AS_GOOD]
    good.sort(key=lambda line: -line.rank)
    return once(line.held for line in good[:MOST_LINES])


def every(wanted: Wanted, found: Sequence[Held]) -> tuple[Held, ...]:
    """All lines that hold such a value, whatever they are about; each passage once."""
    kept = []
    for held in found:
        lines = [line for line in _cut(held) if _has(wanted, line, held)]
        if lines:
            kept.append(replace(held, quote="\n".join(lines)))
    return once(kept)


def _lines(wanted: Wanted, asked: Sequence[Mapping[str, float]], held: Held) -> list[_Line]:
    above = set(terms(section_name([held.document.title, *held.passage.section])))
    found = []
    for words in _cut(held):
        if not _has(wanted, words, held):
            continue
        stems = [set(terms(sentence)) for sentence in _SENTENCE.split(words)]
        score = max(_score(own, weights, above) for own in stems for weights in asked)
        found.append(_Line(replace(held, quote=words), score))
    return found


def _score(own: set[str], weights: Mapping[str, float], above: set[str]) -> float:
    """The share of the weight that stands in one sentence, and a part of it for the headings."""
    in_line = sum(weight for term, weight in weights.items() if term in own)
    over = sum(w for term, w in weights.items() if term in above and term not in own)
    return (in_line + (1 - _OWN_WORDS) * over) / (sum(weights.values()) or 1.0)


def _has(wanted: Wanted, words: str, held: Held) -> bool:
    if wanted.want is not Want.VALUE:
        return True
    bare = _STEP.sub("", words, count=1)
    if wanted.dimensions and held.passage.section and _LISTED.search(held.passage.section[-1]):
        return False
    if not wanted.dimensions:
        return any(sign.isdigit() for sign in bare) or says_number(bare)
    if held.passage.kind is PassageKind.ROW and (unit := _UNIT_CELL.search(bare)):
        bare = f"{bare} | 1 {unit[1]}"
    numbers = quantities(bare, held.document.language)
    dimensions = {number.dimension for number in numbers}
    recurs = bool(_HOW_OFTEN.search(words))
    if INTERVAL in wanted.dimensions and (recurs or any(n.unit in _LONG for n in numbers)):
        return True
    if recurs:
        dimensions -= {"time"}
    return bool(dimensions & wanted.dimensions)


_HOW_OFTEN = re.compile(
    r"\b(?:daily|weekly|monthly|yearly|annually|every|interval|täglich|wöchentlich|monatlich|"
    r"jährlich|alle|intervall)\b",
    re.IGNORECASE,
)
_LONG = frozenset({"h", "d", "week", "month", "year"})
"""Units of a time after which work is due again."""
_ASKING = frozenset(
    terms(
        "torque tighten tightening long often frequently interval duration time limit setting "
        "value pressure temperature maximum minimum max min number hot warm high low much "
        "many take drehmoment anzugsmoment lange oft intervall dauer dauert grenzwert "
        "druck temperatur"
    )
)
"""Terms that ask for the value and need not stand beside it."""


def _cut(held: Held) -> list[str]:
    """The steps of a passage, each with what stands before it to warn; other passages whole."""
    text = held.quote or held.passage.text
    if held.passage.kind is PassageKind.WARNING:
        return text.split("\n")
    if held.passage.kind is not PassageKind.STEPS:
        return [text]
    cut: list[str] = []
    waiting: list[str] = []
    for line in text.split("\n"):
        if _STEP.match(line):
            cut.append("\n".join([*waiting, line]))
            waiting = []
        else:
            waiting.append(line)
    if waiting:
        cut[-1:] = ["\n".join([*cut[-1:], *waiting])]
    return cut
