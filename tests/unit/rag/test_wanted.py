"""The words of a question say what form the answer has."""

from __future__ import annotations

import pytest

from rag.phrases import language_of
from rag.quantities import quantities
from rag.wanted import Want, wanted


@pytest.mark.parametrize(
    ("question", "want", "dimensions"),
    [
        ("E217 on press 3, what do I do?", Want.PROCEDURE, set()),
        ("how do I tighten the screws, what torque", Want.PROCEDURE, set()),
        ("the pressure drops under load", Want.PROCEDURE, set()),
        ("was tun bei E217", Want.PROCEDURE, set()),
        ("what torque for the fittings?", Want.VALUE, {"torque"}),
        ("insert screws torque", Want.VALUE, {"torque"}),
        ("which pressure must the accumulator have", Want.VALUE, {"pressure"}),
        ("how often is the oil changed", Want.VALUE, {"interval"}),
        ("welches drehmoment hat der stopfen", Want.VALUE, {"torque"}),
        ("wie lange muss das einwirken", Want.VALUE, {"time"}),
        ("what is the limit of the oil temperature", Want.VALUE, set()),
        ("part number of the gasket", Want.VALUE, set()),
        ("what does A204 mean", Want.MEANING, set()),
        ("was bedeutet E217", Want.MEANING, set()),
        ("can I tape a leaking air hose", Want.FACT, set()),
        ("darf ich den schlauch kleben", Want.FACT, set()),
    ],
)
def test_what_is_asked_for(question: str, want: Want, dimensions: set[str]) -> None:
    """A value and its dimension, a fact, a meaning; everything else is about doing."""
    found = wanted(question)
    assert (found.want, set(found.dimensions)) == (want, dimensions)


@pytest.mark.parametrize(
    ("text", "language", "measures"),
    [
        ("in three passes: 80, 160 and 240 Nm", "en", ["80 Nm", "160 Nm", "240 Nm"]),
        ("at 0.75 +/- 0.10 mm", "en", ["0.75 mm", "0.10 mm"]),
        ("12,000 rpm and 3°C", "en", ["12000 rpm", "3 degC"]),
        ("0,75 Nm nach 1.200 h", "de", ["0.75 Nm", "1200 h"]),
        ("E217, SOP-HP-01, M20, 40x, v1.2.3-b", "en", []),
    ],
)
def test_numbers_have_their_units(text: str, language: str, measures: list[str]) -> None:
    """A number in front of another one has its unit; parts of names are no numbers."""
    found = [f"{one.number} {one.unit}" for one in quantities(text, language)]
    assert found == measures


def test_a_unit_is_compared_with_its_kin() -> None:
    """1 MPa is 10 bar, 30 min are half an hour; degrees are not converted."""
    pairs = [("1 MPa", "10 bar"), ("30 min", "0.5 h"), ("1 kN", "1000 N")]
    for one, other in pairs:
        assert quantities(one)[0].measure == quantities(other)[0].measure
    assert quantities("50 degC")[0].measure != quantities("50 °F")[0].measure


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("wie oft muss der Filter gewechselt werden", "de"),
        ("Ölwechsel Kompressor", "de"),
        ("how often must the filter be changed", "en"),
        ("E217", "en"),
    ],
)
def test_the_language_of_a_question(question: str, language: str) -> None:
    """By its small words; English where there are none."""
    assert language_of(question) == language
