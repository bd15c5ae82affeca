"""The clauses of a sentence, and which of the cited items each of them speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.vocabulary import Evidence
from prompting.mentions import Token
from prompting.naming import ANY, CODE, LEAD, MACHINE, Owners
from prompting.slots import NAME_ROLES, TIME_ROLES

ENDS = frozenset(",;:.()\u2013\u2014")
"""Marks between clauses."""
FIRM = frozenset(";.")
NAME_SLOTS: Mapping[str, int] = {"signals": LEAD, "signal": LEAD, "codes": CODE, "code": CODE}
LIGHT = frozenset({"plain", "kind alarm", "kind card", "kind instruction", "kind note"})


@dataclass(frozen=True, slots=True)
class Naming:
    """A name at its place in a clause: `oil temp`, `{E0001.signals}`."""

    at: int
    owners: Owners

    @property
    def items(self) -> frozenset[str]:
        """The items that are called so."""
        return frozenset(item for item, _ in self.owners)

    @property
    def leading(self) -> frozenset[str]:
        """Those to whose figures it stands: not the ones of which it only moved with the lead."""
        return frozenset(item for item, place in self.owners if place <= LEAD)


@dataclass(slots=True)
class Clause:
    """A stretch of a sentence with one thing to say."""

    tokens: list[Token]
    names: list[Naming] = field(default_factory=list)
    machines: frozenset[str] = frozenset()
    """Items of the machines that it names."""
    subject: tuple[Evidence, ...] = ()

    def claims(self, tag: str) -> bool:
        """Whether a word of it says so."""
        return any(tag in token.tags for token in self.tokens)

    def tags(self, family: str) -> Iterator[str]:
        """What its words say in one family of tags, such as `kind`."""
        for token in self.tokens:
            for tag in token.tags:
                if tag.startswith(family):
                    yield tag.removeprefix(family)


def clauses(tokens: Sequence[Token], cited: Sequence[Evidence]) -> list[Clause]:
    """The clauses in order, each with its subject."""
    found = [Clause(piece) for piece in _joined(list(_pieces(tokens)))]
    for clause in found:
        clause.names = list(_names(clause.tokens))
        clause.machines = _of(_machines(clause.tokens), cited)
    _subjects(found, cited)
    return found


def _pieces(tokens: Sequence[Token]) -> Iterator[tuple[list[Token], bool]]:
    """With whether a mark ends it that no list goes across."""
    piece: list[Token] = []
    for token in tokens:
        mark = token.kind == "mark" and token.text in ENDS
        if mark or "clause" in token.tags:
            if piece:
                yield piece, mark and token.text in FIRM
            piece = [] if mark else [token]
        else:
            piece.append(token)
    if piece:
        yield piece, True


def _joined(pieces: Sequence[tuple[list[Token], bool]]) -> list[list[Token]]:
    """`Oil temp and pressure fell`: a clause that only names belongs to the next one."""
    found: list[list[Token]] = []
    waiting: list[Token] = []
    for piece, firm in pieces:
        waiting = [*waiting, *piece]
        if firm or not all(_light(token) for token in piece):
            found.append(waiting)
            waiting = []
    return [*found, waiting] if waiting else found


def _light(token: Token) -> bool:
    if token.kind == "slot":
        return token.role in NAME_ROLES
    if token.kind == "word":
        return token.tags <= LIGHT or "clause" in token.tags
    return token.kind in ("name", "mark")


def _names(tokens: Sequence[Token]) -> Iterator[Naming]:
    """Neighbouring words are one name; `oil temperature` is whose names hold both."""
    at, owners = -1, None
    for index, token in enumerate(tokens):
        own = _owners(token)
        if own is None:
            if owners is not None:
                yield Naming(at, owners)
            at, owners = -1, None
        else:
            owners = own if owners is None or token.kind == "slot" else _both(owners, own)
            at = index
    if owners is not None:
        yield Naming(at, owners)


def _both(one: Owners, other: Owners) -> Owners:
    common = one & other
    items = {item for item, _ in one} & {item for item, _ in other}
    return common or frozenset(owner for owner in one | other if owner[0] in items and not common)


def _owners(token: Token) -> Owners | None:
    if token.kind == "slot" and token.role in NAME_SLOTS:
        return frozenset({(token.item, NAME_SLOTS[token.role])})
    if token.kind == "slot" and token.role in ("others", "followers"):
        return frozenset({(token.item, LEAD + 1 if token.role == "others" else CODE)})
    if token.kind == "name":
        named = frozenset(owner for owner in token.owners if owner[1] != MACHINE)
        return named or None
    return None


def _machines(tokens: Sequence[Token]) -> frozenset[str]:
    """Items of the machines that are named, by name or by slot."""
    found = {token.item for token in tokens if token.kind == "slot" and token.role == "machine"}
    for token in tokens:
        if token.kind == "name" and all(place == MACHINE for _, place in token.owners):
            found |= {item for item, _ in token.owners if item != ANY}
    return frozenset(found)


def _subjects(found: Sequence[Clause], cited: Sequence[Evidence]) -> None:
    """Named in the clause, else in the one before, else in the next one, else all."""
    subject: tuple[Evidence, ...] = ()
    for clause in found:
        clause.subject = _own(clause, cited) or subject
        subject = clause.subject
    following: tuple[Evidence, ...] = tuple(cited)
    for clause in reversed(found):
        clause.subject = clause.subject or following
        following = clause.subject


def _own(clause: Clause, cited: Sequence[Evidence]) -> tuple[Evidence, ...]:
    named = frozenset(item for naming in clause.names for item in naming.items)
    if not named and clause.machines:
        named = clause.machines
    if not named:
        named = frozenset(
            token.item
            for token in clause.tokens
            if token.kind == "slot" and token.role not in (*TIME_ROLES, "quote", "machine")
        )
    return tuple(item for item in cited if item.id in named)


def _of(named: frozenset[str], cited: Sequence[Evidence]) -> frozenset[str]:
    """Every item of the machines of those."""
    machines = {item.machine for item in cited if item.id in named}
    return frozenset(item.id for item in cited if item.machine in machines)
