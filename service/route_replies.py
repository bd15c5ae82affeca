"""Replies about the routes of tasks."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from service.comparison.nouns import Route
from service.schemas import Noun, example
from service.task_routes import TaskRoute


class MemberOut(Noun):
    """One arm of a way."""

    approach: str
    name: str
    model: str = Field(description="What answered in it when it was measured.")
    labels: int = Field(description="Labelled examples that it learnt from.")


class RouteOut(BaseModel):
    """How a task is answered, and what was measured of that."""

    model_config = example(
        task="error_code",
        route="cascade",
        members=[
            {"approach": "rag", "name": "nearest", "model": "all-MiniLM-L6-v2", "labels": 640},
            {"approach": "finetune", "name": "hybrid", "model": "hybrid", "labels": 640},
        ],
        revision="r0002",
        comparison="error_code-20261123-072645-3fa9",
        macro_f1=0.91,
        ci95=[0.88, 0.94],
        share_first=0.62,
        version="v0003",
        set_at="2026-11-23T09:00:00+00:00",
        who="Ada",
        reason="",
        trouble="",
    )
    task: str
    route: Route
    members: list[MemberOut] = Field(description="In the order in which they are asked.")
    revision: str = Field(description="Empty: the task follows no route; its classifier answers.")
    comparison: str = Field(description="Where it was measured; empty: nowhere.")
    macro_f1: float | None
    ci95: tuple[float, float] | None
    share_first: float | None = Field(description="Of a cascade: answered by its first.")
    version: str = Field(description="Of the model that came into use with it.")
    set_at: str
    who: str
    reason: str
    trouble: str = Field(description="Why it is not followed as it was meant; empty: it is.")

    @classmethod
    def of(cls, route: TaskRoute, trouble: str = "") -> Self:
        """A route that is set."""
        measured = route.measured
        return cls(
            task=route.task,
            route=route.route,
            members=[MemberOut.model_validate(member) for member in route.members],
            revision=route.revision,
            comparison=measured.comparison,
            macro_f1=measured.macro_f1,
            ci95=measured.ci95,
            share_first=measured.share_first,
            version=route.version,
            set_at=route.set_at,
            who=route.who,
            reason=route.reason,
            trouble=trouble,
        )

    @classmethod
    def by_shelf(cls, task: str) -> Self:
        """A task that follows none."""
        return cls.of(TaskRoute(task, Route.FINETUNE, ()))
