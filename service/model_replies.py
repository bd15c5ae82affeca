"""Replies about the life of classifiers: rows, trainings, gates, shadows, drift."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from service.classified import Comparison
from service.drift_watch import Standing
from service.labelled import Feedback
from service.schemas import Noun, example
from service.trainings import Training, TrainingState


class ProvenanceOut(Noun):
    """Who labelled a row, when, about which prediction or card, against which model."""

    who: str
    when: datetime
    subject: str
    model_version: str
    verdict: str


class FeedbackRowOut(Noun):
    """A row that people labelled."""

    label: str
    text: str
    features: dict[str, float] | None
    provenance: ProvenanceOut


class LeftOutOut(Noun):
    """A verdict that gives no row, and why."""

    subject: str
    who: str
    when: datetime
    reason: str


class FeedbackRowsOut(Noun):
    """What people labelled, as the next training takes it."""

    model_config = example(
        task="error_code",
        rows=[
            {
                "label": "pump_worn",
                "text": "pump whines, pressure wont build",
                "features": None,
                "provenance": {
                    "who": "M. Weber",
                    "when": "2026-11-22T10:00:00Z",
                    "subject": "I00012",
                    "model_version": "v0001",
                    "verdict": "wrong",
                },
            }
        ],
        left_out=[],
    )
    task: str
    rows: list[FeedbackRowOut]
    left_out: list[LeftOutOut]

    @classmethod
    def of(cls, task: str, found: Feedback) -> Self:
        """From the rows."""
        return cls.model_validate({"task": task, **asdict(found)})


class ProgressOut(Noun):
    """How far a training is."""

    step: str
    share: float = Field(description="Of the whole, 0 to 1.")
    remaining_s: float | None


class WantedOut(Noun):
    """What is trained, and how."""

    task: str
    data: str = Field(description="The uploaded file; empty: the rows that ship with the task.")
    task_file: str
    seed: int
    up_to: str
    feedback: bool
    promote: bool


class TrainingOut(Noun):
    """A training, running or ended."""

    model_config = example(
        id="T00003",
        state="running",
        wanted={
            "task": "error_code",
            "data": "",
            "task_file": "",
            "seed": 0,
            "up_to": "hybrid",
            "feedback": True,
            "promote": True,
        },
        by="M. Weber",
        started_at="2026-11-22T10:00:00Z",
        ended_at=None,
        progress={"step": "hybrid, fold 2 of 3", "share": 0.43, "remaining_s": 12.5},
        report=None,
        fault="",
        starts=1,
    )
    id: str
    state: TrainingState = Field(
        description="refused: the version is stored, the gate keeps it out of use."
    )
    wanted: WantedOut
    by: str
    started_at: datetime
    ended_at: datetime | None
    progress: ProgressOut
    report: dict[str, Any] | None = Field(description="As `andon train --json` prints it.")
    fault: str
    starts: int = Field(description="More than one: gone on with after the service ended.")

    @classmethod
    def of(cls, training: Training) -> Self:
        """From the training."""
        return cls.model_validate(training)


class TrainingsOut(BaseModel):
    """Trainings, newest first."""

    trainings: list[TrainingOut]


class PairOut(Noun):
    """How often one label stood against another; empty: an abstention."""

    serving: str
    shadow: str
    count: int


class ShadowOut(Noun):
    """A version in the shadow of the one that serves, on the same live inputs."""

    model_config = example(
        task="error_code",
        serving="v0002",
        shadow="v0003",
        answers=412,
        agreed=398,
        agreement=0.966,
        pairs=[{"serving": "pump_worn", "shadow": "", "count": 9}],
        judged=12,
        serving_right=9,
        shadow_right=11,
    )
    task: str
    serving: str
    shadow: str | None = Field(description="null: nothing is in the shadow.")
    answers: int
    agreed: int
    agreement: float | None = Field(description="Share of the answers; null without any.")
    pairs: list[PairOut] = Field(description="Where they differ, frequent ones first.")
    judged: int = Field(description="Answers that people judged meanwhile.")
    serving_right: int
    shadow_right: int

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """From the comparison."""
        said = asdict(found)
        agreement = found.agreed / found.answers if found.answers else None
        fields = {**said, **said["judgement"], "shadow": found.shadow or None}
        return cls.model_validate({**fields, "agreement": agreement})


class DriftOut(Noun):
    """Whether what comes in is still what the model was trained on."""

    model_config = example(
        task="error_code",
        version="v0002",
        at="2026-11-22T10:00:00Z",
        verdict="retrain",
        reasons=["22% of the inputs are unlike anything learnt, where 5% were expected."],
        figures={"predictions": 300.0, "unknown": 0.22, "unknown_reference": 0.05},
        words="22% of the inputs are unlike anything learnt, where 5% were expected. "
        "Retrain: andon train error_code",
    )
    task: str
    version: str
    at: datetime
    verdict: str
    reasons: list[str]
    figures: dict[str, float]
    words: str

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """From what was found last."""
        found = standing.drift
        return cls(
            task=standing.task,
            version=standing.version,
            at=standing.at,
            verdict=str(found.verdict),
            reasons=list(found.reasons),
            figures=dict(found.figures),
            words=standing.words,
        )


class LabelChangeOut(Noun):
    """One label on the rows that both versions were judged on."""

    label: str
    rows: int
    before: int
    after: int
    lost: int
    gained: int


class GateOut(Noun):
    """Whether a version may take the place of the one in use."""

    model_config = example(
        passed=False,
        reasons=["Label hose_leak: 5 of 9 rows right, 9 before."],
        rows=128,
        against="v0002",
        figures={"before": {"macro_f1": 0.86}, "after": {"macro_f1": 0.81}},
        labels=[],
        margins={"macro_f1": 0.02},
    )
    passed: bool
    reasons: tuple[str, ...]
    rows: int
    against: str
    figures: dict[str, dict[str, float]]
    labels: tuple[LabelChangeOut, ...]
    margins: dict[str, float]


class EvaluationOut(BaseModel):
    """As `andon evaluate --json` prints it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "task": "error_code",
                    "version": "v0002",
                    "split": "all 200 rows of rows.csv",
                    "chosen": "hybrid",
                    "candidates": [
                        {"name": "hybrid", "accuracy": 0.91, "macro_f1": 0.9, "seconds": 0.4}
                    ],
                    "test": {
                        "n": 200,
                        "accuracy": 0.91,
                        "macro_f1": 0.9,
                        "ece": 0.03,
                        "coverage_at_90": 1.0,
                    },
                    "seen_in_training": 0,
                }
            ]
        },
    )
    task: str
    version: str
    split: str
    chosen: str
    candidates: list[dict[str, Any]]
    test: dict[str, Any]
