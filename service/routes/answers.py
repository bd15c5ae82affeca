"""The audit: every answer as it was given, and the questions that feedback on them gives."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from service.answer_log import Kept, Wanted
from service.answer_questions import as_lines, questions_of
from service.bodies import Edge
from service.document_replies import (
    GivenAnswerOut,
    GivenAnswersOut,
    GivenOut,
    VerdictOut,
)
from service.parts import PartsPart
from service.routes.callers import Engineer
from service.schemas import AnswerOut, CitationOut

router = APIRouter(prefix="/v1/answers", tags=["documents"])

JSON_LINES = "application/x-ndjson"


@router.get("")
def list_answers(
    parts: PartsPart,
    _: Engineer,
    *,
    machine: Annotated[str | None, Query(max_length=120)] = None,
    start: Annotated[Edge | None, Query(description="Included.")] = None,
    end: Annotated[Edge | None, Query(description="Excluded.")] = None,
    declined: Annotated[bool | None, Query(description="Only those, or only the others.")] = None,
    verdict: Annotated[
        Literal["right", "wrong", "none"] | None, Query(description="The newest of a person.")
    ] = None,
    before: Annotated[
        str | None, Query(max_length=120, description="Id of an answer: only older ones.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> GivenAnswersOut:
    """Every answer of the documents that is still kept, newest first."""
    wanted = Wanted(machine, start, end, declined=declined, verdict=verdict, before=before)
    found = parts.answers.listed(wanted, limit=limit + 1)
    page = found[:limit]
    return GivenAnswersOut(
        answers=[GivenOut(**_row(one)) for one in page],
        next=page[-1].id if len(found) > limit else None,
    )


@router.get(
    "/questions",
    response_class=Response,
    responses={200: {"content": {JSON_LINES: {}}}},
)
def list_questions(parts: PartsPart, _: Engineer) -> Response:
    """Questions with their right places, as people judged the answers; for an evaluation.

    JSON lines, as `andon docs evaluate --questions` reads them.
    """
    found = questions_of(parts.ledger.verdicts())
    return Response(as_lines(found), media_type=JSON_LINES)


@router.get("/{answer}")
def show_answer(answer: str, parts: PartsPart, _: Engineer) -> GivenAnswerOut:
    """An answer with the words that its passages had, whatever became of the documents."""
    kept = parts.answers.find(answer)
    return GivenAnswerOut(
        **_row(kept),
        scope=kept.scope,
        answer=AnswerOut.model_validate(kept.answer),
        passages=[CitationOut.model_validate(one) for one in kept.passages],
        verdicts=[VerdictOut.model_validate(one) for one in parts.ledger.verdicts_on(answer)],
    )


def _row(kept: Kept) -> dict[str, Any]:
    answer = asdict(kept.answer)
    shared = {name: answer[name] for name in GivenOut.model_fields if name in answer}
    cited = [f"{c.document}, revision {c.revision}, page {c.page}" for c in kept.answer.citations]
    return {
        **shared,
        "id": kept.id,
        "at": kept.at,
        "caller": kept.caller,
        "role": kept.role,
        "conversation": kept.conversation,
        "verdict": kept.verdict,
        "cited": cited,
    }
