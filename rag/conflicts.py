"""Two documents in force that do not say the same of a thing; rather none than a false one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.quotes import Conflict
from rag.claims import Claim, CodeClaim, claims_of
from rag.document import Document
from rag.finding import Held, cite
from rag.plain import plain
from rag.terms import terms

ALIKE = 0.8
"""Share of their terms that two sentences about the same thing have in common."""
FEWEST_TERMS = 3
MOST = 5
_OVERLAP_OF_MEANING = 0.34
_EVERYWHERE = frozenset(
    terms(
        "procedure procedures step steps warning warnings safety caution danger limit limits "
        "record records revision revisions purpose scope symptom symptoms tool tools spare part "
        "parts return service manual operating maintenance operation instruction instructions "
        "schedule overview general introduction preparation troubleshooting alarm error message "
        "code codes table machine line replacing replacement changing cleaning checking "
        "inspecting restoring repairing vorgehen ablauf schritte warnhinweise sicherheit "
        "grenzwerte handbuch anleitung wartung betrieb zweck symptome wechseln reinigen prüfen "
        "austausch maschine anlage "
    )
)
"""Terms of headings that say nothing of the thing below them."""


@dataclass(frozen=True, slots=True)
class _Difference:
    """What one and the other say."""

    words: tuple[str, str]
    """As they stand in the passages."""
    figures: tuple[str, str]
    """The part that differs."""


def conflicts(quoted: Sequence[Held], others: Sequence[Held]) -> tuple[Conflict, ...]:
    """Where what is quoted and another document in force differ, each pair of passages once."""
    found: dict[frozenset[str], Conflict] = {}
    for one in quoted:
        for other in (*quoted, *others):
            pair = frozenset({one.passage.id, other.passage.id})
            if pair in found or not _meet(one.document, other.document):
                continue
            if difference := next(_differences(one, other), None):
                found[pair] = _shown(one, other, difference)
            if len(found) == MOST:
                return tuple(found.values())
    return tuple(found.values())


def _meet(one: Document, other: Document) -> bool:
    """Whether two documents are about the same machines."""
    kinds = not one.machine_kinds or not other.machine_kinds
    machines = not one.machines or not other.machines
    return (
        one.id != other.id
        and (kinds or bool(set(one.machine_kinds) & set(other.machine_kinds)))
        and (machines or bool(set(one.machines) & set(other.machines)))
    )


def since(held: Held) -> date:
    """From when on its document holds."""
    return held.document.effective_from or date.min


def _shown(one: Held, other: Held, difference: _Difference) -> Conflict:
    sides = list(zip((one, other), difference.words, difference.figures, strict=True))
    if since(other) > since(one):
        sides.reverse()
    newer, older = (cite(_line(held, words)) for held, words, _ in sides)
    return Conflict(newer, older, ", ".join(_dated(held, figures) for held, _, figures in sides))


def _dated(held: Held, figures: str) -> str:
    begun = held.document.effective_from
    return f"{plain(figures)} ({begun})" if begun else plain(figures)


def _line(held: Held, words: str) -> Held:
    """The passage with the line that differs as its quote, where the line stands in it."""
    return replace(held, quote=words if words in held.passage.text else "")


def _differences(one: Held, other: Held) -> Iterator[_Difference]:
    own = claims_of(one.passage, one.document.language)
    theirs = claims_of(other.passage, other.document.language)
    for code in own.codes:
        for same in theirs.codes:
            if code.code == same.code and (words := _other_code(code, same)):
                yield _Difference(words, words)
    for claim in own.numbers:
        for same_thing in theirs.numbers:
            if _is_same_thing(claim, same_thing, one, other) and _differs(claim, same_thing):
                yield _Difference(
                    (claim.words, same_thing.words), (claim.figures, same_thing.figures)
                )


def _other_code(one: CodeClaim, other: CodeClaim) -> tuple[str, str] | None:
    """Another fault class, a meaning without a word in common, or another document to follow."""
    classes = (one.error_class, other.error_class)
    if all(classes) and classes[0] != classes[1]:
        return f"{one.code}: {classes[0]}", f"{one.code}: {classes[1]}"
    if _share(set(terms(one.meaning)), set(terms(other.meaning))) < _OVERLAP_OF_MEANING:
        return f"{one.code}: {one.meaning}", f"{one.code}: {other.meaning}"
    if one.referred and other.referred and not one.referred & other.referred:
        named = (", ".join(sorted(claim.referred)) for claim in (one, other))
        return f"{one.code}: {next(named)}", f"{one.code}: {next(named)}"
    return None


def _is_same_thing(claim: Claim, other: Claim, one: Held, second: Held) -> bool:
    if claim.is_cell is not other.is_cell or claim.sense != other.sense:
        return False
    if [unit for unit, _ in claim.measures] != [unit for unit, _ in other.measures]:
        return False
    if claim.is_cell:
        return claim.about == other.about
    both = claim.about & other.about
    alike = len(both) >= ALIKE * len(claim.about | other.about) and len(both) >= FEWEST_TERMS
    return alike and bool(_above(one) & _above(second))


def _differs(claim: Claim, other: Claim) -> bool:
    return [number for _, number in claim.measures] != [number for _, number in other.measures]


def _above(held: Held) -> set[str]:
    """Terms of title and headings that say which thing it is about."""
    words = " ".join([held.document.title, *held.passage.section])
    kinds = " ".join(kind.replace("-", " ") for kind in held.document.machine_kinds)
    return set(terms(words)) - _EVERYWHERE - set(terms(kinds))


def _share(one: set[str], other: set[str]) -> float:
    """Of the smaller one, how much the other has; 1 where one says nothing."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 1.0
