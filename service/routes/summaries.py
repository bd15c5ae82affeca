"""What was going on at a machine or a line, between two instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import Evidence, Summary
from prompting.listening import Listener
from service.bodies import AskSummary
from service.drafting import drafted
from service.parts import Parts, PartsPart
from service.routes.callers import Operator
from service.schemas import SummaryOut

router = APIRouter(prefix="/v1", tags=["summaries"])

LONGEST = timedelta(days=7)
PING_S = 10


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
def summarize(body: AskSummary, parts: PartsPart, _: Operator) -> SummaryOut | EventSourceResponse:
    """A summary in which every statement names its evidence, and every number is checked."""
    if body.end - body.start > LONGEST:
        raise DataFault(f"At most {LONGEST.days} days can be summed up at once.")
    evidence = _evidence(parts, _machines(parts, body), body.start, end=body.end)

    def work(listener: Listener | None) -> Summary:
        return parts.summarizer.summarize(
            evidence,
            scope=body.machine or body.line or "",
            start=body.start,
            end=body.end,
            prompt=body.prompt,
            language=body.language,
            listener=listener,
        )

    if body.stream:
        return EventSourceResponse(drafted(work), ping=PING_S)
    return SummaryOut.model_validate(work(None))


def _machines(parts: Parts, body: AskSummary) -> list[str]:
    if body.machine is not None:
        return [parts.plant.machine(body.machine).id]
    found = [machine.id for machine in parts.plant.machines if machine.line == body.line]
    if not found:
        raise NotKnown(f"There is no line {body.line!r} in the plant description.")
    return found


def _evidence(
    parts: Parts, machines: list[str], start: datetime, *, end: datetime
) -> tuple[Evidence, ...]:
    """Evidence of all machines in time order, numbered through so that each id is there once."""
    normal = timedelta(seconds=parts.settings.watch_baseline_s)
    found = [
        item
        for machine in machines
        for item in parts.lookout.look_back(machine, start, end, normal=normal).evidence
    ]
    ordered = sorted(found, key=lambda item: (item.start, item.machine, item.id))
    return tuple(replace(item, id=f"E{n:04d}") for n, item in enumerate(ordered, start=1))
