"""Replies about comparisons: what is asked, how far it is, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from service.comparison.nouns import Route
from service.comparisons import ComparisonRun, ComparisonState
from service.model_replies import ProgressOut
from service.schemas import Noun, example


class AskedOut(Noun):
    """What is compared, and how."""

    task: str
    data: str = Field(description="The uploaded file; empty: the rows that ship with the task.")
    task_file: str
    codes: str
    target: float | None
    up_to: str
    seed: int
    apply: bool


class VerdictOut(BaseModel):
    """What is recommended."""

    approach: Route
    arm: str = Field(description="`approach/name`; empty where none reaches the target.")
    target: float
    rows: int
    test_rows: int
    seconds: float

    @classmethod
    def of(cls, report: dict[str, Any]) -> Self | None:
        """From the report; None where it says something else."""
        try:
            return cls.model_validate({**report, **report["decision"]})
        except (KeyError, TypeError, ValueError):
            return None


class ComparisonOut(Noun):
    """A comparison, running or ended."""

    model_config = example(
        id="error_code-20261123-072645-3fa9",
        state="done",
        asked={
            "task": "error_code",
            "data": "rows.csv",
            "task_file": "",
            "codes": "",
            "target": 0.8,
            "up_to": "",
            "seed": 0,
            "apply": False,
        },
        by="M. Weber",
        started_at="2026-11-23T07:26:45Z",
        ended_at="2026-11-23T07:31:57Z",
        progress={"step": "", "share": 1.0, "remaining_s": 0.0},
        verdict={
            "approach": "finetune",
            "arm": "finetune/hybrid",
            "target": 0.8,
            "rows": 980,
            "test_rows": 196,
            "seconds": 312.4,
        },
        page="/comparisons/error_code-20261123-072645-3fa9",
        fault="",
        starts=1,
    )
    id: str
    state: ComparisonState
    asked: AskedOut
    by: str = Field(description="Empty: it was made with the command.")
    started_at: datetime
    ended_at: datetime | None
    progress: ProgressOut
    verdict: VerdictOut | None = Field(description="null while there is no report.")
    page: str | None = Field(description="Where a person reads the report.")
    fault: str
    starts: int = Field(description="More than one: begun anew after the service ended.")

    @classmethod
    def of(cls, run: ComparisonRun) -> Self:
        """From the comparison."""
        told = {name: getattr(run, name) for name in cls.model_fields if hasattr(run, name)}
        verdict = VerdictOut.of(dict(run.report)) if run.report else None
        page = f"/comparisons/{run.id}" if run.report else None
        return cls.model_validate({**told, "verdict": verdict, "page": page})


class ComparisonReportOut(ComparisonOut):
    """A comparison with its report."""

    report: dict[str, Any] | None = Field(
        default=None, description="As `andon compare --json` prints it; null while there is none."
    )

    @classmethod
    def of(cls, run: ComparisonRun) -> Self:
        """From the comparison."""
        brief = ComparisonOut.of(run)
        return cls.model_validate({**brief.model_dump(), "report": run.report})


class ComparisonsOut(BaseModel):
    """Comparisons, newest first."""

    comparisons: list[ComparisonOut]
