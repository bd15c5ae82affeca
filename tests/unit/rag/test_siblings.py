"""Sibling machines have nearly the same manuals: the wrong one is never told when one is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from ingest.vocabulary import Answer
from rag.library import Library
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.siblings import Asked, machines, own, questions, write_siblings

WRONG_AT_MOST = 0.01


@pytest.fixture(scope="module")
def siblings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Twelve machines of four kinds, each with its own copy of every document."""
    folder = tmp_path_factory.mktemp("siblings")
    files = write_siblings(folder / "documents")
    with Library(
        folder / "home",
        HashingEncoder(),
        today=lambda: date(2026, 11, 22),
        machines=machines(),
    ) as library:
        report = library.sync(folder / "documents")
        assert (len(report.added), report.failed) == (files, ())
        yield library


def wrong(answer: Answer, asked: Asked) -> bool:
    """Whether anything of another machine is told."""
    told = (*answer.citations, *answer.nearest)
    return any(not each.document.endswith(own("", asked.machine)) for each in told)


@pytest.mark.parametrize("named", [False, True])
def test_the_wrong_machine_is_not_told(siblings: Library, named: bool) -> None:
    """Given by the caller or named in the question: in answers, in what is nearest, in a search."""
    asked = list(questions())
    assert len(asked) > 90
    faults, answered = 0, 0
    for each in asked:
        if named:
            answer = siblings.ask(f"{each.machine.replace('-', ' ')}: {each.question}")
        else:
            answer = siblings.ask(each.question, machine_kind=each.kind, machine=each.machine)
        answered += not answer.declined
        faults += wrong(answer, each)
    assert faults <= WRONG_AT_MOST * len(asked), f"{faults} of {len(asked)}"
    assert answered > 0.5 * len(asked)


def test_a_value_is_that_of_the_machine(siblings: Library) -> None:
    """They differ in numbers alone."""
    limits = set()
    for machine in ("press-3", "press-11", "press-12"):
        answer = siblings.ask(f"{machine}: E217, what do I do?")
        assert not answer.declined
        assert {c.document for c in answer.citations} == {
            own("SOP-HP-01", machine),
            own("HP-MAN", machine),
        }
        limits.add(answer.text.partition("Warnings")[2])
    assert len(limits) == 3


def test_a_code_without_its_machine_is_not_answered_for_one_of_them(siblings: Library) -> None:
    """Several siblings list it: which one is meant must be said."""
    answer = siblings.ask("E217, what do I do?")
    assert answer.declined
    assert "press-11, press-12, press-3" in answer.reason
