"""What kind of fault is it: tasks, classification, and the rows that people labelled."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from ingest.errors import AndonFault
from service.classifying import predictions
from service.comparison.nouns import Route
from service.model_bodies import Classify
from service.model_replies import FeedbackRowsOut
from service.parts import Parts, PartsPart
from service.replies import ClassifiedOut, LabelOut, PredictionOut, TaskOut, TasksOut
from service.routes.callers import Operator, Overseer

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/classify")
def classify(body: Classify, parts: PartsPart, caller: Operator) -> ClassifiedOut:
    """A label with calibrated confidence for each input, or an honest abstention.

    The task is answered by the route that it follows: its classifier, a prompt, retrieval, or a
    cascade of two. All inputs of a request are answered by one version of the model and one
    revision of the route. One that cannot be read is abstained on, with the reason; only where none
    can be read is the request refused.
    """
    for item in body.inputs:
        if item.machine is not None and caller.reach.limited:
            caller.reach.machine(parts.plant, item.machine)
    told = predictions(parts, body)
    return ClassifiedOut(
        predictions=[
            PredictionOut.model_validate({**asdict(one.diagnosis), "id": one.id})
            for one in told.found
        ],
        route=told.by.route,
        revision=told.by.revision,
        trouble=told.by.trouble,
    )


@router.get("/tasks")
def list_tasks(parts: PartsPart, _: Operator) -> TasksOut:
    """What can be classified, into which labels."""
    return TasksOut(
        tasks=[
            TaskOut(
                name=task.name,
                kind=str(task.kind),
                title=task.title,
                labels=[LabelOut.model_validate(label) for label in task.labels],
                version=version,
                **_way(parts, task.name),
            )
            for task, version in parts.tasks()
        ]
    )


def _way(parts: Parts, task: str) -> dict[str, Any]:
    try:
        by = parts.answering(task)
    except AndonFault:
        return {"route": Route.NONE, "revision": ""}
    return {"route": by.route, "revision": by.revision}


@router.get("/tasks/{task}/rows")
def list_rows(task: str, parts: PartsPart, _: Overseer) -> FeedbackRowsOut:
    """What people labelled, as the next training takes it, and what is left out and why."""
    return FeedbackRowsOut.of(task, parts.ledger.lessons(parts.task(task)))
