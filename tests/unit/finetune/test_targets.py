"""The figures that a task file asks for."""

from __future__ import annotations

from dataclasses import fields

import pytest

from finetune.score import Score
from finetune.targets import targets_reached, targets_told
from finetune.task import Task, TaskKind
from finetune.task_check import FIGURES

TEST = Score(n=50, accuracy=0.91, macro_f1=0.8, ece=0.05, coverage_at_90=0.7)


@pytest.mark.parametrize(
    ("figure", "wanted", "reached"),
    [("macro_f1", 0.8, True), ("macro_f1", 0.81, False), ("ece", 0.05, True), ("ece", 0.04, False)],
)
def test_a_target_is_a_least_or_for_errors_a_most(
    figure: str, wanted: float, reached: bool
) -> None:
    """Just as much is enough; a person reads which it was."""
    found = targets_reached(Task("a", TaskKind.TEXT, targets={figure: wanted}), TEST)
    assert found[figure]["reached"] is reached
    (told,) = targets_told(found)
    assert ("NOT reached" in told) is not reached
    assert ("at most" in told) is (figure == "ece")


def test_every_figure_that_can_be_asked_for_is_measured() -> None:
    """And a task without targets has nothing to tell."""
    assert set(FIGURES) <= {one.name for one in fields(Score)}
    assert targets_reached(Task("a", TaskKind.TEXT), TEST) == {}
