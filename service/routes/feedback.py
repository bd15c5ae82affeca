"""What people say about predictions, cards and answers."""

from __future__ import annotations

from fastapi import APIRouter, status

from ingest.errors import DataFault, NotKnown
from service.advice import ERROR_CODE
from service.bodies import Feedback
from service.ledger import Verdict
from service.notices import issue_message
from service.parts import Parts, PartsPart
from service.replies import FeedbackOut
from service.routes.callers import Operator

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post("/feedback", status_code=status.HTTP_201_CREATED)
def give_feedback(body: Feedback, parts: PartsPart, caller: Operator) -> FeedbackOut:
    """Keep a verdict; a label given for a card becomes its diagnosis and stays."""
    if body.issue is not None:
        _mark_card(parts, body, body.issue)
    else:
        parts.ledger.kept(body.kind, body.subject)
    verdict = Verdict(
        body.kind, body.subject, body.verdict, body.label or "", body.comment, caller.name
    )
    number = parts.ledger.judge(verdict, parts.clock())
    return FeedbackOut(
        id=number,
        kind=body.kind,
        subject=body.subject,
        verdict=body.verdict,
        label=body.label or "",
    )


def _mark_card(parts: Parts, body: Feedback, issue: str) -> None:
    card = parts.cards.find(issue)
    tags: dict[str, str] = {"verdict": body.verdict}
    if body.label is not None:
        _check_label(parts, body.label, parts.plant.machine(card.machine).kind)
        tags["label"] = body.label
    parts.feed.publish(issue_message(parts.cards.tag(issue, tags, parts.clock())))


def _check_label(parts: Parts, label: str, machine_kind: str) -> None:
    try:
        labels = parts.shelf.current(ERROR_CODE).task.labels_for(machine_kind)
    except NotKnown:
        return  # without a model any word is kept for the training to come
    if label not in labels:
        raise DataFault(f"{label!r} is no label of a {machine_kind}.")
