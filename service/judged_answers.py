"""What a verdict on an answer is about: the question, where the answer stood, where it should."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from ingest.vocabulary import Answer, Citation


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a document; what is not known is left out."""

    document: str
    page: int | None = None
    revision: str = ""


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """Kept beside the verdict, because an answer is dropped after a while."""

    question: str
    machine: str = ""
    machine_kind: str = ""
    language: str = ""
    """That was asked for; empty: that of the question."""
    declined: bool = False
    cited: Place | None = None
    """Where the answer begins."""
    right: Place | None = None
    """Where it would have stood, as the person says."""

    @classmethod
    def read(cls, body: str) -> Self:
        """From the JSON that `written` gives."""
        said: dict[str, Any] = json.loads(body)
        places = {name: Place(**said[name]) for name in ("cited", "right") if said[name]}
        return cls(**{**said, **places})

    def written(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def judged_answer(answer: Answer, scope: dict[str, Any], *, right: Place | None) -> JudgedAnswer:
    """An answer as the log kept it."""
    return JudgedAnswer(
        question=answer.question,
        machine=answer.machine or "",
        machine_kind=scope.get("machine_kind") or "",
        language=scope.get("language") or "",
        declined=answer.declined,
        cited=_place(answer.citations[0]) if answer.citations else None,
        right=right,
    )


def _place(citation: Citation) -> Place:
    return Place(citation.document, citation.page, citation.revision)
