"""The check of a sentence against its evidence: names, numbers in role, minutes, directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ingest.vocabulary import Evidence, Quantity, Statement
from prompting import mentions
from prompting.cues import CUES, Cues
from prompting.figures import LASTING_ROLES, readings, show_unit
from prompting.mentions import FILLER, Clock, Mention
from prompting.slots import NAME_ROLES, SLOT, TIME_ROLES, Reader, roles

SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "sekunde": 1.0, "sekunden": 1.0}
MINUTES = {"min": 60.0, "minute": 60.0, "minutes": 60.0, "minuten": 60.0}
HOURS = {"h": 3600.0, "hour": 3600.0, "hours": 3600.0, "stunde": 3600.0, "stunden": 3600.0}
TIME_UNITS = {**SECONDS, **MINUTES, **HOURS}
ROUNDING = 1e-9
LASTING = frozenset(LASTING_ROLES)
COUNTING = frozenset({"count", "peak_rate", "ratio"})
FORBIDDEN = ("http://", "https://", "www.", "<", ">", "\n", "`")


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a sentence may be held against."""

    evidence: Mapping[str, Evidence]
    reader: Reader
    machines: frozenset[str] = frozenset()
    """Every machine of the plant, so that a wrong one is recognised."""
    scope: str = ""


class _Wrong(Exception):
    """Why a sentence fails."""


def complaint(statement: Statement, case: Case) -> str:
    """Why the sentence may not stand; empty if it may."""
    try:
        _Trial.of(statement, case).run()
    except _Wrong as reason:
        return str(reason)
    return ""


