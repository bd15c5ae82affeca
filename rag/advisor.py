"""What to do: from a question or a diagnosed fault to the procedure, or an honest no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ingest.vocabulary import Answer, Citation
from rag.answers import (
    Procedure,
    cite,
    declined,
    find_procedure,
    passage_answer,
    procedure_answer,
)
from rag.catalog import Catalog
from rag.document import (
    CodeEntry,
    Document,
    DocumentKind,
    Passage,
    PassageKind,
    section_name,
)
from rag.identifiers import code_spellings, find_codes, normalise_code
from rag.index import Scope
from rag.retrieval import DEFINES, Found, Retrieved, Retriever
from rag.rows import CodeRow
from rag.settings import RagSettings

_CANDIDATES = 24
_REFERRED, _NAMED = 4.0, 2.0
"""Weight of a code table that sends the reader to a document, and of a document that names the
fault class; both stand above every fused score."""
_PARTS_OF_A_TASK = re.compile(r"\b(purpose|scope|symptoms?|zweck|symptome?)\b", re.IGNORECASE)


class Advisor:
    """Answers from one library."""

    def __init__(self, catalog: Catalog, retriever: Retriever, settings: RagSettings) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._settings = settings

    def look_up(self, code: str, machine_kind: str | None) -> list[CodeEntry]:
        """Rows of code tables that hold today, the table of that machine kind first."""
        return self._in_force(self._catalog.code_rows(code_spellings(code)), machine_kind)

    def ask(self, question: str, scope: Scope, *, codes: Sequence[str] = ()) -> Answer:
        """Quote what answers the question, or decline."""
        asked = [*codes, *find_codes(question)]
        if reason := self._ambiguity(asked, scope):
            return declined(question, reason)
        if named := self._referred(asked, scope):
            return procedure_answer(question, named, score=1.0)
        retrieved = self._retriever.search(question, scope, codes=codes)
        if not retrieved.found:
            return declined(question, "No current document is about this machine.")
        if retrieved.support < self._settings.support_min:
            reason = _unknown_code(asked, retrieved) or _too_little(retrieved)
            return declined(question, reason, retrieved.found)
        return self._quoted(question, retrieved, scope)

    def procedure(
        self, label: str, description: str, *, machine_kind: str, codes: Sequence[str] = ()
    ) -> Answer:
        """The procedure for a diagnosed fault: that of an SOP, else what a manual says."""
        entries = [entry for code in codes for entry in self.look_up(code, machine_kind)[:1]]
        words = label.replace("_", " ")
        question = " ".join([f"{words}: {description}", *(entry.meaning for entry in entries)])
        scope = Scope(machine_kind=machine_kind, kinds=(DocumentKind.SOP.value,))
        retrieved = self._retriever.search(question, scope, codes=codes, limit=_CANDIDATES)
        rows = [*entries, *self._rows_of_class(label, machine_kind)]
        found = _by_document(retrieved.found)
        ties = self._ties(rows, label, scope, [document for document, _ in found])
        missing = self._missing(rows)
        supported = retrieved.support >= self._settings.support_min and not missing
        for document, score in self._ranked(found, ties):
            procedure = self._procedure_of(document)
            if procedure and (document.key in ties or supported):
                because = [_cite_row(entry) for entry in entries]
                return procedure_answer(question, procedure, score=score, because=because)
        if missing:
            reason = f"A code table refers to {missing[0]}, which is not among the documents."
            return declined(question, reason, retrieved.found)
        return self.ask(question, replace(scope, kinds=()), codes=codes)

    def _quoted(self, question: str, retrieved: Retrieved, scope: Scope) -> Answer:
        """The procedure that the best passage belongs or refers to, else the passage itself."""
        best = retrieved.found[0]
        if best.document.kind is DocumentKind.SOP:
            procedure = self._procedure_of(best.document) if _is_part_of_task(best) else None
        else:
            procedure = self._referred(find_codes(best.passage.text), scope)
        if procedure is None:
            return passage_answer(question, [f for f in retrieved.found if _stands_by(f, best)])
        quoted = {passage.id for passage in (*procedure.warnings, *procedure.steps)}
        because = [best] if best.passage.id not in quoted else []
        shown = [cite(each.document, each.passage, each.score) for each in because]
        return procedure_answer(question, procedure, score=min(best.score, 1.0), because=shown)

    def _ambiguity(self, codes: Iterable[str], scope: Scope) -> str:
        """Why a code cannot be answered without knowing the machine, empty if it can."""
        if scope.machine_kind is not None:
            return ""
        for code in codes:
            kinds = {kind for entry in self.look_up(code, None) for kind in entry.machine_kinds}
            if len(kinds) > 1:
                return f"{code} means something else on {', '.join(sorted(kinds))}: say which."
        return ""

    def _rows_of_class(self, error_class: str, machine_kind: str) -> list[CodeEntry]:
        return self._in_force(self._catalog.class_rows(error_class), machine_kind)

    def _in_force(self, rows: Sequence[CodeRow], machine_kind: str | None) -> list[CodeEntry]:
        passages = self._catalog.passages([row.passage for row in rows])
        entries = []
        for row in (row for row in rows if row.passage in passages):
            held = self._retriever.holding(passages[row.passage].key)
            if held and (machine_kind is None or _is_for(held, machine_kind)):
                entries.append(_entry(row, held, passages[row.passage]))
        return sorted(entries, key=lambda e: (not e.machine_kinds, not e.error_class, e.document))

    def _ties(
        self, rows: Sequence[CodeEntry], label: str, scope: Scope, found: Sequence[Document]
    ) -> dict[str, float]:
        """By key: SOPs that a code table refers to for this fault, and found ones that name it."""
        referred = {code for row in rows for code in find_codes(row.reaction)}
        ties = {d.key: _NAMED for d in found if self._names(d, label)}
        for document in self._documents_in(scope):
            if normalise_code(document.id) in referred:
                ties[document.key] = ties.get(document.key, 0.0) + _REFERRED
        return ties

    def _ranked(
        self, found: Sequence[tuple[Document, float]], ties: Mapping[str, float]
    ) -> list[tuple[Document, float]]:
        """Documents that were found or are tied to the fault, the best first."""
        scores = {document.key: (document, score) for document, score in found}
        for key in ties:
            scores.setdefault(key, (self._retriever.resolved()[key], 0.0))
        ranked = sorted(scores.values(), key=lambda p: (-p[1] - ties.get(p[0].key, 0.0), p[0].key))
        return [(document, min(score, 1.0)) for document, score in ranked]

    def _names(self, document: Document, label: str) -> bool:
        word = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
        return any(word.search(p.text) for p in self._catalog.passages_of(document.key))

    def _missing(self, rows: Sequence[CodeEntry]) -> list[str]:
        """Documents that these rows refer to and that are not there or do not hold."""
        held = self._documents_in(Scope())
        shapes = {_shape(document.id) for document in held}
        there = {normalise_code(document.id) for document in held}
        words = [word.strip(".,;()") for row in rows for word in row.reaction.split()]
        named = [word for word in words if _shape(word) in shapes]
        return [word for word in named if normalise_code(word) not in there]

    def _referred(self, codes: Sequence[str], scope: Scope) -> Procedure | None:
        """The procedure of the one document among these identifiers, if it is one."""
        wanted = {spelling for code in codes for spelling in code_spellings(code)}
        named = [d for d in self._documents_in(scope) if normalise_code(d.id) in wanted]
        return self._procedure_of(named[0]) if len(named) == 1 else None

    def _documents_in(self, scope: Scope) -> list[Document]:
        return [
            document
            for document in self._retriever.all_holding()
            if (scope.machine_kind is None or _is_for(document, scope.machine_kind))
            and (not scope.machine or not document.machines or scope.machine in document.machines)
            and (not scope.kinds or document.kind in scope.kinds)
        ]

    def _procedure_of(self, document: Document) -> Procedure | None:
        return find_procedure(document, self._catalog.passages_of(document.key))


def _by_document(found: Sequence[Found]) -> list[tuple[Document, float]]:
    """Documents with the score of their best passage."""
    scores: dict[str, tuple[Document, float]] = {}
    for each in found:
        _, score = scores.get(each.document.key, (each.document, 0.0))
        scores[each.document.key] = (each.document, max(score, each.score))
    return list(scores.values())


def _is_for(document: Document, machine_kind: str) -> bool:
    return not document.machine_kinds or machine_kind in document.machine_kinds


def _is_part_of_task(found: Found) -> bool:
    """Whether the passage is the task itself or says when the task is to be done."""
    section = found.passage.section
    opening = len(section) < 2 or bool(_PARTS_OF_A_TASK.search(section[-1]))
    return found.passage.kind in (PassageKind.STEPS, PassageKind.WARNING) or opening


def _stands_by(found: Found, best: Found) -> bool:
    """The best passage, the rows that are as exact, and the warnings of its section."""
    same = found.passage.section == best.passage.section and found.document == best.document
    warning = found.passage.kind is PassageKind.WARNING
    exact = best.exact == DEFINES and found.exact == DEFINES
    return found is best or (same and warning) or exact


def _shape(identifier: str) -> str:
    """`SOP-HP-01` is `AAA-AA-99`."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "A", identifier))


def _entry(row: CodeRow, document: Document, passage: Passage) -> CodeEntry:
    return CodeEntry(
        code=row.printed,
        meaning=row.meaning,
        error_class=row.error_class,
        reaction=row.reaction,
        document=document.id,
        title=document.title,
        revision=document.revision,
        page=passage.page,
        section=section_name(passage.section),
        passage=passage.id,
        quote=passage.text,
        machine_kinds=document.machine_kinds,
    )


def _cite_row(entry: CodeEntry) -> Citation:
    return Citation(
        document=entry.document,
        title=entry.title,
        revision=entry.revision,
        page=entry.page,
        section=entry.section,
        quote=entry.quote,
        passage=entry.passage,
        score=1.0,
    )


def _unknown_code(codes: Sequence[str], retrieved: Retrieved) -> str:
    if not codes or any(each.exact for each in retrieved.found):
        return ""
    return f"{', '.join(dict.fromkeys(codes))} stands in no current document for this machine."


def _too_little(retrieved: Retrieved) -> str:
    return (
        "The documents say too little about this: "
        f"the nearest passage has cosine {retrieved.cosine:.2f} and the best ones cover "
        f"{retrieved.coverage:.0%} of the question's terms."
    )
