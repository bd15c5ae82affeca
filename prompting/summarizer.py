"""Evidence in, a checked summary out: pack, prompt, draft, check, fill."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.errors import ModelFault
from ingest.vocabulary import Evidence, Severity, Statement, Summary
from prompting.library import Prompt, PromptLibrary
from prompting.pack import Pack, by_onset, by_urgency, pack
from prompting.schema import summary_schema
from prompting.sentences import headline, quiet, sentence
from prompting.slots import Reader, fill, harmless
from prompting.truth import Case, complaint
from prompting.writer import Assignment, Draft, Writer
from prompting.writers.deterministic import DeterministicWriter

log = logging.getLogger(__name__)

REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class _Request:
    """What a summary is asked for, with the evidence that its writer is shown."""

    scope: str
    start: datetime
    end: datetime
    prompt: Prompt
    reader: Reader
    evidence: tuple[Evidence, ...]
    shown: Pack

    @property
    def assignment(self) -> Assignment:
        """The prompt filled, and the form of the reply."""
        most = self.prompt.front.statements
        system, user = self.prompt.fill(
            {
                "scope": self.scope,
                "start": self._clock(self.start),
                "end": self._clock(self.end),
                "evidence": self.shown.text,
                "left_out": self.shown.left_out,
                "statements": most,
            }
        )
        schema = summary_schema([item.id for item in self.shown.evidence], most)
        language = self.reader.language
        return Assignment(system, user, schema, self.shown.evidence, self.scope, language, most)

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.reader.zone):%Y-%m-%d %H:%M}"


class Summarizer:
    """Writes summaries that hold: a model writes as far as it keeps to the evidence."""

    def __init__(
        self,
        writer: Writer,
        prompts: PromptLibrary,
        *,
        timezone: str,
        machines: Iterable[str] = (),
    ) -> None:
        self._writer = writer
        self._prompts = prompts
        self._zone = ZoneInfo(timezone)
        self._machines = frozenset(machines)
        self._fallback = DeterministicWriter()

    def summarize(
        self,
        evidence: Sequence[Evidence],
        *,
        scope: str,
        start: datetime,
        end: datetime,
        prompt: str = "issue-summary",
        language: str = "en",
    ) -> Summary:
        """What the evidence says, in a headline and a few sentences.

        Raises:
            NotKnown: No such prompt in that language.
        """
        found = self._prompts.get(prompt, language)
        reader = Reader(language, self._zone, end)
        items = _distinct(evidence)
        front = found.front
        shown = pack(items, reader, items=front.items, tokens=front.tokens)
        request = _Request(scope, start, end, found, reader, items, shown)
        return self._summary(request) if shown.evidence else self._quiet(request)

    def _summary(self, request: _Request) -> Summary:
        draft, engine, note = self._draft(request.assignment)
        case = Case(
            evidence={item.id: item for item in request.shown.evidence},
            reader=request.reader,
            machines=self._machines,
            scope=request.scope,
        )
        edited = _Edited.of(draft, case, request.prompt.front.statements)
        if edited.replaced:
            log.warning("summary corrected", extra={"replaced": len(edited.replaced)})
        return Summary(
            scope=request.scope,
            start=request.start,
            end=request.end,
            headline=fill(edited.headline.text, case.evidence, case.reader),
            statements=tuple(_filled(statement, case) for statement in edited.statements),
            evidence=request.evidence,
            engine=engine,
            model=self._writer.model if engine == self._writer.engine else "",
            prompt=request.prompt.reference,
            replaced=edited.replaced,
            note=note,
        )

    def _draft(self, assignment: Assignment) -> tuple[Draft, str, str]:
        try:
            return self._writer.write(assignment), self._writer.engine, ""
        except ModelFault as fault:
            log.warning("model failed", extra={"reason": str(fault), "model": self._writer.model})
            note = f"Written without the model {self._writer.model}: {fault}"
            return self._fallback.write(assignment), self._fallback.engine, note

    def _quiet(self, request: _Request) -> Summary:
        title, text = quiet(request.scope, request.reader.language)
        return Summary(
            scope=request.scope,
            start=request.start,
            end=request.end,
            headline=title,
            statements=(Statement(text, ()),),
            evidence=(),
            engine=self._fallback.engine,
            model="",
            prompt=request.prompt.reference,
        )


@dataclass(frozen=True, slots=True)
class _Edited:
    """A draft in which every sentence that failed its check is replaced."""

    headline: Statement
    statements: tuple[Statement, ...]
    replaced: tuple[str, ...]

    @classmethod
    def of(cls, draft: Draft, case: Case, most: int) -> _Edited:
        language = case.reader.language
        reasons: list[str] = []
        title = draft.headline
        reason = complaint(title, case)
        if reason:
            title = headline(tuple(case.evidence.values()), language)
            reasons.append(_reason("headline", reason))
        kept: dict[str, Statement] = {}
        for number, statement in enumerate(draft.statements, start=1):
            reason = complaint(statement, case)
            if reason:
                reasons.append(_reason(f"sentence {number}", reason))
            good = _instead(statement, case) if reason else statement
            if good is not None:
                kept.setdefault(good.text, good)
        return cls(title, _ordered(kept.values(), case, most), tuple(reasons))


def _reason(where: str, reason: str) -> str:
    return harmless(f"{where} {reason}", REASON_LENGTH)


def _instead(statement: Statement, case: Case) -> Statement | None:
    """The deterministic sentence for the first item that the failed one cites."""
    for identity in statement.evidence:
        if identity in case.evidence:
            return sentence(case.evidence[identity], case.reader.language)
    return None


def _ordered(statements: Iterable[Statement], case: Case, most: int) -> tuple[Statement, ...]:
    """First cause first, and nothing urgent that is still so left unsaid."""
    chosen = list(statements)[:most]
    if not chosen:
        ranked = by_urgency(tuple(case.evidence.values()))[:most]
        chosen = [sentence(item, case.reader.language) for item in ranked]
    said = {identity for statement in chosen for identity in statement.evidence}
    for item in _urgent(case.evidence.values()):
        if item.id not in said and len(chosen) < most:
            chosen.append(sentence(item, case.reader.language))
    return tuple(sorted(chosen, key=lambda s: min(case.evidence[i].start for i in s.evidence)))


def _urgent(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    for item in evidence:
        if item.active and item.severity is not Severity.INFO:
            yield item


def _filled(statement: Statement, case: Case) -> Statement:
    text = " ".join(fill(statement.text, case.evidence, case.reader).split())
    return Statement(text[:1].upper() + text[1:], statement.evidence)


def _distinct(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """In order of onset; numbered anew where machines share ids."""
    items = by_onset(evidence)
    if len({item.id for item in items}) == len(items):
        return items
    return tuple(replace(item, id=f"E{number:04}") for number, item in enumerate(items, start=1))
