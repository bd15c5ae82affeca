"""The nouns of Andon: what a wire delivers, what is derived from it, what a person reads.

Standard library only, frozen, no I/O. Every `datetime` is aware and in UTC; `source_time` is
the clock of the machine, `received_time` the clock of the collector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ingest.quotes import Citation, Conflict, QuotedSentence

Value = float | int | bool | str | None


class Quality(StrEnum):
    """How far a value can be trusted (OPC UA's three-way split)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Severity(StrEnum):
    """Order of urgency, lowest first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(Severity).index(self)


class EventState(StrEnum):
    """A raised alarm stays active until the same code is cleared; a note has no state."""

    RAISED = "raised"
    CLEARED = "cleared"
    NOTE = "note"


GAP = "GAP"
"""Code of the notes by which the collector says that it could not reach a machine, and why."""
RATE = "RATE"
"""Code of the notes by which the collector says that a source sends much less than usual."""


class MachineState(StrEnum):
    """PackML (ISA-TR88.00.02) states; `number` is the value on the wire."""

    CLEARING = "clearing"
    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    SUSPENDED = "suspended"
    EXECUTE = "execute"
    STOPPING = "stopping"
    ABORTING = "aborting"
    ABORTED = "aborted"
    HOLDING = "holding"
    HELD = "held"
    UNHOLDING = "unholding"
    SUSPENDING = "suspending"
    UNSUSPENDING = "unsuspending"
    RESETTING = "resetting"
    COMPLETING = "completing"
    COMPLETE = "complete"

    @property
    def number(self) -> int:
        """The PackML state number, 1 to 17."""
        return list(MachineState).index(self) + 1

    @classmethod
    def from_number(cls, number: int) -> MachineState:
        """The state with that PackML number; ValueError outside 1 to 17."""
        states = list(cls)
        if not 1 <= number <= len(states):
            raise ValueError(f"{number} is no PackML state number (1 to {len(states)})")
        return states[number - 1]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one signal at one instant. A value of None has quality bad."""

    machine: str
    signal: str
    value: Value
    unit: str
    quality: Quality
    source_time: datetime
    received_time: datetime
    source: str
    """Where it came from, stable over reconnects: `mqtt:<topic>` or `modbus:<machine>`."""
    sequence: int | None = None
    rollup_s: int = 0
    """Seconds for which it stands as the lowest or highest of them; 0: for itself alone."""


@dataclass(frozen=True, slots=True)
class Event:
    """An alarm, a warning or an operator's note, as the machine or the person worded it."""

    machine: str
    code: str
    """The vendor's code, upper case as sent; empty for a note."""
    severity: Severity
    state: EventState
    text: str
    source_time: datetime
    received_time: datetime
    source: str
    sequence: int | None = None
    row: int | None = None
    """Row in the history once stored."""

    @property
    def is_collectors(self) -> bool:
        """The collector's own word about a wire or a source, not the machine's and no person's."""
        return self.state is EventState.NOTE and self.code in (GAP, RATE)


@dataclass(frozen=True, slots=True)
class Series:
    """The good numeric readings of one signal in time order; all three sequences are as long."""

    signal: str
    unit: str
    times: Sequence[float]
    """Source time, seconds since the Unix epoch."""
    values: Sequence[float]
    rows: Sequence[int]
    """Row ids in the history, for evidence to stand on."""


@dataclass(frozen=True, slots=True)
class Window:
    """A machine's readings and events between two instants, start included, end excluded."""

    machine: str
    start: datetime
    end: datetime
    series: Mapping[str, Series]
    events: tuple[Event, ...] = ()


class EvidenceKind(StrEnum):
    """What a piece of evidence shows."""

    LIMIT_VIOLATION = "limit_violation"
    STEP = "step"
    DRIFT = "drift"
    SPIKE = "spike"
    STUCK = "stuck"
    NOISE_CHANGE = "noise_change"
    OSCILLATION = "oscillation"
    DROPOUT = "dropout"
    GAP = "gap"
    ALARM = "alarm"
    CHATTERING = "chattering"
    FLOOD = "flood"
    STANDING = "standing"
    FIRST_OUT = "first_out"
    NOTE = "note"
    OUT_OF_SERVICE = "out_of_service"
    OPEN_CARD = "open_card"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; unit is empty for a count or a share."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows of one table of the history, both ends included."""

    table: str
    """`readings` or `events`."""
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding in a log, with the numbers it rests on and the rows they were read from."""

    id: str
    """`E0001`, unique within one extraction."""
    kind: EvidenceKind
    machine: str
    signals: tuple[str, ...]
    start: datetime
    end: datetime
    severity: Severity
    statement: str
    """One line in English, made by code from `numbers`."""
    numbers: Mapping[str, Quantity]
    """By role: `peak`, `limit`, `baseline`, `level`, `change`, `slope`, `count`, `duration` ..."""
    rows: tuple[RowRange, ...]
    active: bool = True
    """Still so at the end of the window."""
    direction: str = ""
    """`up`, `down` or empty."""
    codes: tuple[str, ...] = ()
    """Codes of the events it is made of."""
    quotes: tuple[str, ...] = ()
    """Untrusted words of events and notes, to be shown only as quotes."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a summary and the evidence that it stands on."""

    text: str
    evidence: tuple[str, ...]
    section: str = ""
    """The part of a longer summary that it belongs to, such as `exceptions` of a handover."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a text took to write; all zero without a model."""

    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    tries: int = 0
    """Requests to the model, repairs included."""
    repairs: int = 0
    cost: float = 0.0
    """In the currency of the price table."""
    cached: bool = False
    fallback: str = ""
    """Why the model that was asked for did not write it, in one word; empty if it did."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is going on at a machine or a line between two instants."""

    scope: str
    """Machine id or line id."""
    start: datetime
    end: datetime
    headline: str
    statements: tuple[Statement, ...]
    evidence: tuple[Evidence, ...]
    engine: str
    """`deterministic`, or that of the model: `openai-compatible`, `ollama`, `transformers`."""
    model: str
    prompt: str
    """`<id>@<version>#<content hash>`."""
    replaced: tuple[str, ...] = ()
    """Reasons for sentences of a model that failed the check and were replaced."""
    note: str = ""
    """Why the writer that was asked for was not used, if so."""
    account: Account = Account()


@dataclass(frozen=True, slots=True)
class Alternative:
    """A label that was considered."""

    label: str
    confidence: float


class Outcome(StrEnum):
    """How a classification ended."""

    LABEL = "label"
    REVIEW = "review"
    """Not sure enough for the accuracy asked: a person should look."""
    UNKNOWN = "unknown"
    """Unlike anything learnt, or nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a word or a signal spoke for a label."""

    what: str
    weight: float
    """Change of the label's log-probability by it; below zero it spoke against."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What kind of fault it is, or the honest absence of an answer."""

    task: str
    label: str | None
    """None when abstained."""
    confidence: float
    """0 to 1, calibrated."""
    alternatives: tuple[Alternative, ...]
    abstained: bool
    engine: str
    """`code-table`, `classifier`, or the way by which its task is answered: `prompt` or `rag`."""
    model_version: str
    """Of the model; of a prompt or of retrieval the revision of the route."""
    reason: str
    basis: tuple[str, ...] = ()
    """What it stands on: texts, codes or evidence ids."""
    outcome: Outcome = Outcome.LABEL
    label_set: tuple[str, ...] = ()
    """Labels among which the right one is in 90 % of cases (conformal); empty where not known."""
    explanation: tuple[Weight, ...] = ()
    """What weighed most for the label, heaviest first; empty unless asked for."""
    likeliest: str = ""
    """The best guess, also where it abstains; empty where there is none. To measure by, not to
    act on: an abstention stays one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do, quoted from the documents, or declined with the reason."""

    question: str
    declined: bool
    reason: str
    text: str
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...] = ()
    """The nearest passages when declined."""
    engine: str = "quote"
    """`quote`: the documents' own words; otherwise that of the model that wrote `sentences`."""
    machine: str | None = None
    """That of the card or the caller, or the one that the question names."""
    support: float = 0.0
    """0 to 1: how well the passages found support an answer at all."""
    sentences: tuple[QuotedSentence, ...] = ()
    """What a model wrote, each tied to words that were found in the passage."""
    dropped: int = 0
    """How many sentences of the model had no such words and were left out."""
    conflicts: tuple[Conflict, ...] = ()
    model: str = ""
    prompt: str = ""
    """`<id>@<version>#<content hash>` of the prompt that the model was given."""
    note: str = ""
    """Why no model wrote it although one is set."""


class IssueState(StrEnum):
    """Life of an issue card."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Issue:
    """One open problem on one machine: evidence, summary, diagnosis and procedure together."""

    id: str
    machine: str
    line: str
    state: IssueState
    severity: Severity
    title: str
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    evidence: tuple[Evidence, ...]
    summary: Summary | None = None
    diagnosis: Diagnosis | None = None
    defect: Diagnosis | None = None
    procedure: Answer | None = None
    resolution: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
