"""What people say about predictions, cards and answers."""

from __future__ import annotations

from fastapi import APIRouter, status

from ingest.errors import DataFault, NotKnown
from service.access import Caller
from service.advice import ERROR_CODE
from service.judged import Judged, judged_card, judged_prediction
from service.judged_answers import JudgedAnswer, Place, judged_answer
from service.ledger import Verdict
from service.model_bodies import Feedback
from service.notices import issue_message
from service.parts import Parts, PartsPart
from service.replies import FeedbackOut
from service.routes.callers import Operator, card_of, who
from service.shelf_access import readable

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post("/feedback", status_code=status.HTTP_201_CREATED)
def give_feedback(body: Feedback, parts: PartsPart, caller: Operator) -> FeedbackOut:
    """Keep a verdict; a label given for a card becomes its diagnosis and stays.

    A verdict on a prediction or a card is a labelled row of the next training, one on an answer is
    a question of the next evaluation.
    """
    answered = _answered(parts, body, caller)
    about = Judged() if answered else _about(parts, body, caller)
    by = who(parts, caller, body.by) or caller.name
    verdict = Verdict(
        body.kind, body.subject, body.verdict, body.label or "", body.comment, by, about, answered
    )
    number = parts.ledger.judge(verdict, parts.clock())
    if body.issue is not None:
        _mark_card(parts, body, body.issue)
    return FeedbackOut(
        id=number,
        kind=body.kind,
        subject=body.subject,
        verdict=body.verdict,
        label=body.label or "",
    )


def _answered(parts: Parts, body: Feedback, caller: Caller) -> JudgedAnswer | None:
    """The answer that is judged, and where the right one stands."""
    if body.answer is None:
        return None
    kept = parts.answers.find(body.answer)
    if kept.answer.machine and caller.reach.limited:
        caller.reach.machine(parts.plant, kept.answer.machine)
    if body.document is None:
        return judged_answer(kept.answer, kept.scope, right=None)
    document = readable(parts, caller, body.document)
    right = Place(document.id, body.page, document.revision)
    return judged_answer(kept.answer, kept.scope, right=right)


def _about(parts: Parts, body: Feedback, caller: Caller) -> Judged:
    """What is judged, as it is at this moment; the label is one that it can have."""
    if body.issue is not None:
        card = card_of(parts, caller, body.issue)
        about, machine = judged_card(card, ERROR_CODE), card.machine
    else:
        said = parts.ledger.kept(body.kind, body.subject)
        about, machine = judged_prediction(said), said["input"].get("machine", "")
        if machine and caller.reach.limited:
            caller.reach.machine(parts.plant, machine)
    if body.label is not None:
        _check_label(parts, body, about, machine)
    return about


def _check_label(parts: Parts, body: Feedback, about: Judged, machine: str) -> None:
    if body.verdict == "right" and body.label != about.label:
        raise DataFault(f"What was said is {about.label or 'nothing'}: {body.label} is not right.")
    try:
        possible = _possible(parts, about.task, machine)
    except NotKnown:
        return  # without a model any word is kept for the training to come
    if body.label not in possible:
        raise DataFault(
            f"{body.label!r} is no label of {about.task}{f' for {machine}' if machine else ''}.",
            remedy=f"It can be: {', '.join(possible)}.",
        )


def _possible(parts: Parts, task: str, machine: str) -> tuple[str, ...]:
    found = parts.answering(task).answers.task
    return found.labels_for(parts.plant.machine(machine).kind) if machine else found.label_names


def _mark_card(parts: Parts, body: Feedback, issue: str) -> None:
    tags: dict[str, str] = {"verdict": body.verdict}
    if body.label is not None:
        tags["label"] = body.label
    parts.feed.publish(issue_message(parts.cards.tag(issue, tags, parts.clock())))
