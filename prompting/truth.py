"""The check of a sentence against its evidence: what it does not understand does not stand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Statement
from prompting.claims import ALARMS, wrong_claim
from prompting.clauses import Clause, clauses
from prompting.cues import Cues, cues
from prompting.echo import Echo
from prompting.figures import readings
from prompting.mentions import Lexer, Token
from prompting.naming import Names, forbid, names_of
from prompting.roles import SPECIAL, Roles, allowed, is_figure, is_time, time_roles
from prompting.slots import Reader, harmless, roles, value
from prompting.units import TIME_SCALE, Units, units

ROUNDING = 1e-9
SWUNG = frozenset({"change", "slope", "baseline"})
COARSEST_DURATION = 0.2
COARSEST = 0.05
"""A value may be rounded by no more than this share of it."""
SHOWN = 24
"""Letters of a sentence that a reason repeats at most."""
BLANKS = str.maketrans("\u00a0\u202f\u2009\u2019\u2011", "   '-")
LETTERS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:()'-+%/=~&"
    "\u00e4\u00f6\u00fc\u00df\u00c4\u00d6\u00dc\u2013\u2014\u2212\u00b1\u2030\u00b0\u00b5\u03bc\u00b2\u00b3"
)
"""What a sentence may hold outside names and slots: no quotation marks, markup or look-alikes."""


@dataclass(frozen=True)
class Case:
    """Everything that a sentence may be held against."""

    evidence: Mapping[str, Evidence]
    reader: Reader
    machines: frozenset[str] = frozenset()
    """Every machine of the plant, so that a wrong one is recognised."""
    scope: str = ""

    @cached_property
    def cues(self) -> Cues:
        """The words that the reader's language offers."""
        return cues(self.reader.language)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name of the evidence and the plant."""
        found = set(self.machines)
        for item in self.evidence.values():
            found |= {item.machine, *item.codes, *item.signals}
        return frozenset(found)

    @cached_property
    def echo(self) -> Echo:
        """The untrusted words that no sentence may repeat."""
        return Echo.of(words for item in self.evidence.values() for words in item.quotes)


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
    cited: tuple[Evidence, ...]
    tokens: list[Token]
    clauses: list[Clause]
    case: Case

    @classmethod
    def of(cls, statement: Statement, case: Case) -> _Trial:
        invented = [identity for identity in statement.evidence if identity not in case.evidence]
        if invented or not statement.evidence:
            raise _Wrong(f"cites {_shown(', '.join(invented)) or 'nothing'}, which does not exist")
        cited = tuple(case.evidence[identity] for identity in statement.evidence)
        text = _with_slots(statement.text, cited, case).translate(BLANKS)
        lexer = Lexer(case.cues, _names(cited, case), _units(cited))
        tokens = lexer.tokens(text)
        return cls(text, cited, tokens, clauses(tokens, cited), case)

    def run(self) -> None:
        """Every check, the plainest first."""
        self._slots()
        self._letters()
        self._words()
        self._echo()
        for clause in self.clauses:
            self._figures(clause)
        before: Clause | None = None
        for clause in self.clauses:
            reason = wrong_claim(clause, before, self.cited)
            if reason:
                raise _Wrong(reason)
            before = clause

    def _slots(self) -> None:
        own = {item.id: item for item in self.cited}
        for token in self.tokens:
            if token.kind != "slot":
                continue
            if token.item not in own:
                raise _Wrong(f"has a slot of {_shown(token.item)}, which it does not cite")
            if token.role not in roles(own[token.item]):
                where = _shown(f"{token.item}.{token.role}")
                raise _Wrong(f"has a slot {where}, which does not exist")

    def _letters(self) -> None:
        """Outside names and slots."""
        at = 0
        for token in [*self.tokens, None]:
            end = len(self.text) if token is None else token.start
            strange = next((s for s in self.text[at:end] if s not in LETTERS), "")
            if token is not None:
                at = max(at, token.end)
                if token.kind not in ("slot", "name"):
                    strange = strange or next((s for s in token.text if s not in LETTERS), "")
            if strange:
                raise _Wrong(f"holds the character U+{ord(strange):04X}, which is not for prose")

    def _words(self) -> None:
        substance = False
        for index, token in enumerate(self.tokens):
            if token.kind == "unknown":
                raise _Wrong(f"uses {_shown(token.text)}, which is no word of its evidence")
            if token.kind == "name" and not token.owners:
                raise _Wrong(f"names {_shown(token.text)}, which its evidence does not")
            if token.kind == "name" and _glued(self.tokens, index):
                raise _Wrong(f"names {_shown(token.text)} with a number, which no evidence does")
            substance = substance or token.kind not in ("word", "mark")
        for clause in self.clauses:
            if any(not naming.owners for naming in clause.names):
                raise _Wrong("names something, which its evidence does not")
        if not substance:
            raise _Wrong("names nothing of its evidence")

    def _echo(self) -> None:
        if self.case.echo.repeated(self.text):
            raise _Wrong("repeats words of the log, which only a slot may quote")

    def _figures(self, clause: Clause) -> None:
        for index, token in enumerate(clause.tokens):
            if is_time(token):
                self._time(clause, index, token)
            elif is_figure(token):
                self._figure(clause, index, token)

    def _time(self, clause: Clause, index: int, token: Token) -> None:
        said = time_roles(self.tokens, self.tokens.index(token)) or _by_verb(clause, index)
        ends = {"start", "end"} & said
        items = self._speaks_of(clause, index, token)
        if token.kind == "slot":
            if token.role not in ends or token.item not in {item.id for item in items}:
                raise _Wrong(f"takes the {token.role} of {token.item} for something else")
            return
        for item in items:
            for role, moment in (("start", item.start), ("end", item.end)):
                local = moment.astimezone(self.case.reader.zone)
                if role in ends and token.clock is not None and token.clock.fits(local):
                    return
        raise _Wrong(
            f"says {_shown(token.text)}, which is no {_or(ends) or 'time'} of its evidence"
        )

    def _figure(self, clause: Clause, index: int, token: Token) -> None:
        unit = self._unit(token)
        said = allowed(self.tokens, self.tokens.index(token), unit)
        if said and said <= SWUNG and clause.claims("kind oscillation"):
            said = frozenset({"level", "amplitude"})  # swings around, or by, a value
        if (
            said
            and "baseline" in said
            and all(i.kind is EvidenceKind.SPIKE for i in clause.subject)
        ):
            said |= {"level"}  # from which it spiked
        items = self._speaks_of(clause, index, token)
        if token.kind == "slot":
            fits = token.role in said if said is not None else token.role not in SPECIAL
            if not fits:
                raise _Wrong(
                    f"takes the {token.role} of {token.item} for {_or(said or ()) or 'it'}"
                )
            if token.item not in {item.id for item in items}:
                raise _Wrong(f"gives a figure of {token.item} to something else")
            return
        for item in items:
            for role, quantity in item.numbers.items():
                fits = role in said if said is not None else role not in SPECIAL
                if fits and self._same(token, quantity):
                    return
        as_what = f" as {_or(said)}" if said else ""
        figure = f"{_shown(token.text)} {_shown(token.unit)}".rstrip()
        raise _Wrong(f"says {figure}{as_what}, not so in its evidence")

    def _unit(self, token: Token) -> str:
        if token.kind != "slot":
            return token.unit
        return self.case.evidence[token.item].numbers[token.role].unit

    def _speaks_of(self, clause: Clause, index: int, token: Token) -> tuple[Evidence, ...]:
        """The items whose name stands nearest before, else behind, else the clause's subject."""
        before = [naming for naming in reversed(clause.names) if naming.at < index]
        behind = [naming for naming in clause.names if naming.at > index]
        for naming in (*before, *behind):
            named = naming.items if is_time(token) else naming.leading
            items = tuple(i for i in self.cited if i.id in naming.items and self._suits(i, token))
            if items:
                return self._of_machine(clause, tuple(i for i in items if i.id in named))
        return self._of_machine(clause, clause.subject)

    def _of_machine(self, clause: Clause, items: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        if not clause.machines:
            return items
        return tuple(item for item in items if item.id in clause.machines)

    def _suits(self, item: Evidence, token: Token) -> bool:
        """An alarm has no degrees: what stands behind it belongs to what was named before."""
        if is_time(token):
            return True
        unit = self._unit(token)
        if unit == "":
            return True
        lasting = unit in TIME_SCALE
        return any(q.unit == unit or (lasting and q.unit == "s") for q in item.numbers.values())

    def _same(self, token: Token, quantity: Quantity) -> bool:
        """The value as far as it was written, in the same unit."""
        factor = token.factor
        if token.unit and token.unit != quantity.unit:
            if quantity.unit != "s" or token.unit not in TIME_SCALE:
                return False
            factor = TIME_SCALE[token.unit]
        if token.factor != 1.0:
            slack = 0.5 * token.factor + ROUNDING
            return quantity.unit == "s" and abs(float(token.text) - quantity.value) <= slack
        exact = ROUNDING * abs(quantity.value)
        coarsest = _coarsest(quantity)
        return any(
            abs(value * factor - quantity.value) <= min(half * factor, coarsest) + exact
            for value, half in readings(token.text, self.case.reader.language)
        )


def _coarsest(quantity: Quantity) -> float:
    """How much rounding may take away; a count or a share may be written as it likes."""
    if quantity.unit in ("", "%"):
        return math.inf
    return abs(quantity.value) * (COARSEST_DURATION if quantity.unit == "s" else COARSEST)


def _with_slots(text: str, cited: Sequence[Evidence], case: Case) -> str:
    """A quote in its own marks is as good as its slot."""
    for item in cited:
        if item.quotes:
            text = text.replace(value(item, "quote", case.reader), f"{{{item.id}.quote}}")
    return text


def _names(cited: Sequence[Evidence], case: Case) -> Names:
    shown = case.reader.names
    found = names_of(cited, shown, case.scope)
    own = {case.scope, *(item.machine for item in cited)}
    own |= {name for item in cited for name in (*item.codes, *item.signals)}
    forbid(found, case.names - own, case.cues)
    return found


def _units(cited: Sequence[Evidence]) -> Units:
    return units(frozenset(q.unit for item in cited for q in item.numbers.values()))


def _glued(tokens: Sequence[Token], index: int) -> bool:
    """`press 4`, of which the evidence knows only press 3."""
    if index + 1 >= len(tokens):
        return False
    after = tokens[index + 1]
    hyphen = after.text == "-" and index + 2 < len(tokens)
    after = tokens[index + 2] if hyphen else after
    last = index + (3 if hyphen else 2)
    counted = last < len(tokens) and any(t.startswith("behind ") for t in tokens[last].tags)
    return after.kind == "number" and not after.unit and after.text.isdigit() and not counted


def _by_verb(clause: Clause, index: int) -> Roles:
    """A time without a word of its own is a start, unless the clause tells of an end."""
    words = clause.tokens[:index]
    if any(word.claims("peak time") for word in words) and not clause.claims("kind spike"):
        return frozenset({"peak"})
    alarms = all(item.kind in ALARMS for item in clause.subject)
    ended = clause.claims("ended") or clause.claims("back")
    ended = ended or (alarms and clause.claims("alarm ended"))
    if clause.claims("still"):
        return frozenset({"start", "end"})
    if ended and clause.claims("began") and not clause.claims("back"):
        return frozenset({"start", "end"})
    return frozenset({"end"}) if ended else frozenset({"start"})


def _or(allowed_roles: Roles | set[str] | tuple[()]) -> str:
    return " or ".join(sorted(allowed_roles))


def _shown(words: str) -> str:
    return harmless(words, SHOWN)
