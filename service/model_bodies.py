"""What the service is sent about classifiers: inputs, versions, trainings and verdicts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import UploadFile
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from finetune.task_check import MOST_LABEL
from service.bodies import Body, Edge, Integer, Name, Number

LabelName = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_LABEL, strip_whitespace=True)
]
"""As long as a task may write it."""


class ClassifyInput(Body):
    """A text, the numbers of a process window or both, or a machine's own window."""

    text: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    features: Annotated[dict[Name, Number | Integer | None], Field(max_length=2000)] | None = None
    machine: Name | None = None
    """With start and end: its window. With a text or features: restricts the labels."""
    start: Edge | None = None
    end: Edge | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.text is None and self.features is None) == (self.start is None):
            raise ValueError("give a text, features or both, or machine with start and end")
        if self.start is not None:
            if self.machine is None or self.end is None:
                raise ValueError("a window needs machine, start and end")
            if self.start >= self.end:
                raise ValueError("start must lie before end")
        return self


class Classify(Body):
    """Inputs for one task."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "task": "error_code",
                    "inputs": [{"text": "pump whines, pressure wont build", "machine": "press-3"}],
                }
            ]
        },
    )
    task: Name
    inputs: Annotated[list[ClassifyInput], Field(min_length=1, max_length=1000)]
    explain: bool = False
    """Name the words or signals that weighed most; costs a few times the time of the answer."""


class Promote(Body):
    """The version to serve; with force also one that the gate refuses, for a stated reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"version": "v0002"},
                {"version": "v0003", "force": True, "reason": "The label leak is retired."},
            ]
        },
    )
    version: Name
    force: bool = False
    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.force and not self.reason:
            raise ValueError("force needs a reason, which is kept")
        return self


class SetShadow(Body):
    """The version that is asked about live inputs beside the one that serves."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"version": "v0003"}]}
    )
    version: Name | None
    """null: none."""


class SetRoute(Body):
    """The way by which a task is to be answered, from what a comparison left."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"comparison": "error_code-20261123-072645-3fa9"},
                {"route": "rag", "reason": "No trained model may be used on this line."},
            ]
        },
    )
    comparison: Name | None = None
    """Its id; without one the newest of the task."""
    route: Literal["prompt", "rag", "finetune", "cascade"] | None = None
    """Without one what the comparison recommends."""
    force: bool = False
    """Put its model into use whatever the gate says."""
    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.force and not self.reason:
            raise ValueError("force needs a reason, which is kept")
        return self


class Train(Body):
    """What to train on, and how; every field may be left out."""

    file: UploadFile | SkipJsonSchema[None] = None
    """Labelled rows: CSV, JSON lines or Parquet. Without: the rows that ship with the task."""
    task_file: UploadFile | SkipJsonSchema[None] = None
    """Labels and columns of these rows, declared in TOML."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    up_to: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")] | None = None
    """The dearest candidate that is tried, such as hybrid."""
    feedback: bool = True
    """Add the rows that people labelled."""
    promote: bool = True
    """Put the new version into use if the gate lets it."""


class Evaluate(Body):
    """Labelled rows to judge a version on."""

    file: UploadFile
    version: Name | None = None
    """Without: the one in use."""


class Feedback(Body):
    """A verdict on a prediction, an issue card or an answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"issue": "I00012", "verdict": "wrong", "label": "pump_worn"},
                {"answer": "a0c1d2e3", "verdict": "wrong", "document": "SOP-HP-02", "page": 3},
            ]
        },
    )
    prediction: Name | None = None
    issue: Name | None = None
    answer: Name | None = None
    verdict: Literal["right", "wrong"]
    label: LabelName | None = None
    """What it really was."""
    document: Name | None = None
    """Of an answer that was wrong: the id of the document which would have been right."""
    page: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """With `document`: where in it."""
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""
    """For people; nothing is trained on it."""
    by: Annotated[str, StringConstraints(max_length=120)] = ""
    """Who says so, where several people share a key or the service runs open."""

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(item is not None for item in (self.prediction, self.issue, self.answer)) != 1:
            raise ValueError("name exactly one of prediction, issue or answer")
        if self.document is not None and (self.answer is None or self.verdict != "wrong"):
            raise ValueError("the right document goes with an answer that was wrong")
        if self.page is not None and self.document is None:
            raise ValueError("a page needs its document")
        return self

    @property
    def kind(self) -> str:
        """What it is about."""
        return "prediction" if self.prediction else "issue" if self.issue else "answer"

    @property
    def subject(self) -> str:
        """The id of what it is about."""
        return self.prediction or self.issue or self.answer or ""
