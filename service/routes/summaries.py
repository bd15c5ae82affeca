"""What was going on at a machine or a line, between two instants."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from ingest.errors import DataFault
from ingest.vocabulary import Summary
from prompting.listening import Listener
from prompting.telling import HANDOVER
from service.bodies import AskSummary
from service.drafting import PING_S, drafted
from service.gathering import Gathered, Scope, gathered, handed_over
from service.parts import Parts, PartsPart
from service.reach import Reach
from service.routes.callers import Operator
from service.schemas import SummaryOut

router = APIRouter(prefix="/v1", tags=["summaries"])

LONGEST = timedelta(days=7)


@router.post(
    "/summaries",
    response_model=SummaryOut,
    responses={
        200: {
            "description": "The summary. With `stream`: events `draft` with pieces of `text` that "
            "nothing has checked, `again` when the model begins anew, and at the end `summary` "
            "with the checked one, which supersedes them, or `problem`.",
            "content": {"text/event-stream": {}},
        }
    },
)
def summarize(
    body: AskSummary, parts: PartsPart, caller: Operator
) -> SummaryOut | EventSourceResponse:
    """A summary in which every statement names its evidence, and every number is checked."""
    if body.end - body.start > LONGEST:
        raise DataFault(f"At most {LONGEST.days} days can be summed up at once.")
    scope = _scope(parts, caller.reach, body)
    found = _gathered(parts, scope, body)

    def work(listener: Listener | None) -> Summary:
        return parts.summarizer.summarize(
            found.evidence,
            scope=scope.id,
            start=body.start,
            end=body.end,
            prompt=body.prompt,
            language=body.language,
            watched=found.watched,
            listener=listener,
        )

    if body.stream:
        return EventSourceResponse(drafted(work), ping=PING_S)
    return SummaryOut.model_validate(work(None))


def _scope(parts: Parts, reach: Reach, body: AskSummary) -> Scope:
    if body.machine is not None:
        return Scope(body.machine, (reach.machine(parts.plant, body.machine),))
    line = body.line or ""
    return Scope(line, reach.line(parts.plant, line))


def _gathered(parts: Parts, scope: Scope, body: AskSummary) -> Gathered:
    normal = timedelta(seconds=parts.settings.watch_baseline_s)
    if parts.summarizer.style(body.prompt, body.language) != HANDOVER:
        return gathered(scope, body.start, body.end, lookout=parts.lookout, normal=normal)
    return handed_over(
        scope,
        body.start,
        body.end,
        lookout=parts.lookout,
        normal=normal,
        cards=parts.cards,
        instructions=parts.instructions,
    )
