"""The figures that a task file asks for, held against those of the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetune.score import Score
from finetune.task import Task

MOST = frozenset({"ece"})
"""Figures of which less is better."""


def targets_reached(task: Task, test: Score) -> dict[str, dict[str, Any]]:
    """By figure: what was wanted, what came out, and whether that is enough."""
    found: dict[str, dict[str, Any]] = {}
    for name, wanted in task.targets.items():
        got = float(getattr(test, name))
        reached = got <= wanted if name in MOST else got >= wanted
        found[name] = {"wanted": wanted, "got": round(got, 4), "reached": reached}
    return found


def targets_told(reached: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One sentence a target, for people."""
    return [
        f"{name.replace('_', ' ')}: {one['got']:.3f}, wanted "
        f"{'at most' if name in MOST else 'at least'} {one['wanted']:g}, "
        f"{'reached' if one['reached'] else 'NOT reached'}."
        for name, one in reached.items()
    ]
