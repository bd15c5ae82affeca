"""What a follow-up takes from the questions before it, and what a fresh question does not."""

from __future__ import annotations

import pytest

from rag.conversation import Leaning, Turn, follow

FIRST = Turn("E217 on press 3, what do I do?", "press-3", ("a", "b"))


@pytest.mark.parametrize(
    ("question", "leaning"),
    [
        ("and after that?", Leaning.ON_PLACE),
        ("what comes next?", Leaning.ON_PLACE),
        ("And then?", Leaning.ON_PLACE),
        ("und danach?", Leaning.ON_PLACE),
        ("wie geht es weiter?", Leaning.ON_PLACE),
        ("how long?", Leaning.ON_WORDS),
        ("what torque?", Leaning.ON_WORDS),
        ("welches Drehmoment?", Leaning.ON_WORDS),
        ("and E218?", Leaning.ON_WORDS),
        ("what torque for the screws?", Leaning.ON_WORDS),
        ("do I need a second person for that?", Leaning.ON_WORDS),
        ("How do I change a worn milling tool?", Leaning.NOT),
        ("E233 on press 3", Leaning.NOT),
        ("What is the limit of the oil temperature of the compressor?", Leaning.NOT),
        ("Then the pump leaked oil all over the floor, what now?", Leaning.NOT),
    ],
)
def test_by_its_words_a_question_leans_or_not(question: str, leaning: Leaning) -> None:
    """One that says what it is about is not bent."""
    found = follow(question, [FIRST])
    assert found.leaning is leaning
    if leaning is Leaning.NOT:
        assert found.words == question
        assert found.places == ()


def test_what_is_missing_comes_from_the_question_that_leaned_on_nothing() -> None:
    """Over several short ones; the last answer's passages stand first."""
    turns = [Turn("How is the filter changed?", "mill-1", ("x",)), FIRST,
             Turn("how long?", None, ("c",)), Turn("and then?", None, ())]  # fmt: skip
    found = follow("what torque?", turns)
    assert found.words == "what torque? E217 on press 3, what do I do?"
    assert found.machine == "press-3"
    assert found.places == (("c",), ("a", "b"))


def test_a_code_of_its_own_is_not_mixed_with_the_one_before() -> None:
    """Only the machine is carried over."""
    found = follow("and E218?", [FIRST])
    assert (found.words, found.machine) == ("and E218?", "press-3")


def test_without_earlier_questions_nothing_is_added() -> None:
    """However short."""
    assert follow("how long?", []).words == "how long?"


def test_only_the_last_turns_are_looked_at() -> None:
    """A conversation may be long."""
    turns = [FIRST, *[Turn("how long?")] * 20]
    assert follow("what torque?", turns).machine is None
