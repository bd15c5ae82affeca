"""Answers without a language model: the procedure quoted, warnings first, steps in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.vocabulary import Answer, Citation
from rag.document import Document, Passage, PassageKind, section_name
from rag.passages import is_warning_section
from rag.retrieval import Found

_PROCEDURE_SECTION = re.compile(
    r"\b(procedure|instructions?|remedy|repair|replacement|corrective|what to do|steps|work|"
    r"vorgehen|ablauf|durchf\u00fchrung|behebung)\b",
    re.IGNORECASE,
)
NEAREST = 3
"""How many passages a declined answer shows."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The part of a document that says what to do."""

    document: Document
    warnings: tuple[Passage, ...]
    steps: tuple[Passage, ...]
    """In order; the first one's page is where the steps begin."""


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


def cite(document: Document, passage: Passage, score: float) -> Citation:
    """The place of a passage with its words."""
    return Citation(
        document=document.id,
        title=document.title,
        revision=document.revision,
        page=passage.page,
        section=section_name(passage.section),
        quote=passage.text,
        passage=passage.id,
        score=round(score, 4),
        last_page=passage.last_page,
        page_label=_label(document, passage.page),
    )


def _label(document: Document, page: int) -> str:
    """What is printed on the page, if it is not its number."""
    label = document.page_labels[page - 1] if page <= len(document.page_labels) else ""
    return "" if label == str(page) else label


def procedure_answer(
    question: str, procedure: Procedure, *, score: float, because: Sequence[Citation] = ()
) -> Answer:
    """The whole procedure; its first citation is the page where the steps begin.

    Args:
        because: What led to this document, such as a row of a code table.
    """
    document = procedure.document
    steps = [cite(document, passage, score) for passage in procedure.steps]
    warnings = [cite(document, passage, score) for passage in procedure.warnings]
    parts = [_head(document, procedure.steps[0].page)]
    parts += [f"{c.quote} ({place(c)})" for c in because]
    if warnings:
        parts.append("\n".join(["Warnings:", *(c.quote for c in warnings)]))
    parts.append("\n".join([f"{_title(procedure.steps[0])}:", *(c.quote for c in steps)]))
    cited = _once([*steps, *warnings, *because])
    return Answer(question, declined=False, reason="", text="\n\n".join(parts), citations=cited)


def passage_answer(question: str, found: Sequence[Found]) -> Answer:
    """Passages as they stand; warnings among them first."""
    order = sorted(found, key=lambda each: each.passage.kind is not PassageKind.WARNING)
    quotes = [cite(each.document, each.passage, each.score) for each in order]
    text = "\n\n".join(f"{c.quote}\n({place(c)})" for c in quotes)
    best = [cite(each.document, each.passage, each.score) for each in found]
    return Answer(question, declined=False, reason="", text=text, citations=_once(best))


def declined(question: str, reason: str, found: Sequence[Found] = ()) -> Answer:
    """No answer, why, and what came nearest."""
    nearest = tuple(cite(each.document, each.passage, each.score) for each in found[:NEAREST])
    return Answer(question, declined=True, reason=reason, text="", citations=(), nearest=nearest)


def place(citation: Citation) -> str:
    """Document, revision and page in words."""
    return f"{citation.document}, revision {citation.revision}, page {citation.page}"


def _head(document: Document, page: int) -> str:
    return f"{document.title} ({document.id}, revision {document.revision}, page {page})"


def _title(passage: Passage) -> str:
    return passage.section[-1] if passage.section else "Steps"


def _once(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    return tuple({citation.passage: citation for citation in citations}.values())
