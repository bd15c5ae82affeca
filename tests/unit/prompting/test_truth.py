"""A sentence stands only if every name, number, minute and direction stands in what it cites."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.vocabulary import Evidence, Statement
from prompting.slots import Reader
from prompting.truth import Case, complaint

END = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MACHINES = frozenset({"press-3", "mill-1", "comp-1", "saw"})


def case(floor: tuple[Evidence, ...], language: str = "en") -> Case:
    reader = Reader(language, ZoneInfo("Europe/Berlin"), END)
    return Case({item.id: item for item in floor}, reader, MACHINES, "press-3")


TRUE_ENGLISH = [
    ("Oil temp rose above its high limit of 65 °C at 10:02.", "E0001"),
    ("oil_temp has been above the limit of {E0001.limit} since {E0001.start}.", "E0001"),
    ("On press-3 the {E0001.signals} peaked at 71.3 °C, over its limit of 65 °C.", "E0001"),
    ("It stayed above the limit for 5 min, with a peak of 71 °C.", "E0001"),
    ("From its usual 52.2 °C it climbed to 71.3 °C.", "E0001"),
    ("Alarm E217 was raised twice since 10:03 and is still active.", "E0002"),
    ("Alarm {E0002.codes} came {E0002.count} times: {E0002.quote}.", "E0002"),
    ("System pressure fell from 160 to 118 bar at 10:05.", "E0003"),
    ("Oil temp went up at 10:02, and system pressure went down at 10:05.", "E0001 E0003"),
    ("The oil temp of 71.3 °C came first, alarm E217 followed at 10:03.", "E0001 E0002"),
]
TRUE_GERMAN = [
    ("Oil temp liegt seit 10:02 Uhr über dem Grenzwert von 65 °C, Spitzenwert 71,3 °C.", "E0001"),
    ("{E0001.signals} ist vom üblichen Wert von {E0001.baseline} gestiegen.", "E0001"),
    ("Die Meldung E217 kam zweimal und steht noch an.", "E0002"),
    ("System pressure ist um 10:05 Uhr von 160 auf 118 bar gefallen.", "E0003"),
]
FALSE_ENGLISH = [
    ("fabricated value", "Oil temp peaked at 78.2 °C.", "E0001"),
    ("fabricated count", "Alarm E217 was raised 7 times.", "E0002"),
    ("number word", "Alarm E217 was raised seven times.", "E0002"),
    ("value of another item", "Oil temp peaked at 118 °C.", "E0001"),
    ("value of another cited item", "Oil temp is at 118 bar, system pressure fell.", "E0001 E0003"),
    ("slot of an item not cited", "Oil temp peaked at {E0003.peak}.", "E0001"),
    ("slot without such a role", "Oil temp peaked at {E0001.level}.", "E0001"),
    ("wrong minute", "Oil temp rose above its limit at 10:04.", "E0001"),
    ("start and end exchanged", "Oil temp was above its limit until 10:02.", "E0001"),
    ("start and end exchanged by slot", "Oil temp is above its limit since {E0001.end}.", "E0001"),
    ("wrong machine", "On mill-1 the oil temp rose.", "E0001"),
    ("wrong machine that nobody knows", "On press-4 the oil temp rose.", "E0001"),
    ("wrong machine without a digit", "The saw has a high oil temp.", "E0001"),
    ("other signal", "The system pressure rose above its limit of 65 °C.", "E0001"),
    ("other code", "Alarm E218 was raised twice.", "E0002"),
    ("direction flipped", "Oil temp fell below its limit of 65 °C.", "E0001"),
    (
        "direction flipped in one clause",
        "Oil temp went down, system pressure went down.",
        "E0001 E0003",
    ),
    ("peak and limit exchanged", "Oil temp crossed its limit of 71.3 °C.", "E0001"),
    ("limit and peak exchanged", "Oil temp peaked at 65 °C.", "E0001"),
    ("peak and limit exchanged by slot", "It crossed its limit of {E0001.peak}.", "E0001"),
    ("limit and peak exchanged by slot", "A peak of {E0001.limit} was reached.", "E0001"),
    ("wrong unit", "Oil temp peaked at 71.3 bar.", "E0001 E0003"),
    ("invented id", "Oil temp rose.", "E0009"),
    ("cites nothing", "All is well.", ""),
    ("markup", "Oil temp <b>rose</b>.", "E0001"),
    ("link", "See https://example.org for the oil temp.", "E0001"),
    ("stray brace", "Oil temp {peak} rose.", "E0001"),
    ("a date that is another", "Oil temp rose above its limit on 2026-11-21 10:02.", "E0001"),
]
FALSE_GERMAN = [
    ("direction flipped", "Oil temp ist unter den Grenzwert gefallen.", "E0001"),
    ("peak and limit exchanged", "Oil temp liegt über dem Grenzwert von 71,3 °C.", "E0001"),
    ("wrong minute", "Oil temp steigt seit 10:03 Uhr.", "E0001"),
    ("fabricated count", "Die Meldung E217 kam dreimal.", "E0002"),
    ("wrong machine", "An mill-1 ist oil temp gestiegen.", "E0001"),
    ("fabricated value", "Der Spitzenwert war 78,2 °C.", "E0001"),
]


@pytest.mark.parametrize(("text", "cited"), TRUE_ENGLISH)
def test_a_true_sentence_stands(floor: tuple[Evidence, ...], text: str, cited: str) -> None:
    """In digits and in slots."""
    assert complaint(Statement(text, tuple(cited.split())), case(floor)) == ""


@pytest.mark.parametrize(("text", "cited"), TRUE_GERMAN)
def test_a_true_german_sentence_stands(floor: tuple[Evidence, ...], text: str, cited: str) -> None:
    """With a decimal comma and Uhr."""
    assert complaint(Statement(text, tuple(cited.split())), case(floor, "de")) == ""


@pytest.mark.parametrize(("error", "text", "cited"), FALSE_ENGLISH)
def test_a_planted_error_is_caught(
    floor: tuple[Evidence, ...], error: str, text: str, cited: str
) -> None:
    """Each kind of error of FINDINGS, and more."""
    assert complaint(Statement(text, tuple(cited.split())), case(floor)), error


@pytest.mark.parametrize(("error", "text", "cited"), FALSE_GERMAN)
def test_a_planted_german_error_is_caught(
    floor: tuple[Evidence, ...], error: str, text: str, cited: str
) -> None:
    """The same in German."""
    assert complaint(Statement(text, tuple(cited.split())), case(floor, "de")), error


def test_what_is_over_may_not_be_called_so_still(floor: tuple[Evidence, ...]) -> None:
    """`still` needs evidence that is active."""
    over = tuple(replace(item, active=False) for item in floor)
    said = Statement("Oil temp is still above its limit.", ("E0001",))
    assert complaint(said, case(over))
    assert complaint(said, case(floor)) == ""
