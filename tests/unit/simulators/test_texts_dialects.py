"""The words of the demo plant: complete in every dialect, and the two splits far apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

import pytest

from simulators.corpus import FIGURES, QUIET
from simulators.dialects import Dialect, load_dialects
from simulators.faults import load_catalogue

ALIKE = 0.85
"""Share of letters in common from which one template is an edit of another."""

TRAINING = load_dialects(split="training")
FLOOR = load_dialects(split="floor")


def masked(text: str) -> str:
    """Letters only: no placeholder, number, sign or case tells two wordings apart."""
    return " ".join(re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", text).lower()))


def wordings(*dialects: Dialect) -> Iterator[str]:
    for dialect in dialects:
        for words in dialect.templates.values():
            yield from (*words.events, *words.cleared, *words.notes)


def test_the_labels_are_the_faults_of_the_plant_and_no_fault() -> None:
    """The catalogue of faults and the words for them cannot drift apart."""
    assert set(FIGURES) == {fault.kind for fault in load_catalogue()} | {QUIET}


@pytest.mark.parametrize("dialect", [*TRAINING, *FLOOR], ids=lambda dialect: dialect.name)
def test_a_dialect_has_words_for_every_label(dialect: Dialect) -> None:
    """Three alarms and three notes a fault, and more for the days without one."""
    assert set(dialect.templates) == set(FIGURES)
    for label, words in dialect.templates.items():
        fewest = 6 if label == QUIET else 3
        assert min(len(words.events), len(words.notes)) >= fewest, label
        assert bool(words.cleared) is (label != QUIET), label


def test_there_are_seven_ways_to_train_on_and_three_to_run_with() -> None:
    """As many voices as the plan asks for, each with a name of its own."""
    assert len(TRAINING) >= 7
    assert len(FLOOR) >= 3
    assert len({dialect.name for dialect in (*TRAINING, *FLOOR)}) == len(TRAINING) + len(FLOOR)


def test_no_wording_stands_twice_in_a_split() -> None:
    """The same words under two labels would teach, or test, a contradiction."""
    for split in (TRAINING, FLOOR):
        words = [masked(text) for text in wordings(*split)]
        assert sorted({text for text in words if words.count(text) > 1}) == []


def test_no_floor_wording_is_an_edit_of_a_training_wording() -> None:
    """What a running simulator says was not read in training, not even nearly."""
    known = {masked(text) for text in wordings(*TRAINING)}
    for text in wordings(*FLOOR):
        assert nearest(masked(text), known) < ALIKE, text


def nearest(text: str, known: set[str]) -> float:
    """The highest similarity of a text to any known one, or 0 when all are below the bound."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(text)
    best = 0.0
    for other in known:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
            best = max(best, matcher.ratio())
    return best
