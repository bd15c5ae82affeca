"""The way from a question to an answer: whose machine, which turn, what was found, who writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.quotes import Conflict
from ingest.vocabulary import Answer
from rag.advisor import Advisor, Asked
from rag.answers import Checked, answered
from rag.catalog import Catalog
from rag.checking import excerpt_of, held_against, language_for, shown_of
from rag.codebook import Codebook
from rag.conflicts import conflicts, since
from rag.conversation import Following, Leaning, Turn, follow
from rag.document import CodeEntry, DocumentStatus
from rag.finding import Finding, Held, once
from rag.identifiers import find_codes
from rag.index import Scope
from rag.mentions import MachineName
from rag.own_words import is_bare, own_words
from rag.phrases import LANGUAGES, PHRASES, language_of
from rag.remedies import Remedies
from rag.retrieval import Retriever
from rag.scoping import admits
from rag.settings import RagSettings
from rag.whose import Whose, sure, whose
from rag.writing import AnswerWriter

COMPARED = 400
"""A document with more passages is compared only by those that came near."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question and everything that was given with it."""

    question: str
    scope: Scope
    codes: tuple[str, ...] = ()
    earlier: tuple[Turn, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Gathered:
    """All that an answer needs of the store, from one state of it."""

    finding: Finding
    machine: str | None
    differing: tuple[Conflict, ...] = ()


class Answering:
    """Answers from one library."""

    def __init__(
        self,
        catalog: Catalog,
        retriever: Retriever,
        *,
        settings: RagSettings,
        today: Callable[[], date],
        machines: Sequence[MachineName] = (),
        writer: AnswerWriter | None = None,
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._today = today
        self._machines = tuple(machines)
        self._writer = writer
        self._book = Codebook(catalog, retriever)
        self._advisor = Advisor(catalog, retriever, self._book, settings)
        self._remedies = Remedies(catalog, retriever, self._book, self._advisor, settings=settings)

    def ask(
        self,
        question: str,
        scope: Scope,
        *,
        codes: Sequence[str] = (),
        earlier: Sequence[Turn] = (),
        language: str | None = None,
        listener: object | None = None,
    ) -> Answer:
        """What to do, quoted, or declined with the reason and the nearest passages."""
        spoken = language if language in LANGUAGES else language_of(question)
        request = Request(question, scope, tuple(codes), tuple(earlier), spoken)
        gathered = self._catalog.undisturbed(lambda: self._gathered(request))
        return answered(
            question,
            gathered.finding,
            language=spoken,
            machine=gathered.machine,
            conflicts=gathered.differing,
            checked=self._written(request, gathered.finding, listener),
        )

    def procedure(
        self,
        label: str,
        description: str,
        scope: Scope,
        *,
        codes: Sequence[str] = (),
        language: str = "en",
    ) -> Answer:
        """The procedure for a diagnosed fault; its first citation is where the steps begin."""
        question = f"{label.replace('_', ' ')}: {description}"

        def gather() -> _Gathered:
            finding = self._remedies.find(label, question, scope, codes=codes, language=language)
            finding = self._explained(finding, scope, language)
            return _Gathered(finding, scope.machine, self._differing(finding, scope))

        found = self._catalog.undisturbed(gather)
        return answered(
            question,
            found.finding,
            language=language,
            machine=found.machine,
            conflicts=found.differing,
        )

    def look_up(self, code: str, scope: Scope) -> CodeEntry | None:
        """The row of a code table for that machine kind."""
        rows = self._catalog.undisturbed(lambda: self._book.look_up(code, scope))
        return rows[0] if rows else None

    def _gathered(self, request: Request) -> _Gathered:
        following = follow(request.question, request.earlier)
        found = whose(
            request.question,
            request.scope,
            self._machines,
            carried=following.machine,
            language=request.language,
        )
        if found.reason:
            return _Gathered(Finding(reason=found.reason, support=0.0), request.scope.machine)
        finding = self._found(request, following, found)
        if finding.declined and found.carried and following.leaning is Leaning.NOT:
            elsewhere = self._found(request, following, replace(found, scope=request.scope))
            if not elsewhere.declined:
                found, finding = replace(found, scope=request.scope), elsewhere
        finding = sure(finding, found, request.language)
        finding = self._explained(finding, found.scope, request.language)
        finding = replace(finding, remark=found.remark)
        differing = self._differing(finding, found.scope)
        return _Gathered(_newer_first(finding, differing), found.scope.machine, differing)

    def _found(self, request: Request, following: Following, found: Whose) -> Finding:
        """By what was cited before where the question leans on it, else by its own words."""
        codes = request.codes if is_bare(found.words) else ()
        asked = Asked(found.words, codes, request.language)
        if following.leaning is Leaning.NOT:
            return self._advisor.ask(asked, found.scope)
        places = [self._advisor.held(place, found.scope) for place in following.places]
        places = [place for place in places if place]
        if following.leaning is Leaning.ON_PLACE and places:
            if behind := self._advisor.after(places[0]):
                return Finding(passages=behind)
        elif not find_codes(found.words) and (finding := self._in_places(asked, places)):
            return finding
        words = self._bare(following.words)
        if own_words(found.words) and following.leaning is Leaning.ON_WORDS:
            finding = self._advisor.ask(asked, found.scope)
            if not finding.declined:
                return finding
        return self._in_same(replace(asked, question=words), places[:1], found)

    def _in_places(self, asked: Asked, places: Sequence[Sequence[Held]]) -> Finding | None:
        """The lines of what was cited before, then those of the same documents."""
        bare = not own_words(asked.question)
        documents = {held.document.key: held.document for place in places for held in place}
        whole = [self._advisor.all_of(d) for d in documents.values() if d.passages <= COMPARED]
        for place in [*places, *whole]:
            if finding := self._advisor.within(asked, place, loosely=bare):
                return finding
        return None

    def _in_same(self, asked: Asked, places: Sequence[Sequence[Held]], found: Whose) -> Finding:
        """From the documents that were cited last, if they say enough; else from all."""
        documents = tuple(dict.fromkeys(held.document.id for place in places for held in place))
        if documents and not find_codes(asked.question):
            finding = self._advisor.ask(asked, replace(found.scope, documents=documents))
            if not finding.declined:
                return finding
        return self._advisor.ask(asked, found.scope)

    def _bare(self, words: str) -> str:
        """Without the names of machines, which stand in the scope."""
        return whose(words, Scope(), self._machines, carried=None, language="en").words

    def _explained(self, finding: Finding, scope: Scope, language: str) -> Finding:
        """Nothing was found where something holds later: that is said."""
        if not finding.declined or finding.near:
            return finding
        later = [d for d in self._retriever.resolved().values()
                 if d.status is DocumentStatus.CURRENT and d.effective_from
                 and d.effective_from > self._today() and admits(scope, d)]  # fmt: skip
        if not later:
            return finding
        first = min(later, key=lambda d: d.effective_from or date.max)
        words = PHRASES[language]["not_yet"].format(
            document=first.id,
            revision=first.revision,
            day=first.effective_from,
            today=self._today(),
        )
        return replace(finding, reason=f"{finding.reason} {words}")

    def _differing(self, finding: Finding, scope: Scope) -> tuple[Conflict, ...]:
        """Where documents that came near do not say what is quoted."""
        if finding.declined:
            return ()
        others: list[Held] = list(finding.near)
        quoted = {held.document.key for held in finding.quoted}
        for document in {held.document.key: held.document for held in finding.near}.values():
            if document.key not in quoted and document.passages <= COMPARED:
                others += self._advisor.all_of(document)
        codes = {code for held in finding.because for code in held.passage.defines}
        rows = [row.passage for code in sorted(codes) for row in self._book.look_up(code, scope)]
        others += self._advisor.held(rows, scope)
        return conflicts(finding.quoted, once(others))

    def _written(
        self, request: Request, finding: Finding, listener: object | None
    ) -> Checked | None:
        """What the model writes, without the sentences that do not hold."""
        if self._writer is None or finding.declined:
            return None
        shown = shown_of(finding)
        written = self._writer.write(
            request.question,
            [excerpt_of(held) for held in shown],
            language=language_for(shown, request.language),
            earlier=[turn.question for turn in request.earlier],
            listener=listener,
        )
        return held_against(written, shown, request.question)


def _newer_first(finding: Finding, differing: Sequence[Conflict]) -> Finding:
    """Of two passages that differ and both answer, the newer one stands first."""
    contested = {c.older.passage for c in differing} | {c.newer.passage for c in differing}
    passages = list(finding.passages)
    if len(passages) < 2 or not contested & {held.passage.id for held in passages}:
        return finding
    places = [at for at, held in enumerate(passages) if held.passage.id in contested]
    newest = sorted((passages[at] for at in places), key=since, reverse=True)
    for at, held in zip(places, newest, strict=True):
        passages[at] = held
    return replace(finding, passages=tuple(passages))
