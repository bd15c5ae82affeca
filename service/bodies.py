"""What the service is sent: request bodies with examples, bounded in every direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from ingest.vocabulary import EventState, Quality, Severity
from prompting.slots import harmless

MAX_ITEMS = 10_000
"""Items of one push."""
EARLIEST, LATEST = 1970, 9000
"""Years."""
MAX_INTEGER = 2**63 - 1
"""What the history can keep."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Question = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first and last day of the calendar
        raise ValueError("this time does not exist in UTC") from error


def _looked_into(moment: datetime) -> datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"must lie between the years {EARLIEST} and {LATEST}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Edge = Annotated[Moment, AfterValidator(_looked_into)]
"""Of a span; looking back from it, or a little ahead, stays within the calendar."""
Integer = Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Number = Annotated[StrictFloat, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item of a push that could not be read; the others are not affected."""

    reason: str
    item: Any


def _or_rejected(item: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(item)
    except ValidationError as error:
        defects = error.errors(include_url=False, include_context=False, include_input=False)
        words = [
            f"{'.'.join(str(part) for part in defect['loc']) or 'item'}: {defect['msg']}"
            for defect in defects[:3]
        ]
        return Rejected("; ".join(words), item)


class Body(BaseModel):
    """A request body: a field that we do not know is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")


class RecordIn(Body):
    """What a reading and an event have in common; a relay says where and when it got it."""

    machine: Name
    source_time: Moment
    sequence: Annotated[int, Field(ge=0, le=MAX_INTEGER)] | None = None
    source: Annotated[str, StringConstraints(max_length=1000)] = ""
    """Where the sender has it from, such as a topic: a part of its identity."""
    received_time: Moment | None = None
    """When the sender received it; without: now, and never later than now."""


class ReadingIn(RecordIn):
    """One value of one signal; with `sequence` or without, the same reading is stored once."""

    signal: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    value: StrictBool | Integer | Number | Annotated[StrictStr, Field(max_length=1000)] | None
    unit: Annotated[str, StringConstraints(max_length=40)] | None = None
    quality: Quality | None = None

    @field_validator("value", mode="before")
    @classmethod
    def _whole_numbers_stay_whole(cls, value: Any) -> Any:
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise ValueError("an integer must fit into 64 bits")
        return value


class EventIn(RecordIn):
    """An alarm, warning or note."""

    text: Text = ""
    code: Annotated[str, StringConstraints(max_length=60, to_upper=True)] = ""
    severity: Severity = Severity.INFO
    state: EventState = EventState.NOTE


class Push(Body):
    """What a cell or any other program sends."""

    cell: Annotated[str, StringConstraints(pattern=r"^[\w.\-]*$", max_length=60)] = ""
    """Name of the cell that passes its records on: its sources are kept apart from others'."""


class PushReadings(Push):
    """Readings of any machines of the plant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "readings": [
                        {
                            "machine": "press-3",
                            "signal": "oil_temp",
                            "value": 61.2,
                            "source_time": "2026-11-22T10:00:00.123Z",
                            "sequence": 12,
                        }
                    ]
                }
            ]
        },
    )
    readings: Annotated[
        list[Annotated[ReadingIn | SkipJsonSchema[Rejected], WrapValidator(_or_rejected)]],
        Field(min_length=1, max_length=MAX_ITEMS),
    ]


class PushEvents(Push):
    """Events of any machines of the plant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "machine": "press-3",
                            "source_time": "2026-11-22T10:00:00Z",
                            "code": "E217",
                            "severity": "warning",
                            "state": "raised",
                            "text": "oil temp high",
                        }
                    ]
                }
            ]
        },
    )
    events: Annotated[
        list[Annotated[EventIn | SkipJsonSchema[Rejected], WrapValidator(_or_rejected)]],
        Field(min_length=1, max_length=MAX_ITEMS),
    ]


class Span(Body):
    """From when to when; the start comes first."""

    start: Edge
    end: Edge

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError("start must lie before end")
        return self


class AskSummary(Span):
    """A machine or a line, from when to when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "machine": "press-3",
                    "start": "2026-11-22T09:00:00Z",
                    "end": "2026-11-22T10:00:00Z",
                }
            ]
        },
    )
    machine: Name | None = None
    line: Name | None = None
    prompt: Name = "issue-summary"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    stream: bool = False
    """As server-sent events: what a model drafts, unchecked, and the checked summary at the end."""

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if (self.machine is None) == (self.line is None):
            raise ValueError("name either a machine or a line")
        return self


class Acknowledge(Body):
    """Who has seen the card."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"by": "M. Weber"}]})
    by: Annotated[str, StringConstraints(max_length=120)] = ""


class Resolve(Body):
    """What was done about it, and by whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"by": "M. Weber", "resolution": "cooler cleaned"}]},
    )
    by: Annotated[str, StringConstraints(max_length=120)] = ""
    resolution: Text = ""


class Instruct(Body):
    """Words for the next shifts about a machine, a line, or the machine of a card."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "machine": "press-3",
                    "text": "Run at 80 % until the cooler is cleaned.",
                    "by": "M. Weber",
                }
            ]
        },
    )
    machine: Name | None = None
    line: Name | None = None
    issue: Name | None = None
    """Flags this card: the instruction is about its machine and names it."""
    text: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    by: Annotated[str, StringConstraints(max_length=120)] = ""

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(item is not None for item in (self.machine, self.line, self.issue)) != 1:
            raise ValueError("name exactly one of machine, line or issue")
        return self

    @field_validator("text")
    @classmethod
    def _can_be_seen(cls, text: str) -> str:
        if not harmless(text, 1):
            raise ValueError("has no character that can be seen")
        return text


class Clear(Body):
    """Who says that it is done or no longer holds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"by": "M. Weber"}]})
    by: Annotated[str, StringConstraints(max_length=120)] = ""
