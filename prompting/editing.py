"""A draft held against its evidence: what fails is replaced, what is urgent is never left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.vocabulary import Evidence, EvidenceKind, Severity, Statement
from prompting.draft import Draft
from prompting.grouping import arranged
from prompting.headlines import headline
from prompting.pack import LEFT, by_urgency
from prompting.sentences import sentence
from prompting.slots import harmless
from prompting.truth import Case, complaint

REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Edited:
    """A draft in which every sentence that failed its check is replaced."""

    headline: Statement
    statements: tuple[Statement, ...]
    replaced: tuple[str, ...] = ()
    """Why, for each sentence that was."""


def edited(draft: Draft, case: Case, most: int) -> Edited:
    """A draft that a model wrote, as it may be shown; its slots are still open."""
    reasons: list[str] = []
    title = draft.headline
    reason = complaint(title, case)
    if reason:
        title = headline(tuple(case.evidence.values()), case.reader.language)
        reasons.append(_reason("headline", reason))
    kept: dict[str, Statement] = {}
    for number, statement in enumerate(draft.statements, start=1):
        reason = complaint(statement, case)
        if reason:
            reasons.append(_reason(f"sentence {number}", reason))
        good = _instead(statement, case) if reason else statement
        if good is not None:
            kept.setdefault(good.text, good)
    chosen = _complete(kept.values(), case, most)
    return Edited(title, arranged(chosen, tuple(case.evidence.values())), tuple(reasons))


def _reason(where: str, reason: str) -> str:
    return harmless(f"{where} {reason}", REASON_LENGTH)


def _instead(statement: Statement, case: Case) -> Statement | None:
    """The deterministic sentence for the first item that the failed one cites."""
    for identity in statement.evidence:
        if identity in case.evidence:
            return _sentence(case.evidence[identity], case)
    return None


def _sentence(item: Evidence, case: Case) -> Statement:
    several = len({other.machine for other in case.evidence.values()}) > 1
    return sentence(item, case.reader.language, named=several)


def _complete(statements: Iterable[Statement], case: Case, most: int) -> list[Statement]:
    """Nothing urgent that is still so left unsaid."""
    chosen = list(statements)[:most]
    ranked = by_urgency(tuple(case.evidence.values()))
    if not chosen:
        chosen = [_sentence(item, case) for item in ranked[:most]]
    for item in _urgent(ranked):
        if not _said(item, chosen) and (len(chosen) < most or item.kind in LEFT):
            chosen.append(_sentence(item, case))
    return chosen


def _said(item: Evidence, statements: Iterable[Statement]) -> bool:
    """What must not be left out is said only where its own words are."""
    if item.kind in LEFT and item.quotes:
        return any(f"{{{item.id}.quote}}" in statement.text for statement in statements)
    return any(item.id in statement.evidence for statement in statements)


def _urgent(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    for item in evidence:
        urgent = item.active and item.severity is not Severity.INFO
        if urgent or item.kind in LEFT or item.kind is EvidenceKind.OUT_OF_SERVICE:
            yield item
