"""The line that holds a value: by its dimension and by the words of the question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.document import PassageKind
from rag.finding import Held
from rag.lines import every, holding
from rag.wanted import wanted
from tests.unit.rag.test_conflicts import held

ROW, STEPS = PassageKind.ROW, PassageKind.STEPS
LIMITS = held("Signal: System pressure | Normal: 205 to 215 | Unit: bar", kind=ROW)
PILOT = held("The system has a pilot line with a pressure of 9 bar.", "B")
WORK = held(
    "1. Stop the press.\nCAUTION: Hot fins.\n2. Rinse the fins for 10 minutes.\n"
    "3. Tighten the fittings with 60 Nm.\n4. Clean the fins every 500 h.",
    kind=STEPS,
)


def lines(question: str, *found: Held, **weights: float) -> list[str]:
    """What is quoted for it."""
    return [one.quote for one in holding(wanted(question), [weights], found)]


def test_a_row_has_the_unit_of_its_column() -> None:
    """Its numbers stand without one."""
    found = lines("what is the normal system pressure?", PILOT, LIMITS, normal=2.0, system=1.5)
    assert found == [LIMITS.passage.text]
    assert lines("what is the normal system temperature?", LIMITS, normal=2.0, system=1.5) == []


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("what torque for the fins?", []),
        (
            "how long do I rinse the fins?",
            ["CAUTION: Hot fins.\n2. Rinse the fins for 10 minutes."],
        ),
        ("how often are the fins cleaned?", ["4. Clean the fins every 500 h."]),
    ],
)
def test_a_step_is_quoted_with_what_warns_of_it(question: str, line: list[str]) -> None:
    """A duration is no interval, and a step without the dimension is none at all."""
    assert lines(question, WORK, fin=1.0) == line


def test_a_question_that_says_nothing_else_gets_every_line_of_that_dimension() -> None:
    """As `what torque?` does in a conversation."""
    (found,) = every(wanted("what torque?"), [WORK, PILOT])
    assert found.quote == "3. Tighten the fittings with 60 Nm."


def test_a_list_of_tools_holds_no_value_of_the_machine() -> None:
    """The wrench goes from 20 to 100 Nm, the fittings do not."""
    tools = held("Item: Torque wrench for fittings | Size: 20 to 100 Nm", kind=ROW)
    listed = replace(tools, passage=replace(tools.passage, section=("Tools and spare parts",)))
    assert lines("what torque for the fittings?", listed, fit=1.0) == []
    assert lines("what torque for the fittings?", tools, fit=1.0) == [tools.passage.text]