@dataclass(frozen=True, slots=True)
class _Trial:
    text: str
    """With the names of the cited evidence blotted out."""
    plain: str
    """With the slots blotted out too; every position is the same in all three."""
    raw: str
    cited: tuple[Evidence, ...]
    case: Case
    cues: Cues

    @classmethod
    def of(cls, statement: Statement, case: Case) -> _Trial:
        invented = [identity for identity in statement.evidence if identity not in case.evidence]
        if invented or not statement.evidence:
            raise _Wrong(f"cites {', '.join(invented) or 'nothing'}, which does not exist")
        cited = tuple(case.evidence[identity] for identity in statement.evidence)
        known = mentions.names(cited) | ({case.scope} if case.scope else set())
        text = mentions.without_names(statement.text, known)
        plain = mentions.blotted(text, SLOT.finditer(text))
        return cls(text, plain, statement.text, cited, case, CUES[case.reader.language])

    def run(self) -> None:
        """Every check, the plainest first."""
        self._markup()
        self._slots()
        self._names()
        self._times()
        self._numbers()
        self._directions()
        self._still()

    def _markup(self) -> None:
        if any(mark in self.text for mark in FORBIDDEN) or not self.text.isprintable():
            raise _Wrong("holds markup, a link or control characters")
        rest = SLOT.sub("", self.text)
        if "{" in rest or "}" in rest:
            raise _Wrong("holds a slot that is none")

    def _slots(self) -> None:
        own = {item.id: item for item in self.cited}
        for mention in mentions.slots(self.text):
            if mention.item not in own:
                raise _Wrong(f"has a slot of {mention.item}, which it does not cite")
            if mention.role not in roles(own[mention.item]):
                raise _Wrong(f"has a slot {mention.item}.{mention.role}, which does not exist")

    def _names(self) -> None:
        own = mentions.names(self.cited) | {self.case.scope}
        every = mentions.names(self.case.evidence.values()) | self.case.machines
        for name in sorted(every - own):
            if mentions.naming(name).search(self.text):
                raise _Wrong(f"names {name}, which its evidence does not")
        unknown = mentions.IDENTIFIER.search(self.plain)
        if unknown:
            raise _Wrong(f"names {unknown[0]}, which its evidence does not")

    def _times(self) -> None:
        for mention in mentions.slots(self.text):
            allowed = self._time_roles(mention.start)
            if mention.role in TIME_ROLES and mention.role not in allowed:
                raise _Wrong(f"takes the {mention.role} of {mention.item} for its {allowed[0]}")
        for clock in mentions.clocks(self.plain):
            allowed = self._time_roles(clock.start)
            items = self._subject(clock.start)
            if not any(self._same_minute(clock, item, role) for item in items for role in allowed):
                raise _Wrong(f"says {clock.minute}, which is no {_or(allowed)} of its evidence")

    def _same_minute(self, clock: Clock, item: Evidence, role: str) -> bool:
        moment = item.start if role == "start" else item.end
        local = moment.astimezone(self.case.reader.zone)
        dates = (f"{local:%Y-%m-%d}", f"{local:%d.%m.}", f"{local:%d.%m.%Y}", "")
        return f"{local:%H:%M}" == clock.minute and clock.date in dates

    def _time_roles(self, at: int) -> tuple[str, ...]:
        """By the word right before it."""
        for pattern, role in self.cues.time_roles:
            if pattern.search(self.plain[:at]):
                return (role,)
        return TIME_ROLES

    def _numbers(self) -> None:
        plain = mentions.blotted(self.plain, mentions.TIME.finditer(self.plain))
        digits = [*mentions.numbers(plain, self._units()), *mentions.words(plain, self.cues)]
        figures = [m for m in mentions.slots(self.text) if m.role not in (*TIME_ROLES, *NAME_ROLES)]
        after, times = 0, self._ends_of_times()
        for mention in sorted([*digits, *figures], key=lambda mention: mention.start):
            after = max([after, *(end for end in times if end <= mention.start)])
            self._figure(mention, self._roles(mention, after))
            after = self._unit_end(mention)

    def _ends_of_times(self) -> list[int]:
        """A word before a time, such as from, says nothing about the number behind the time."""
        slots = [m.end for m in mentions.slots(self.text) if m.role in TIME_ROLES]
        return slots + [found.end() for found in mentions.TIME.finditer(self.plain)]

    def _units(self) -> dict[str, str]:
        """Every way to write a unit of the cited evidence, and time, to the unit itself."""
        units = {name: name for name in TIME_UNITS}
        for item in self.cited:
            for quantity in item.numbers.values():
                units[quantity.unit.lower()] = quantity.unit
                units[show_unit(quantity.unit).lower()] = quantity.unit
        return units

    def _figure(self, mention: Mention, allowed: frozenset[str] | None) -> None:
        if mention.role:
            if allowed is not None and mention.role not in allowed:
                raise _Wrong(f"takes the {mention.role} of {mention.item} for its {_or(allowed)}")
            return
        for item in self._subject(mention.start):
            for role, quantity in item.numbers.items():
                fits = allowed is None or role in allowed
                if fits and _same(mention, quantity, self.case.reader.language):
                    return
        as_what = f" as {_or(allowed)}" if allowed else ""
        raise _Wrong(
            f"says {mention.digits} {mention.unit}".rstrip() + f"{as_what}, not so in its evidence"
        )

    def _roles(self, mention: Mention, after: int) -> frozenset[str] | None:
        """What the words around a number say it is; None where they say nothing."""
        behind = self.cues.behind.match(self.plain, self._unit_end(mention))
        if behind:
            for pattern, allowed in self.cues.roles:
                if pattern.search(behind[0]):
                    return allowed
        before = self.plain[max(after, mention.start - 60) : mention.start]
        best, found = -1, None
        for pattern, allowed in self.cues.roles:
            if not self._fits(mention, allowed):
                continue
            for cue in pattern.finditer(before):
                if cue.end() > best:
                    best, found = cue.end(), allowed
        return found

    def _unit_end(self, mention: Mention) -> int:
        shown = show_unit(mention.unit) if mention.unit else ""
        rest = self.text[mention.end :]
        for unit in (shown, mention.unit):
            if unit and rest.lstrip().lower().startswith(unit.lower()):
                return mention.end + rest.lower().index(unit.lower()) + len(unit)
        return mention.end

    def _fits(self, mention: Mention, allowed: frozenset[str]) -> bool:
        """A word about durations says nothing about bar, one about counts nothing about minutes."""
        unit = self._unit(mention)
        if allowed <= LASTING:
            return unit in TIME_UNITS
        if allowed <= COUNTING:
            return unit == ""
        return True

    def _unit(self, mention: Mention) -> str:
        if not mention.role:
            return mention.unit
        return self.case.evidence[mention.item].numbers[mention.role].unit

    def _directions(self) -> None:
        for first, last in self._clauses():
            clause = self.cues.ignored.sub(_blank, self.plain[first:last])
            for direction, pattern in (("up", self.cues.up), ("down", self.cues.down)):
                if pattern.search(clause):
                    self._direction(direction, self._subject(last))

    def _direction(self, direction: str, items: tuple[Evidence, ...]) -> None:
        known = {item.direction for item in items if item.direction}
        if known != {direction}:
            raise _Wrong(f"says {direction}, which its evidence does not")

    def _clauses(self) -> Iterator[tuple[int, int]]:
        first = 0
        for found in self.cues.clauses.finditer(self.plain):
            yield first, found.start()
            first = found.end()
        yield first, len(self.plain)

    def _subject(self, at: int) -> tuple[Evidence, ...]:
        """The cited items that the clause at this place speaks of: those named last."""
        subject = self.cited
        for first, last in self._clauses():
            subject = self._named(self.raw[first:last]) or subject
            if last >= at:
                break
        return subject

    def _named(self, clause: str) -> tuple[Evidence, ...]:
        slots = {mention.item for mention in mentions.slots(clause)}
        return tuple(item for item in self.cited if item.id in slots or _names(item, clause))

    def _still(self) -> None:
        if self.cues.still.search(self.plain) and not any(item.active for item in self.cited):
            raise _Wrong("says that it is still so, which it is not")


def _blank(found: re.Match[str]) -> str:
    return FILLER * len(found[0])


def _names(item: Evidence, clause: str) -> bool:
    own = mentions.names([item]) - {item.machine}
    return any(mentions.naming(name).search(clause) for name in own)


def _or(allowed: Iterable[str]) -> str:
    return " or ".join(sorted(allowed))


def _same(mention: Mention, quantity: Quantity, language: str) -> bool:
    """The value as far as it was written, in the same unit."""
    factor = 1.0
    if mention.unit and mention.unit != quantity.unit:
        if quantity.unit != "s" or mention.unit not in TIME_UNITS:
            return False
        factor = TIME_UNITS[mention.unit]
    return any(
        abs(value * factor - quantity.value) <= half * factor + ROUNDING * abs(quantity.value)
        for value, half in readings(mention.digits, language)
    )
