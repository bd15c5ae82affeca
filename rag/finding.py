"""What was found for a question, before it is put into words: a procedure, passages, nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.quotes import Citation
from rag.document import Document, Passage, section_name
from rag.plain import plain

SURE = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """A passage with its document, and the part of it that is quoted."""

    document: Document
    passage: Passage
    score: float = SURE
    quote: str = ""
    """Words of the passage; empty: all of them."""

    @property
    def words(self) -> str:
        """What is quoted, as text and nothing else."""
        return plain(self.quote or self.passage.text)


@dataclass(frozen=True, slots=True)
class Procedure:
    """The part of a document that says what to do."""

    document: Document
    warnings: tuple[Passage, ...]
    steps: tuple[Passage, ...]
    """In order; the first one's page is where the steps begin."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a question found."""

    procedure: Procedure | None = None
    passages: tuple[Held, ...] = ()
    """What answers it where there is no procedure, the best first."""
    because: tuple[Held, ...] = ()
    """What led there, such as a row of a code table."""
    near: tuple[Held, ...] = ()
    """What else came near, the best first."""
    reason: str = ""
    """Why there is no answer; empty if there is."""
    remark: str = ""
    """What to know before reading the answer."""
    support: float = SURE
    score: float = SURE

    @property
    def declined(self) -> bool:
        """Whether there is no answer."""
        return bool(self.reason)

    @property
    def warnings(self) -> tuple[Held, ...]:
        """What warns of what the procedure is about."""
        return self._of(self.procedure.warnings) if self.procedure else ()

    @property
    def steps(self) -> tuple[Held, ...]:
        """What is to be done."""
        return self._of(self.procedure.steps) if self.procedure else ()

    @property
    def quoted(self) -> tuple[Held, ...]:
        """Everything that the answer quotes, each passage once; where to begin stands first."""
        return once([*self.steps, *self.warnings, *self.passages, *self.because])

    def _of(self, passages: Iterable[Passage]) -> tuple[Held, ...]:
        if self.procedure is None:
            return ()
        return tuple(Held(self.procedure.document, each, self.score) for each in passages)


def once(held: Iterable[Held]) -> tuple[Held, ...]:
    """Each passage once, as it stands there first."""
    found: dict[str, Held] = {}
    for each in held:
        found.setdefault(each.passage.id, each)
    return tuple(found.values())


def cite(held: Held) -> Citation:
    """The place of a passage with its words."""
    document, passage = held.document, held.passage
    return Citation(
        document=document.id,
        title=plain(document.title),
        revision=document.revision,
        page=passage.page,
        section=plain(section_name(passage.section)),
        quote=held.words,
        passage=passage.id,
        score=round(held.score, 4),
        last_page=passage.last_page,
        page_label=_label(document, passage.page),
    )


def _label(document: Document, page: int) -> str:
    """What is printed on the page, if it is not its number."""
    label = document.page_labels[page - 1] if page <= len(document.page_labels) else ""
    return "" if label == str(page) else label
