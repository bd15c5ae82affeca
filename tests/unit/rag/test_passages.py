"""What is quoted together stays together, with its headings and its page."""

from __future__ import annotations

from rag.document import (
    Block,
    BlockKind,
    Document,
    DocumentKind,
    DocumentStatus,
    Passage,
    PassageKind,
)
from rag.formats.markdown import markdown_blocks
from rag.passages import embedded_text, make_passages
from tests.unit.rag.writing import COOLER, MANUAL

DOCUMENT = Document(
    "D", "Title", DocumentKind.SOP, (), (), "1", None, None, DocumentStatus.CURRENT, "en", "", "00"
)


def cut(text: str, words: int = 120) -> list[Passage]:
    return make_passages(DOCUMENT, markdown_blocks(text), words=words)[0]


def test_steps_stay_whole_and_in_order() -> None:
    """One passage a procedure, and the warnings one before it."""
    steps = [p for p in cut(COOLER) if p.kind is PassageKind.STEPS]
    assert steps[0].text.splitlines() == [
        "1. Stop the press and lock it out.",
        "2. Clean the fins of the cooler with compressed air.",
        "3. Start the pump again.",
    ]
    assert steps[0].section == ("Cleaning the oil cooler", "Procedure")
    assert steps[1].section[-1] == "Return to service"


def test_a_long_procedure_is_cut_between_steps_only() -> None:
    """Every step stands in exactly one passage, all of it."""
    text = "\n".join(f"{i}. Do {' '.join(['word'] * 40)} {i}." for i in range(1, 31))
    passages = cut("## Procedure\n" + text, words=60)
    lines = [line for passage in passages for line in passage.text.splitlines()]
    assert len(passages) > 1
    assert lines == text.splitlines()


def test_a_warning_between_steps_stays_with_them() -> None:
    """It guards the step below it."""
    (passage,) = cut("## Procedure\n\n1. One\n\n> WARNING: hot\n\n2. Two\n")
    assert passage.text.splitlines() == ["1. One", "WARNING: hot", "2. Two"]


def test_everything_below_a_heading_for_warnings_is_one() -> None:
    """Whatever it is called and however it is set."""
    (passage,) = cut("## Safety instructions\n\nWear gloves.\n\n- Lock it out.\n")
    assert passage.kind is PassageKind.WARNING


def test_a_code_table_gives_a_passage_and_a_code_a_row() -> None:
    """With the header in front, found by its code."""
    passages, codes = make_passages(DOCUMENT, markdown_blocks(MANUAL))
    rows = [p for p in passages if p.kind is PassageKind.ROW]
    assert rows[0].defines == ("E217",)
    assert rows[0].text.startswith("Code: E217 | Meaning: Oil temperature high")
    assert [(c.printed, c.error_class) for c in codes] == [("E217", "cooler_fouled"), ("E218", "")]
    assert codes[0].passage == rows[0].id


def test_several_codes_in_one_cell_are_several_codes() -> None:
    """E1, E2 share their meaning."""
    table = "| Alarm | Description | Remedy |\n|---|---|---|\n| E1, E2 / 7 | Jam | Clear it |\n"
    _, codes = make_passages(DOCUMENT, markdown_blocks(table))
    assert [c.spellings for c in codes] == [("E1",), ("E2",), ("7",)]
    assert {c.reaction for c in codes} == {"Clear it"}


def test_long_text_is_cut_at_the_ends_of_sentences() -> None:
    """About as long as asked for, nothing lost."""
    text = " ".join(f"Sentence number {i} says little." for i in range(60))
    passages = cut(text, words=50)
    assert all(len(p.text.split()) <= 50 for p in passages)
    assert " ".join(p.text for p in passages) == text
    assert all(p.text.endswith(".") for p in passages)


def test_a_passage_begins_on_the_page_that_it_names() -> None:
    """Text of two pages never shares a passage."""
    blocks = [Block(BlockKind.PARAGRAPH, "one", 1), Block(BlockKind.PARAGRAPH, "two", 2)]
    passages, _ = make_passages(DOCUMENT, blocks)
    assert [(p.page, p.text) for p in passages] == [(1, "one"), (2, "two")]


def test_the_title_stands_once_above_what_is_embedded() -> None:
    """Title, headings, words."""
    passage = cut("# Title\n\n## Limits\n\nThe limit is 65.")[0]
    assert embedded_text("Title", passage) == "Title > Limits\nThe limit is 65."


def test_the_same_source_gives_the_same_ids() -> None:
    """So that an index can be repaired point by point."""
    assert [p.id for p in cut(COOLER)] == [p.id for p in cut(COOLER)]
