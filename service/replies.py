"""Replies that only HTTP has: lists, what became of a push, tasks, models, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.comparison.nouns import Route
from service.schemas import (
    DiagnosisOut,
    EventOut,
    IssueOut,
    MachineOut,
    Noun,
    ReadingOut,
    example,
)


class Problem(BaseModel):
    """Problem details of RFC 9457."""

    model_config = example(
        type="urn:andon:fault:NotKnown",
        title="Not Found",
        status=404,
        detail="There is no issue I00099.",
        instance="/v1/issues/I00099",
    )
    type: str
    title: str
    status: int
    detail: str
    instance: str
    remedy: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list)
    reasons: list[str] = Field(
        default_factory=list, description="Why the gate refuses a version, one by one."
    )


class InstructionOut(Noun):
    """An instruction; it stands in every handover until it is cleared."""

    model_config = example(
        id="N00003",
        machine="press-3",
        line="line-1",
        issue="",
        text="Run at 80 % until the cooler is cleaned.",
        given_at="2026-11-22T10:00:00Z",
        given_by="M. Weber",
        cleared_at=None,
        cleared_by="",
    )
    id: str
    machine: str = Field(description="Empty where it is about the whole line.")
    line: str
    issue: str = Field(description="The card that it flags; empty where it flags none.")
    text: str
    given_at: datetime
    given_by: str
    cleared_at: datetime | None
    cleared_by: str


class InstructionsOut(BaseModel):
    """Instructions, oldest first."""

    instructions: list[InstructionOut]


class ReadingsOut(BaseModel):
    """Readings of one machine, thinned to at most `max_points` a signal."""

    machine: str
    start: datetime
    end: datetime
    readings: list[ReadingOut]


class EventsOut(BaseModel):
    """Events, oldest first."""

    machine: str
    start: datetime
    end: datetime
    events: list[EventOut]


class IssuesOut(BaseModel):
    """Issue cards, newest first."""

    issues: list[IssueOut]


class MachinesOut(BaseModel):
    """All machines of the plant."""

    plant: str
    timezone: str
    machines: list[MachineOut]


class PushedItem(BaseModel):
    """What became of one item of a push."""

    index: int
    status: str = Field(description="accepted or rejected")
    reason: str = ""


class PushedOut(BaseModel):
    """Counts: received = stored + duplicates + dead_lettered; and what became of every item."""

    model_config = example(
        received=2,
        stored=1,
        duplicates=0,
        dead_lettered=1,
        items=[
            {"index": 0, "status": "accepted", "reason": ""},
            {"index": 1, "status": "rejected", "reason": "Machine 'press-9' is not in the plant."},
        ],
    )
    received: int
    stored: int
    duplicates: int
    dead_lettered: int
    items: list[PushedItem]


class PredictionOut(DiagnosisOut):
    """A diagnosis and the id under which it is kept, for feedback."""

    id: str


class ClassifiedOut(BaseModel):
    """One prediction for each input, in the same order, and what answered."""

    predictions: list[PredictionOut]
    route: Route = Field(description="The way by which the task is answered.")
    revision: str = Field(description="Of the route; empty: the task follows none.")
    trouble: str = Field(description="Why the route that is set is not followed as it was meant.")


class LabelOut(Noun):
    """A possible answer of a task."""

    name: str
    description: str
    machine_kinds: tuple[str, ...]


class TaskOut(BaseModel):
    """A classification task and the model that serves it."""

    name: str
    kind: str
    title: str
    labels: list[LabelOut]
    version: str | None = Field(description="Version of the model in use; none trained: null")
    route: Route = Field(description="The way by which it is answered; `none`: nothing answers it.")
    revision: str = Field(description="Of the route; empty: it follows none.")


class TasksOut(BaseModel):
    """All tasks."""

    tasks: list[TaskOut]


class ModelOut(BaseModel):
    """A trained model."""

    model_config = example(
        task="error_code",
        version="v0002",
        current=True,
        engine="hybrid",
        metrics={"accuracy": 0.93, "macro_f1": 0.92, "ece": 0.03, "coverage_at_90": 1.0},
        previous=False,
        shadow=False,
        trained_at="2026-11-22T10:00:00+00:00",
        rows=640,
        gate="passed",
        fault="",
    )
    task: str
    version: str
    current: bool
    engine: str = ""
    metrics: dict[str, Any] = Field(default_factory=dict)
    previous: bool = Field(default=False, description="A rollback goes to it.")
    shadow: bool = Field(default=False, description="It is asked beside the one that serves.")
    trained_at: str = ""
    rows: int = 0
    gate: str = Field(default="", description="passed, refused or forced; empty: not asked.")
    fault: str = Field(default="", description="Why it cannot be used.")


class ModelsOut(BaseModel):
    """All trained models."""

    models: list[ModelOut]


class FeedbackOut(BaseModel):
    """Feedback that is kept."""

    id: int
    kind: str
    subject: str
    verdict: str
    label: str


class ComponentOut(BaseModel):
    """A part of the service and how it is."""

    name: str
    state: str = Field(description="ok, degraded or missing")
    detail: str


class ReadyOut(BaseModel):
    """Whether the service does its work, part by part."""

    ready: bool
    open_access: bool = Field(description="True when it runs without keys, on loopback only")
    components: list[ComponentOut]


class HealthOut(BaseModel):
    """The process lives."""

    status: str = "ok"
    version: str
