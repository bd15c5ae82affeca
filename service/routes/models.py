"""Tasks, classification and the models that serve it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from finetune.features import window_features
from finetune.task import TaskKind
from ingest.errors import DataFault
from ingest.vocabulary import Diagnosis
from service.model_bodies import Classify, ClassifyInput, Promote
from service.parts import Parts, PartsPart
from service.ports import Classifies
from service.replies import (
    ClassifiedOut,
    LabelOut,
    ModelOut,
    ModelsOut,
    PredictionOut,
    TaskOut,
    TasksOut,
)
from service.routes.callers import Engineer, Operator

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/classify")
def classify(body: Classify, parts: PartsPart, _: Operator) -> ClassifiedOut:
    """A label with calibrated confidence for each input, or an honest abstention."""
    model = parts.shelf.current(body.task)
    found = [_one(parts, model, item) for item in body.inputs]
    return ClassifiedOut(predictions=[_kept(parts, item, one) for item, one in found])


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
            )
            for task, version in parts.shelf.tasks()
        ]
    )


@router.get("/models")
def list_models(parts: PartsPart, _: Operator) -> ModelsOut:
    """Every trained model."""
    return ModelsOut(models=[ModelOut.model_validate(model) for model in parts.shelf.models()])


@router.post("/models/{task}/promote")
def promote(task: str, body: Promote, parts: PartsPart, _: Engineer) -> ModelsOut:
    """Serve that version from now on."""
    parts.shelf.promote(task, body.version)
    return list_models(parts, _)


@router.post("/models/{task}/rollback")
def roll_back(task: str, parts: PartsPart, _: Engineer) -> ModelsOut:
    """Serve the version before again."""
    parts.shelf.roll_back(task)
    return list_models(parts, _)


def _one(parts: Parts, model: Classifies, item: ClassifyInput) -> tuple[ClassifyInput, Diagnosis]:
    machine = parts.plant.machine(item.machine) if item.machine else None
    labels = model.task.labels_for(machine.kind) if machine else None
    if model.task.kind is TaskKind.TEXT:
        texts = _texts(parts, item)
        if not texts:
            raise DataFault("There is no event text to classify in that window.")
        return item, model.classify_together(texts, labels=labels)
    return item, model.classify([_features(parts, item)], labels=labels)[0]


def _texts(parts: Parts, item: ClassifyInput) -> list[str]:
    if item.text is not None:
        return [item.text]
    if item.machine is None or item.start is None or item.end is None:
        raise DataFault("This task reads texts: give a text, or machine, start and end.")
    events = parts.history.events(item.machine, item.start, item.end)
    return list(dict.fromkeys(event.text for event in events if event.text.strip()))


def _features(parts: Parts, item: ClassifyInput) -> dict[str, float]:
    if item.features is not None:
        return {name: float(v) for name, v in item.features.items() if v is not None}
    if item.machine is None or item.start is None or item.end is None:
        raise DataFault("This task reads numbers: give features, or machine, start and end.")
    found = window_features(parts.history.window(item.machine, item.start, item.end))
    if not found:
        raise DataFault("There are no readings in that window.")
    return found


def _kept(parts: Parts, item: ClassifyInput, diagnosis: Diagnosis) -> PredictionOut:
    said: dict[str, Any] = {
        "input": item.model_dump(mode="json", exclude_none=True),
        "diagnosis": asdict(diagnosis),
    }
    identity = parts.ledger.keep("prediction", said, parts.clock())
    return PredictionOut.model_validate({**asdict(diagnosis), "id": identity})
