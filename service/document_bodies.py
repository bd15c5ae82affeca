"""What the service is sent about documents: a file with its metadata, searches, questions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from service.access import Role
from service.bodies import Body, Name, Question

MOST_NAMES = 200
Kind = Literal["sop", "manual", "code_list", "safety"]
Status = Literal["current", "superseded", "withdrawn", "draft"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


def _given(value: Any) -> Any:
    """A field of a form that was left empty is one that was not sent."""
    return None if isinstance(value, str) and not value.strip() else value


def _each_given(values: Any) -> Any:
    return (
        [one for one in values if _given(one) is not None] if isinstance(values, list) else values
    )


Words = Annotated[
    Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)] | SkipJsonSchema[None],
    BeforeValidator(_given),
]
Names = Annotated[list[Name], BeforeValidator(_each_given), Field(max_length=MOST_NAMES)]
Day = Annotated[date | SkipJsonSchema[None], BeforeValidator(_given)]


class Upload(Body):
    """A document; what is said of it here stands above its sidecar and its front matter."""

    file: UploadFile
    """Its name must end as its content does, such as `.pdf`."""
    sidecar: UploadFile | SkipJsonSchema[None] = None
    """YAML with the same fields as this form, as it lies beside a file of a folder."""
    id: Words = None
    """Names the document in all its revisions."""
    title: Words = None
    kind: Annotated[Kind | SkipJsonSchema[None], BeforeValidator(_given)] = None
    machine_kinds: Names = Field(default_factory=list)
    """May be repeated; none: every kind of machine."""
    machines: Names = Field(default_factory=list)
    """May be repeated; none: every machine of those kinds."""
    revision: Words = None
    effective_from: Day = None
    """First day on which it holds; it is not quoted before."""
    effective_until: Day = None
    """First day on which it no longer holds."""
    status: Annotated[Status | SkipJsonSchema[None], BeforeValidator(_given)] = None
    language: Annotated[Language | SkipJsonSchema[None], BeforeValidator(_given)] = None
    readers: Annotated[list[Role], BeforeValidator(_each_given)] = Field(default_factory=list)
    """Roles that may read it; may be repeated; none: every role. Engineers read all."""
    stream: bool = False
    """Reply as server-sent events: `progress`, then `document` or `problem`."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The fields that were sent, as a sidecar would have them."""
        sent = self.model_dump(mode="json", exclude={"file", "sidecar", "stream"})
        return {name: value for name, value in sent.items() if value not in (None, [])}


class Search(Body):
    """Words to look for in the documents."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"query": "bleed the pump", "machine": "press-3"},
                {"query": "Pumpe", "kinds": ["sop"], "languages": ["de"], "on": "2026-12-01"},
            ]
        },
    )
    query: Question
    machine: Name | None = None
    kinds: Annotated[list[Kind], Field(max_length=20)] | None = None
    languages: Annotated[list[Language], Field(max_length=20)] | None = None
    statuses: Annotated[list[Status], Field(max_length=20)] | None = None
    """Only engineers find what is not current."""
    on: date | None = None
    """What holds on that day; without: today."""
    limit: Annotated[int, Field(ge=1, le=50)] = 8


class Ask(Body):
    """A question to the documents."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "E217 on press 3, what do I do?", "machine": "press-3"},
                {"question": "And how hot may it get?", "conversation": "c6f1b0…", "stream": True},
            ]
        },
    )
    question: Question
    machine: Name | None = None
    """Only its documents are quoted; without: the one that the question names, if any."""
    conversation: Name | None = None
    """As an earlier answer gave it: the question may refer to those before it."""
    language: Language | None = None
    """Of the frame of the answer; without: that of the question."""
    stream: bool = False
    """As server-sent events: what a model drafts, unchecked, then citations and the answer."""
