"""Trainings beside the service: one at a time, followed, ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, status

from service.model_bodies import Train
from service.model_replies import TrainingOut, TrainingsOut
from service.model_requests import started
from service.parts import PartsPart
from service.routes.callers import Engineer, Operator, form_only

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/models/{task}/train", status_code=status.HTTP_202_ACCEPTED, dependencies=[form_only])
def train(
    task: str, form: Annotated[Train, Form()], parts: PartsPart, caller: Engineer
) -> TrainingOut:
    """Start a training in a process of its own, on the rows of a file or those that ship with us.

    The rows that people labelled are added. It goes on when the service is restarted.
    """
    return TrainingOut.of(started(parts.learning, task, form, by=caller.name))


@router.get("/trainings")
def list_trainings(
    parts: PartsPart, _: Operator, *, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> TrainingsOut:
    """Newest first."""
    found = parts.learning.trainings.listed(limit)
    return TrainingsOut(trainings=[TrainingOut.of(one) for one in found])


@router.get("/trainings/{training}")
def show_training(training: str, parts: PartsPart, _: Operator) -> TrainingOut:
    """How far it is, or what came of it."""
    return TrainingOut.of(parts.learning.trainings.find(training))


@router.post("/trainings/{training}/cancel")
def cancel_training(training: str, parts: PartsPart, _: Engineer) -> TrainingOut:
    """End it; what is in use stays in use."""
    return TrainingOut.of(parts.learning.trainings.cancel(training))
