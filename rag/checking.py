"""What a model is shown, and what of its reply is left once it is held against that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.quotes import Excerpt, WrittenAnswer
from rag.answers import Checked
from rag.document import section_name
from rag.finding import Finding, Held, once
from rag.phrases import LANGUAGES
from rag.plain import plain
from rag.verifying import objection

SHOWN = 8
"""Passages that a model is shown."""


def held_against(written: WrittenAnswer, shown: Sequence[Held], question: str) -> Checked:
    """The sentences that hold, the passages that they stand on, and how many did not."""
    excerpts = {held.passage.id: excerpt_of(held) for held in shown}
    by_id = {held.passage.id: held for held in shown}
    good = []
    for sentence in written.sentences:
        held = by_id.get(sentence.passage)
        language = held.document.language if held else "en"
        if not objection(sentence, excerpts, question=question, language=language):
            good.append(sentence)
    return Checked(
        sentences=tuple(dict.fromkeys(good)),
        stands_on=once(by_id[sentence.passage] for sentence in good),
        dropped=len(written.sentences) - len(good),
        engine=written.engine,
        model=written.model,
        prompt=written.prompt,
        note=written.note,
    )


def shown_of(finding: Finding) -> tuple[Held, ...]:
    """What answers the question, then what came near, each whole."""
    order = [*finding.passages, *finding.because, *finding.steps, *finding.warnings, *finding.near]
    return tuple(replace(held, quote="") for held in once(order)[:SHOWN])


def excerpt_of(held: Held) -> Excerpt:
    """A passage as a model is shown it."""
    return Excerpt(
        id=held.passage.id,
        title=plain(held.document.title),
        section=plain(section_name(held.passage.section)),
        text=plain(held.passage.text),
    )


def language_for(shown: Sequence[Held], spoken: str) -> str:
    """That of the passages, so that every word can be checked; the reader's where they differ."""
    languages = {held.document.language for held in shown}
    if spoken in languages or not languages & set(LANGUAGES):
        return spoken
    return next(h.document.language for h in shown if h.document.language in LANGUAGES)
