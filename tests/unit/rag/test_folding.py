"""The same words in several places are shown once; a number or a `not` apart they are two."""

from __future__ import annotations

import pytest

from rag.document import Passage, PassageKind
from rag.folding import alike, fingerprint

LONG = (
    "Switch off the main switch, lock it out and tag it. Wait until the pressure gauge reads zero "
    "before anybody opens a line. Wear gloves and goggles, keep the area around the machine dry "
    "and tell the shift leader before you begin. Take the guard off with the key."
)


def passage(
    text: str,
    *,
    document: str = "A",
    section: str = "Safety",
    kind: PassageKind = PassageKind.TEXT,
    codes: tuple[str, ...] = (),
) -> Passage:
    return Passage("id", document, "1", 0, 1, ("Manual", section), kind, text, codes)


def same(one: Passage, other: Passage) -> bool:
    return alike(fingerprint(one), fingerprint(other))


def test_the_same_words_elsewhere_are_one() -> None:
    """Whatever the letters' case, the heading of a long one, a word or two of it."""
    assert same(passage(LONG), passage(LONG.upper(), document="B"))
    assert same(passage(LONG), passage(LONG, document="B", section="Sicherheit"))
    assert same(passage(LONG), passage(LONG.replace("anybody", "someone"), document="B"))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Tighten with 25 Nm.", "Tighten with 28 Nm."),
        ("Stop at -5 bar.", "Stop at 5 bar."),
        ("Stop above 80 %.", "Stop below 80 %."),
        ("Do open the valve.", "Do not open the valve."),
        ("Turn it left.", "Turn it right."),
        (LONG, LONG.replace("off the main", "on the main")),
        (LONG, LONG.replace("Wait until", "Wait 5 s until")),
        (LONG, LONG.replace("zero", "5")),
        (LONG, f"{LONG} Then call an electrician, who measures the voltage of the link."),
        ("Clean the cooler.", "Clean the filter."),
        ("Ventil \u00f6ffnen.", "Ventil schlie\u00dfen."),
    ],
)
def test_what_says_something_else_is_two(text: str, other: str) -> None:
    """A number, a sign, a word that turns the sense round, or more than a word or two."""
    assert not same(passage(text), passage(other, document="B"))


def test_a_short_passage_lives_by_its_heading() -> None:
    """`Replace the fuse.` below two faults are two remedies; so are rows and codes."""
    fuse = passage("Replace the fuse.", section="No light")
    assert same(fuse, passage("Replace the fuse.", document="B", section="No light"))
    assert not same(fuse, passage("Replace the fuse.", document="B", section="No pressure"))
    assert not same(passage(LONG, codes=("E217",)), passage(LONG, document="B", codes=("E218",)))
    assert not same(passage(LONG), passage(LONG, section="Another part"))
    assert not same(passage(LONG), passage(LONG, document="B", kind=PassageKind.WARNING))
