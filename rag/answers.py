"""Findings put into words: the procedure quoted, warnings first, steps in order; or a no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.quotes import Citation, Conflict, QuotedSentence
from ingest.vocabulary import Answer
from rag.document import Document, Passage, PassageKind
from rag.finding import Finding, Held, Procedure, cite, once
from rag.passages import is_warning_section
from rag.phrases import PHRASES
from rag.plain import plain

_PROCEDURE_SECTION = re.compile(
    r"\b(procedure|instructions?|remedy|repair|replacement|corrective|what to do|steps|work|"
    r"vorgehen|ablauf|durchführung|behebung|arbeitsschritte)\b",
    re.IGNORECASE,
)
NEAREST = 3
"""How many passages a declined answer shows."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a model wrote, as far as it holds."""

    sentences: tuple[QuotedSentence, ...] = ()
    stands_on: tuple[Held, ...] = ()
    """The passages of those sentences."""
    dropped: int = 0
    engine: str = ""
    model: str = ""
    prompt: str = ""
    note: str = ""


def find_procedure(document: Document, passages: Sequence[Passage]) -> Procedure | None:
    """The warnings and the numbered steps of a document, None without steps."""
    steps = [passage for passage in passages if passage.kind is PassageKind.STEPS]
    if not steps:
        return None
    named = [p for p in steps if p.section and _PROCEDURE_SECTION.search(p.section[-1])]
    section = (named or steps)[0].section
    chosen = tuple(passage for passage in steps if passage.section == section)
    warnings = tuple(p for p in passages if p.kind is PassageKind.WARNING and _warns(p, chosen))
    return Procedure(document, warnings, chosen)


def _warns(warning: Passage, steps: Sequence[Passage]) -> bool:
    """Under a heading for warnings, or under one above the steps; never one of another part."""
    heading = warning.section
    above = steps[0].section[: len(heading)] == heading
    return above or bool(heading and is_warning_section(heading[-1]))


def answered(
    question: str,
    finding: Finding,
    *,
    language: str = "en",
    machine: str | None = None,
    conflicts: Sequence[Conflict] = (),
    checked: Checked | None = None,
) -> Answer:
    """The answer to a question, with every place that it stands on."""
    if finding.declined:
        return declined(question, finding, machine=machine)
    by = checked or Checked()
    say = PHRASES[language]
    parts = [finding.remark] if finding.remark else []
    parts += [*_head(finding, language), *_differing(conflicts, language)]
    parts += [_placed(held, language) for held in finding.because]
    parts += _safety(finding, language)
    parts += _in_short(by, language)
    if finding.procedure:
        title = _title(finding.procedure.steps[0])
        parts.append("\n".join([f"{title or say['steps']}:", *(h.words for h in finding.steps)]))
    else:
        parts += [_placed(held, language) for held in finding.passages if not _is_warning(held)]
    cited = [cite(held) for held in once([*finding.quoted, *by.stands_on])]
    answer = Answer(
        question,
        declined=False,
        reason="",
        text="\n\n".join(parts),
        citations=tuple(cited),
        machine=machine,
        support=round(finding.support, 4),
        conflicts=tuple(conflicts),
        note=by.note,
    )
    return _by_model(answer, by) if by.engine else answer


def _by_model(answer: Answer, by: Checked) -> Answer:
    """What a model had a part in; `quote` remains the engine where nothing of it was left."""
    return replace(
        answer,
        engine=by.engine if by.sentences else answer.engine,
        sentences=by.sentences,
        dropped=by.dropped,
        model=by.model,
        prompt=by.prompt,
    )


def declined(question: str, finding: Finding, *, machine: str | None = None) -> Answer:
    """No answer, why, and what came nearest."""
    return Answer(
        question,
        declined=True,
        reason=finding.reason,
        text="",
        citations=(),
        nearest=tuple(cite(held) for held in once(finding.near)[:NEAREST]),
        machine=machine,
        support=round(finding.support, 4),
    )


def place(citation: Citation, language: str = "en") -> str:
    """Document, revision and page in words; pages where the quote does not end where it begins."""
    say = PHRASES[language]
    page = f"{say['page']} {citation.page}"
    if citation.last_page > citation.page:
        page = f"{say['pages']} {citation.page}\u2013{citation.last_page}"
    printed = f" ({say['printed']} {plain(citation.page_label)})" if citation.page_label else ""
    return f"{citation.document}, {say['revision']} {citation.revision}, {page}{printed}"


def _placed(held: Held, language: str) -> str:
    return f"{held.words}\n({place(cite(held), language)})"


def _title(passage: Passage) -> str:
    return plain(passage.section[-1]) if passage.section else ""


def _head(finding: Finding, language: str) -> list[str]:
    if finding.procedure is None:
        return []
    first = cite(finding.steps[0])
    last = finding.steps[-1].passage
    whole = replace(first, last_page=max(last.page, last.last_page))
    return [f"{first.title} ({place(whole, language)})"]


def _safety(finding: Finding, language: str) -> list[str]:
    """The warnings, whole, whatever else is said; where they stand, once a place."""
    warnings = [*finding.warnings, *(h for h in finding.passages if _is_warning(h))]
    if not warnings:
        return []
    places = dict.fromkeys(place(cite(held), language) for held in warnings)
    words = [held.words for held in once(warnings)]
    return ["\n".join([f"{PHRASES[language]['warnings']}:", *words, f"({'; '.join(places)})"])]


def _is_warning(held: Held) -> bool:
    return held.passage.kind is PassageKind.WARNING


def _in_short(by: Checked, language: str) -> list[str]:
    """What a model wrote; each sentence with the words that it stands on."""
    if not by.sentences:
        return []
    places = {held.passage.id: place(cite(held), language) for held in by.stands_on}
    lines = [f"- {s.text} ({places[s.passage]}: \u201c{s.quote}\u201d)" for s in by.sentences]
    return ["\n".join([f"{PHRASES[language]['in_short']}:", *lines])]


def _differing(conflicts: Iterable[Conflict], language: str) -> list[str]:
    lines = [_difference(conflict, language) for conflict in conflicts]
    return ["\n".join([f"{PHRASES[language]['differ']}:", *lines])] if lines else []


def _difference(conflict: Conflict, language: str) -> str:
    newer, older = (place(c, language) for c in (conflict.newer, conflict.older))
    return (
        f"- {conflict.what}\n  {newer}: {conflict.newer.quote}\n  {older}: {conflict.older.quote}"
    )
