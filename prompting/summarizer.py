"""Evidence in, a checked summary out: brief, draft by a model or by rule, check, fill."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.vocabulary import Account, Evidence, Statement, Summary
from prompting.asking import Asker
from prompting.brief import Brief
from prompting.draft import Draft
from prompting.editing import Edited, edited
from prompting.falling_back import note
from prompting.grouping import arranged
from prompting.library import PromptLibrary
from prompting.listening import Listener
from prompting.pack import by_onset
from prompting.question import Unanswered
from prompting.slots import Reader, fill
from prompting.telling import ENGINEER, Watched, closing, completed, is_quiet, quiet
from prompting.truth import Case
from prompting.writers.deterministic import ENGINE, written

log = logging.getLogger(__name__)

Names = Mapping[str, Mapping[tuple[str, str], str]]
"""What people call a signal: by language, then by machine and signal."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A draft, and who wrote it."""

    draft: Draft
    engine: str = ENGINE
    model: str = ""
    note: str = ""
    account: Account = field(default_factory=Account)


class Summarizer:
    """Writes summaries that hold: a model writes as far as it keeps to the evidence."""

    def __init__(
        self,
        asker: Asker | None,
        prompts: PromptLibrary,
        *,
        timezone: str,
        machines: Iterable[str] = (),
        names: Names | None = None,
    ) -> None:
        self._asker = asker
        self._prompts = prompts
        self._zone = ZoneInfo(timezone)
        self._machines = frozenset(machines)
        self._names = names or {}

    def summarize(
        self,
        evidence: Sequence[Evidence],
        *,
        scope: str,
        start: datetime,
        end: datetime,
        prompt: str = "issue-summary",
        language: str = "en",
        watched: Watched | None = None,
        listener: Listener | None = None,
    ) -> Summary:
        """What the evidence says, in a headline and a few sentences.

        Args:
            evidence: Of one machine or of a line.
            scope: The machine or the line.
            start: From when on.
            end: Until when.
            prompt: Id of a prompt.
            language: Of the reader.
            watched: What there was to look at, told where nothing stands out.
            listener: Hears what a model writes while it does, unchecked.

        Raises:
            NotKnown: No such prompt in that language.
        """
        found = self._prompts.get(prompt, language, schema="summary")
        exact = found.front.style == ENGINEER
        names = self._names.get(language, {})
        reader = Reader(language, self._zone, end, names=names, seconds=exact)
        brief = Brief(scope, start, end, found, reader, _distinct(evidence))
        quiet = is_quiet(brief.evidence)
        return _quiet(brief, watched) if quiet else self._summary(brief, listener, watched)

    def style(self, prompt: str, language: str) -> str:
        """For whom a prompt is: `operator`, `engineer` or `handover`.

        Raises:
            NotKnown: No such prompt in that language.
        """
        return self._prompts.get(prompt, language, schema="summary").front.style

    def _summary(self, brief: Brief, listener: Listener | None, watched: Watched | None) -> Summary:
        by = self._written(brief, listener)
        case = Case(
            evidence={item.id: item for item in brief.chosen},
            reader=brief.reader,
            machines=self._machines,
            scope=brief.scope,
        )
        most = brief.prompt.front.statements
        plain = Edited(by.draft.headline, by.draft.statements)
        found = edited(by.draft, case, most) if by.model else plain
        if found.replaced:
            log.warning("summary corrected", extra={"replaced": len(found.replaced)})
            if self._asker:
                self._asker.observer.replaced(by.engine, by.model, sentences=len(found.replaced))
        return Summary(
            scope=brief.scope,
            start=brief.start,
            end=brief.end,
            headline=fill(found.headline.text, case.evidence, case.reader),
            statements=_finished(found.statements, brief, watched),
            evidence=brief.evidence,
            engine=by.engine,
            model=by.model,
            prompt=brief.prompt.reference,
            replaced=found.replaced,
            note=by.note,
            account=by.account,
        )

    def _written(self, brief: Brief, listener: Listener | None) -> _Written:
        """By the model, if one is set and answers in time; else by rule, and why."""
        most, language = brief.prompt.front.statements, brief.reader.language
        style = brief.prompt.front.style
        if self._asker is None:
            return _Written(written(brief.chosen, language=language, most=most, style=style))
        model = self._asker.model
        question = brief.question(model.count, self._asker.masks())
        try:
            answered = self._asker.ask(question, listener=listener)
        except Unanswered as fault:
            self._asker.observer.fell_back(fault.reason)
            return _Written(
                written(brief.chosen, language=language, most=most, style=style),
                note=note(fault, model.model, language),
                account=replace(fault.account, fallback=fault.reason),
            )
        return _Written(answered.value, answered.engine, answered.model, account=answered.account)


def _quiet(brief: Brief, watched: Watched | None) -> Summary:
    language = brief.reader.language
    title, statements = quiet(brief.scope, brief.evidence, watched, language=language)
    return Summary(
        scope=brief.scope,
        start=brief.start,
        end=brief.end,
        headline=title,
        statements=_finished(statements, brief, watched),
        evidence=brief.evidence,
        engine=ENGINE,
        model="",
        prompt=brief.prompt.reference,
    )


def _finished(
    statements: Sequence[Statement], brief: Brief, watched: Watched | None
) -> tuple[Statement, ...]:
    """In order and filled, with what was not told counted; a handover with every section."""
    language = brief.reader.language
    items = {item.id: item for item in brief.evidence}
    sections = brief.prompt.front.sections
    strictly = brief.prompt.front.style == ENGINEER
    cited = [statement for statement in statements if statement.evidence]
    uncited = tuple(statement for statement in statements if not statement.evidence)
    ordered = (*uncited, *arranged(cited, brief.evidence, sections=sections, strictly=strictly))
    full = (*ordered, *closing(statements, brief.evidence, language=language))
    if sections:
        full = completed(full, brief.evidence, language=language, watched=watched)
    return tuple(_filled(statement, items, brief.reader) for statement in full)


def _filled(statement: Statement, items: Mapping[str, Evidence], reader: Reader) -> Statement:
    """A machine's id at the beginning stays as it is written."""
    text = " ".join(fill(statement.text, items, reader).split())
    if not statement.text.startswith("{") or ".machine}" not in statement.text.split(" ")[0]:
        text = text[:1].upper() + text[1:]
    return replace(statement, text=text)


def _distinct(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """In order of onset; numbered anew where machines share ids."""
    items = by_onset(evidence)
    if len({item.id for item in items}) == len(items):
        return items
    return tuple(replace(item, id=f"E{number:04}") for number, item in enumerate(items, start=1))
