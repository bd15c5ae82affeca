"""What answers a question: a procedure, the passage with the value, or an honest no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor

from rag.answers import find_procedure
from rag.catalog import Catalog
from rag.codebook import Codebook
from rag.document import Document, DocumentKind, PassageKind
from rag.finding import Finding, Held, Procedure
from rag.identifiers import code_spellings, find_codes, normalise_code, spans
from rag.index import Scope
from rag.lines import every, holding
from rag.phrases import PHRASES
from rag.retrieval import DEFINES, Found, Retrieved, Retriever
from rag.scoping import admits
from rag.settings import RagSettings
from rag.terms import terms
from rag.wanted import Want, Wanted, wanted
from rag.wording import wording

_DEPTH = 16
"""How many passages are looked at; an answer quotes a few of them."""
_PARTS_OF_A_TASK = re.compile(
    r"\b(purpose|scope|symptoms?|signs?|zweck|symptome?|anzeichen|fehlerbild|geltungsbereich)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is looked for."""

    question: str
    codes: tuple[str, ...] = ()
    """Identifiers that belong to it and do not stand in it."""
    language: str = "en"
    wants: Wanted | None = None
    """None: by the words of the question."""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Those that were given and those in the words."""
        return tuple(dict.fromkeys([*self.codes, *find_codes(self.question)]))

    @property
    def wanted(self) -> Wanted:
        """What the answer should hold."""
        return self.wants or wanted(self.question)


class Advisor:
    """Finds answers in one library."""

    def __init__(
        self, catalog: Catalog, retriever: Retriever, book: Codebook, settings: RagSettings
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._book = book
        self._settings = settings

    def ask(self, asked: Asked, scope: Scope) -> Finding:
        """What answers the question, or why nothing does."""
        say = PHRASES[asked.language]
        if reason := self._ambiguity(asked, scope):
            return Finding(reason=reason, support=0.0)
        wants = asked.wanted
        if wants.want is Want.PROCEDURE and (named := self.referred(asked.identifiers, scope)):
            return Finding(procedure=named)
        retrieved = self._retriever.search(asked.question, scope, codes=asked.codes, limit=_DEPTH)
        near = _held(retrieved.found)
        if not near:
            return Finding(reason=say["nothing"], support=0.0)
        if retrieved.support < self._settings.support_min:
            reason = self._unknown(asked, retrieved) or self._too_little(asked, retrieved)
            return Finding(reason=reason, near=near, support=retrieved.support)
        finding = self._found(asked, retrieved, scope)
        return replace(finding, near=near, support=retrieved.support)

    def within(
        self, asked: Asked, held: Sequence[Held], *, loosely: bool = False
    ) -> Finding | None:
        """The lines of these passages that answer the question; None without one.

        Args:
            loosely: Every line with such a value, for a question that says no more than that.
        """
        lines = holding(asked.wanted, self.weights(asked.question), held)
        if not lines and loosely and asked.wanted.want is Want.VALUE:
            lines = every(asked.wanted, held)
        return Finding(passages=lines, near=tuple(held)) if lines else None

    def referred(self, codes: Sequence[str], scope: Scope) -> Procedure | None:
        """The procedure of the one document among these identifiers, if it is one."""
        wanted_ids = {spelling for code in codes for spelling in code_spellings(code)}
        named = [d for d in self.documents_in(scope) if normalise_code(d.id) in wanted_ids]
        return self.procedure_of(named[0]) if len(named) == 1 else None

    def documents_in(self, scope: Scope) -> list[Document]:
        """The documents in force within the scope."""
        return [d for d in self._retriever.all_holding() if admits(scope, d)]

    def procedure_of(self, document: Document) -> Procedure | None:
        """What a document says is to be done."""
        return find_procedure(document, self._catalog.passages_of(document.key))

    def held(self, ids: Sequence[str], scope: Scope) -> tuple[Held, ...]:
        """Those of these passages that may be quoted within the scope, in their order."""
        passages = self._catalog.passages(ids)
        found = ((passages[id_], self._retriever.holding(passages[id_].key)) for id_ in ids
                 if id_ in passages)  # fmt: skip
        return tuple(Held(document, passage) for passage, document in found
                     if document and admits(scope, document))  # fmt: skip

    def all_of(self, document: Document) -> tuple[Held, ...]:
        """Every passage of a document in order."""
        return tuple(Held(document, p) for p in self._catalog.passages_of(document.key))

    def after(self, held: Sequence[Held]) -> tuple[Held, ...]:
        """What stands behind the last of these steps: the next section that is not a remark."""
        steps = [each for each in held if each.passage.kind is PassageKind.STEPS] or list(held)
        if not steps:
            return ()
        document = steps[0].document
        last = max(s.passage.ordinal for s in steps if s.document.key == document.key)
        behind = [p for p in self._catalog.passages_of(document.key) if p.ordinal > last]
        more = [p for p in behind if p.kind is PassageKind.STEPS] or behind
        return tuple(Held(document, p) for p in more if p.section == more[0].section)

    def weights(self, question: str) -> tuple[Mapping[str, float], ...]:
        """How much each term of a question tells, also in the language of the documents."""
        languages = {document.language for document in self._retriever.all_holding()}
        return wording(question, self._catalog, languages).asked

    def _found(self, asked: Asked, retrieved: Retrieved, scope: Scope) -> Finding:
        """The lines with what is asked for, the procedure, or the passage itself."""
        found, wants = retrieved.found, asked.wanted
        if wants.want in (Want.VALUE, Want.FACT):
            lines = holding(wants, self.weights(asked.question), _held(found))
            if lines:
                return Finding(passages=lines, score=min(found[0].score, 1.0))
        if wants.want is Want.MEANING and found[0].exact == DEFINES:
            return Finding(passages=_standing_by(found))
        return self._quoted(asked.question, found, scope)

    def _quoted(self, question: str, found: Sequence[Found], scope: Scope) -> Finding:
        """The procedure that the best passage belongs or refers to, else the passage itself."""
        best = found[0]
        if best.document.kind is DocumentKind.SOP:
            procedure = self.procedure_of(best.document) if _is_part_of_task(best) else None
        else:
            procedure = self._referred_by(best, question, scope) or self._steps_around(best)
        if procedure is None:
            return Finding(passages=_standing_by(found))
        quoted = {passage.id for passage in (*procedure.warnings, *procedure.steps)}
        because = _held([best] if best.passage.id not in quoted else [])
        return Finding(procedure=procedure, because=because, score=min(best.score, 1.0))

    def _referred_by(self, found: Found, question: str, scope: Scope) -> Procedure | None:
        """The procedure that a passage sends the reader to; of several, where it fits best."""
        held = {normalise_code(document.id): document for document in self.documents_in(scope)}
        parts = _up_to_references(found.passage.text, frozenset(held))
        weights = self.weights(question)
        scored = sorted(((_weighed(words, weights), id_) for id_, words in parts), reverse=True)
        if not scored or (len(scored) > 1 and scored[0][0] == scored[1][0]):
            return None
        return self.procedure_of(held[scored[0][1]])

    def _steps_around(self, found: Found) -> Procedure | None:
        """All steps of the section that a step stands in, with what warns of them."""
        if found.passage.kind is not PassageKind.STEPS:
            return None
        passages = self._catalog.passages_of(found.passage.key)
        section = found.passage.section
        around = [p for p in passages if p.kind is PassageKind.WARNING or p.section == section]
        return find_procedure(found.document, around)

    def _ambiguity(self, asked: Asked, scope: Scope) -> str:
        """Why a code cannot be answered without knowing the machine, empty if it can."""
        if scope.machine_kind is not None:
            return ""
        for code in asked.identifiers:
            kinds = self._book.kinds_of(code, scope)
            if len(kinds) > 1:
                words = PHRASES[asked.language]["ambiguous_code"]
                return words.format(code=code, kinds=", ".join(sorted(kinds)))
        return ""

    def _unknown(self, asked: Asked, retrieved: Retrieved) -> str:
        codes = asked.identifiers
        if not codes or any(each.exact for each in retrieved.found):
            return ""
        return PHRASES[asked.language]["unknown_code"].format(codes=", ".join(codes))

    def _too_little(self, asked: Asked, retrieved: Retrieved) -> str:
        return PHRASES[asked.language]["too_little"].format(
            support=floor(retrieved.support * 1000) / 1000,
            least=self._settings.support_min,
            coverage=retrieved.coverage,
        )


def _up_to_references(text: str, documents: frozenset[str]) -> list[tuple[str, str]]:
    """Each document that a text refers to, with the words since the reference before."""
    parts: dict[str, str] = {}
    begun = 0
    for start, end, codes in sorted(spans(text)):
        named = [code for code in codes if code in documents]
        if named:
            parts[named[0]] = f"{parts.get(named[0], '')} {text[begun:start]}"
            begun = end
    return list(parts.items())


def _weighed(words: str, asked: Sequence[Mapping[str, float]]) -> float:
    own = set(terms(words))
    return max(sum(w for term, w in weights.items() if term in own) for weights in asked)


def _held(found: Iterable[Found]) -> tuple[Held, ...]:
    return tuple(Held(each.document, each.passage, each.score) for each in found)


def _is_part_of_task(found: Found) -> bool:
    """Whether the passage is the task itself or says when the task is to be done."""
    section = found.passage.section
    opening = len(section) < 2 or bool(_PARTS_OF_A_TASK.search(section[-1]))
    return found.passage.kind in (PassageKind.STEPS, PassageKind.WARNING) or opening


def _standing_by(found: Sequence[Found]) -> tuple[Held, ...]:
    """The best passage, the rows that are as exact, and the warnings of its section."""
    best = found[0]
    return _held(each for each in found if _stands_by(each, best))


def _stands_by(found: Found, best: Found) -> bool:
    same = found.passage.section == best.passage.section and found.document == best.document
    warning = found.passage.kind is PassageKind.WARNING
    exact = best.exact == DEFINES and found.exact == DEFINES
    return found is best or (same and warning) or exact
