"""A question names its machine in many ways, and often names none."""

from __future__ import annotations

import pytest

from rag.mentions import MachineName, Mention, mentioned

MACHINES = (
    MachineName("press-3", "hydraulic-press", "line-1"),
    MachineName("press-4", "hydraulic-press", "line-2"),
    MachineName("mill-1", "cnc-mill", "line-1"),
    MachineName("mould-2", "injection-moulding", "line-2", ("Engel",)),
    MachineName("comp-1", "screw-compressor", "utilities"),
    MachineName("chiller", "process-chiller", "utilities"),
    MachineName("A4", "labeller", "line-3"),
)


def ids(mention: Mention) -> list[str]:
    return [machine.id for machine in mention.machines]


@pytest.mark.parametrize(
    ("question", "machine"),
    [
        ("E217 on press 3, what do I do?", "press-3"),
        ("Press-3 E217", "press-3"),
        ("PRESS_3", "press-3"),
        ("press3 is hot", "press-3"),
        ("Presse 03", "press-3"),
        ("die Presse Nr. 3 hat E217", "press-3"),
        ("press no. 3", "press-3"),
        ("press three", "press-3"),
        ("Presse drei", "press-3"),
        ("Hydraulikpresse 3 zu hei\u00df", "press-3"),
        ("hydraulic press 4 is hot", "press-4"),
        ("the press on line 2", "press-4"),
        ("Fr\u00e4se 1 vibriert", "mill-1"),
        ("Kompressor 1 zischt", "comp-1"),
        ("injection moulding machine 2", "mould-2"),
        ("machine 2 stands still", "mould-2"),
        ("what is wrong with Engel?", "mould-2"),
        ("alarm on A4", "A4"),
        ("how do I press the reset button on the mill?", "mill-1"),
        ("the chiller is warm", "chiller"),
    ],
)
def test_one_machine_is_named(question: str, machine: str) -> None:
    """In English or German, in any spelling, by number, kind and line."""
    assert ids(mentioned(question, MACHINES)) == [machine]


@pytest.mark.parametrize(
    "question",
    [
        "E217",
        "press the button",
        "hold the key and press 3 seconds",
        "press 3 times",
        "press 3.5",
        "press 3a",
        "express 3",
        "a 4 mm hole",
        "12 % of the parts",
        "",
    ],
)
def test_nothing_is_named(question: str) -> None:
    """A verb, a measure or a part of another word is no machine."""
    assert mentioned(question, MACHINES) == Mention(rest=question)


@pytest.mark.parametrize(
    ("question", "machines", "kind"),
    [
        ("press 3 or 4?", ["press-3", "press-4"], "hydraulic-press"),
        ("press 3, 4 and mill 1", ["press-3", "press-4", "mill-1"], None),
        ("the press is hot", ["press-3", "press-4"], "hydraulic-press"),
        ("die Presse ist hei\u00df", ["press-3", "press-4"], "hydraulic-press"),
        ("hydraulic press: oil change", ["press-3", "press-4"], "hydraulic-press"),
        ("machine 1", ["mill-1", "comp-1"], None),
        ("Linie 2 steht", ["press-4", "mould-2"], None),
        ("on the press 3 bar are too much", ["press-3", "press-4"], "hydraulic-press"),
    ],
)
def test_several_may_be_meant(question: str, machines: list[str], kind: str | None) -> None:
    """All are told, and their kind where they share it."""
    mention = mentioned(question, MACHINES)
    assert (ids(mention), mention.kind, mention.machine) == (machines, kind, None)


@pytest.mark.parametrize("words", ["press 9", "Presse 9", "press-30"])
def test_a_machine_that_is_not_there_is_said(words: str) -> None:
    """Not taken for another one."""
    mention = mentioned(f"E217 on {words}!", MACHINES)
    assert (mention.unknown, mention.machines) == (words, ())


def test_the_name_of_a_machine_is_no_part_of_what_is_asked() -> None:
    """What is left can be searched; a kind's name stays, and so does a question of nothing else."""
    assert mentioned("E217 on press-3, why?", MACHINES).rest == "E217 on , why?"
    assert mentioned("press-3", MACHINES).rest == "press-3"
    assert mentioned("oil of the press", MACHINES).rest == "oil of the press"


def test_the_whole_of_a_longer_name_counts() -> None:
    """Where the short one is ambiguous, the line decides."""
    halls = (
        MachineName("hall-1-press-3", "press", "hall-1"),
        MachineName("hall-2-press-3", "press", "hall-2"),
    )
    assert ids(mentioned("hall 2 press 3", halls)) == ["hall-2-press-3"]
    assert ids(mentioned("press 3", halls)) == ["hall-1-press-3", "hall-2-press-3"]
    assert ids(mentioned("press 3 in hall 1", halls)) == ["hall-1-press-3"]


def test_a_plant_without_machines_names_none() -> None:
    """And nothing fails."""
    assert mentioned("press 3", ()) == Mention(rest="press 3")
