"""What the service sends: the nouns as wire schemas."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.vocabulary import (
    EventState,
    EvidenceKind,
    IssueState,
    MachineState,
    Outcome,
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


class ReadingOut(Noun):
    """One value of one signal at one instant."""

    signal: str
    value: Value
    unit: str
    quality: Quality
    source_time: datetime
    received_time: datetime
    sequence: int | None
    rollup_s: int = Field(
        default=0,
        description="Seconds for which it stands as the lowest or highest of them; 0: for itself.",
    )


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
    section: str


class AccountOut(Noun):
    """What a text took to write; all zero without a model."""

    tokens_in: int
    tokens_out: int
    seconds: float
    tries: int
    repairs: int
    cost: float
    cached: bool
    fallback: str


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
    account: AccountOut


class AlternativeOut(Noun):
    """Another label that was considered."""

    label: str
    confidence: float


class WeightOut(Noun):
    """How much a word or a signal spoke for the label."""

    what: str
    weight: float


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
    outcome: Outcome
    label_set: tuple[str, ...]
    explanation: tuple[WeightOut, ...]
    likeliest: str = Field(
        default="",
        description="The best guess, also where it abstains: to measure by, not to act on.",
    )


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
    last_page: int
    page_label: str


class ConflictOut(Noun):
    """Two documents in force that do not say the same; the newer one counts."""

    newer: CitationOut
    older: CitationOut
    what: str


class QuotedSentenceOut(Noun):
    """A sentence of a model and the words of the passage that it stands on."""

    text: str
    passage: str
    quote: str


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
    support: float
    sentences: tuple[QuotedSentenceOut, ...]
    dropped: int
    conflicts: tuple[ConflictOut, ...]
    model: str
    prompt: str
    note: str


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
