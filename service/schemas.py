"""What the service sends: the nouns as wire schemas, and the views that only HTTP has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.vocabulary import (
    EventState,
    EvidenceKind,
    IssueState,
    MachineState,
    Quality,
    Severity,
    Value,
)


def example(**fields: Any) -> ConfigDict:
    """Configuration of a schema read from a noun, with one example for the documentation."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [fields]})


class Noun(BaseModel):
    """A schema that is read from the noun of the same name."""

    model_config = ConfigDict(from_attributes=True)


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


class ReadingOut(Noun):
    """One value of one signal at one instant."""

    signal: str
    value: Value
    unit: str
    quality: Quality
    source_time: datetime
    received_time: datetime
    sequence: int | None


class ReadingsOut(BaseModel):
    """Readings of one machine, thinned to at most `max_points` a signal."""

    machine: str
    start: datetime
    end: datetime
    readings: list[ReadingOut]


class EventOut(Noun):
    """An alarm, a warning or a note in its own, untrusted words."""

    machine: str
    code: str
    severity: Severity
    state: EventState
    text: str
    source_time: datetime
    received_time: datetime
    row: int | None


class EventsOut(BaseModel):
    """Events, oldest first."""

    machine: str
    start: datetime
    end: datetime
    events: list[EventOut]


class QuantityOut(Noun):
    """A number with its unit."""

    value: float
    unit: str


class RowRangeOut(Noun):
    """Rows of the history, both ends included."""

    table: str
    first: int
    last: int


class EvidenceOut(Noun):
    """One finding and the rows it stands on; `quotes` are untrusted words."""

    id: str
    kind: EvidenceKind
    machine: str
    signals: tuple[str, ...]
    start: datetime
    end: datetime
    severity: Severity
    statement: str
    numbers: dict[str, QuantityOut]
    rows: tuple[RowRangeOut, ...]
    active: bool
    direction: str
    codes: tuple[str, ...]
    quotes: tuple[str, ...]


class StatementOut(Noun):
    """A sentence and the ids of the evidence it stands on."""

    text: str
    evidence: tuple[str, ...]


class SummaryOut(Noun):
    """What is going on, every statement with its evidence."""

    scope: str
    start: datetime
    end: datetime
    headline: str
    statements: tuple[StatementOut, ...]
    evidence: tuple[EvidenceOut, ...]
    engine: str
    model: str
    prompt: str
    replaced: tuple[str, ...]
    note: str


class AlternativeOut(Noun):
    """Another label that was considered."""

    label: str
    confidence: float


class DiagnosisOut(Noun):
    """What kind of fault it is, or why none is named."""

    task: str
    label: str | None
    confidence: float
    alternatives: tuple[AlternativeOut, ...]
    abstained: bool
    engine: str
    model_version: str
    reason: str
    basis: tuple[str, ...]


class CitationOut(Noun):
    """A place in a document and the words that stand there."""

    document: str
    title: str
    revision: str
    page: int
    section: str
    quote: str
    passage: str
    score: float


class AnswerOut(Noun):
    """What to do, quoted, or declined with the reason."""

    question: str
    declined: bool
    reason: str
    text: str
    citations: tuple[CitationOut, ...]
    nearest: tuple[CitationOut, ...]
    engine: str
    machine: str | None


class AskedOut(AnswerOut):
    """An answer and the id under which it is kept, for feedback."""

    id: str


class IssueOut(Noun):
    """An issue card."""

    id: str
    machine: str
    line: str
    state: IssueState
    severity: Severity
    title: str
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    evidence: tuple[EvidenceOut, ...]
    summary: SummaryOut | None
    diagnosis: DiagnosisOut | None
    defect: DiagnosisOut | None
    procedure: AnswerOut | None
    resolution: str
    tags: dict[str, str]


class IssuesOut(BaseModel):
    """Issue cards, newest first."""

    issues: list[IssueOut]


class LimitsOut(Noun):
    """Limits of a signal, as far as the plant description gives them."""

    low_low: float | None
    low: float | None
    high: float | None
    high_high: float | None


class SignalOut(Noun):
    """A signal's newest value against its limits."""

    id: str
    unit: str
    description: str
    value: Value
    quality: Quality | None
    source_time: datetime | None
    limits: LimitsOut
    status: str = Field(description="normal, low, low_low, high, high_high, silent or unknown")


class MachineOut(Noun):
    """A machine as it stands now."""

    model_config = example(
        id="press-3",
        line="line-1",
        kind="hydraulic-press",
        state="execute",
        last_seen="2026-11-22T10:00:00.123Z",
        silent=False,
        issue="I00012",
        severity="warning",
        signals=[
            {
                "id": "oil_temp",
                "unit": "degC",
                "description": "Oil temperature",
                "value": 67.2,
                "quality": "good",
                "source_time": "2026-11-22T10:00:00.123Z",
                "limits": {"low_low": None, "low": 15.0, "high": 65.0, "high_high": 75.0},
                "status": "high",
            }
        ],
    )
    id: str
    line: str
    kind: str
    state: MachineState | None
    last_seen: datetime | None
    silent: bool
    issue: str | None
    severity: Severity | None
    signals: tuple[SignalOut, ...]


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
    """One prediction for each input, in the same order."""

    predictions: list[PredictionOut]


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
    version: str | None = Field(description="Version of the model that answers; none trained: null")


class TasksOut(BaseModel):
    """All tasks."""

    tasks: list[TaskOut]


class ModelOut(BaseModel):
    """A trained model."""

    task: str
    version: str
    current: bool
    engine: str = ""
    metrics: dict[str, Any] = Field(default_factory=dict)


class ModelsOut(BaseModel):
    """All trained models."""

    models: list[ModelOut]


class DocumentOut(Noun):
    """One revision of a document; only a current one is quoted."""

    id: str
    title: str
    kind: str
    machine_kinds: tuple[str, ...]
    machines: tuple[str, ...]
    revision: str
    effective_from: date | None
    effective_until: date | None
    status: str
    language: str
    passages: int


class DocumentsOut(BaseModel):
    """All documents of the library."""

    documents: list[DocumentOut]


class FoundOut(BaseModel):
    """Passages nearest to a query, best first."""

    query: str
    passages: list[CitationOut]


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
