"""German and English words of the trade lead to each other, compounds part by part."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.glossary import glossary
from rag.library import Library
from tests.conftest import ROOT
from tests.unit.rag.writing import front, write

OpenLibrary = Callable[..., Library]


@pytest.mark.parametrize(
    ("word", "english"),
    [
        ("Pumpe", ("pump",)),
        ("\u00d6lk\u00fchler", ("oil", "cooler")),
        ("Hydraulikpumpen", ("hydraulic", "pump")),
        ("R\u00fccklauffilter", ("return", "filter")),
        ("Wartungsplan", ("maintenance", "schedule")),
        ("Schnabeltier", ()),
        ("x" * 5000, ()),
    ],
)
def test_a_german_word_is_told_in_english(word: str, english: tuple[str, ...]) -> None:
    """A compound part by part; what is not known is not told."""
    assert tuple(group[0] for group in glossary().english(word)) == english


@pytest.mark.parametrize(
    ("question", "glossed"),
    [
        ("wie lange dauert das Reinigen", "how long takes the clean"),
        ("Kompressor \u00d6lwechsel E217?", "compressor oil change E217?"),
        ("Drehmoment", "torque"),
        ("the torque of the plug", ""),
        ("press loses oil", ""),
        ("motor pump tank filter", ""),
        ("E217", ""),
        ("", ""),
    ],
)
def test_a_german_question_is_told_in_english(question: str, glossed: str) -> None:
    """Word by word, with its codes; an English one is left alone."""
    words = glossary()
    assert (words.glossed(question) if words.is_german(question) else "") == glossed


def test_every_line_of_the_glossary_has_two_sides() -> None:
    """And no word stands twice on one."""
    listed = tomllib.loads(Path(ROOT / "rag" / "glossary.toml").read_text(encoding="utf-8"))
    for line in listed.items():
        for side in line:
            words = side.split()
            assert words, line
            assert len(words) == len(set(words)), line


def test_a_question_in_one_language_finds_a_document_in_the_other(
    library: Library, folder: Path
) -> None:
    """With an encoder that knows nothing of either."""
    text = "## Ablauf\n\n1. Den Riemen der Haube abnehmen.\n2. Das Getriebe schmieren.\n"
    german = front("SOP-DE", title="Getriebe").replace("language: en", "language: de") + text
    write(folder, "de.md", german)
    library.sync(folder)
    assert library.search("Pumpe mit Hebezeug heben")[0].document == "SOP-HP-02"
    assert library.search("lubricate the gearbox")[0].document == "SOP-DE"
    answer = library.ask("Wie reinige ich den \u00d6lk\u00fchler?", machine_kind="hydraulic-press")
    assert answer.citations[0].document == "SOP-HP-01"
    assert library.ask(
        "Wie backe ich einen \u00d6lkuchen?", machine_kind="hydraulic-press"
    ).declined
