"""What is quoted together stays together, with its headings and its page."""

from __future__ import annotations

from rag.document import (
    Block,
    BlockKind,
    Box,
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


def test_a_warning_is_never_cut_from_the_step_below_it() -> None:
    """Not where the run of steps gets too long either, and neither is a second warning."""
    step = " ".join(["word"] * 50)
    text = "\n\n".join(
        f"> WARNING: hot {i}\n\n> DANGER: live {i}\n\n{i}. Do {step}" for i in range(1, 13)
    )
    passages = cut("## Procedure\n\n" + text, words=60)
    assert len(passages) > 2
    for passage in passages:
        lines = passage.text.splitlines()
        assert passage.kind is PassageKind.STEPS
        for warning, danger, number in batched([line.split()[0] for line in lines]):
            assert (warning, danger) == ("WARNING:", "DANGER:")
            assert number[0].isdigit()


def batched(words: list[str]) -> list[list[str]]:
    return [words[at : at + 3] for at in range(0, len(words), 3)]


def test_notes_between_steps_stay_with_them() -> None:
    """Bullets and short text between two steps belong to the first one."""
    blocks = [
        Block(BlockKind.STEP, "Open the valve.", number=1),
        Block(BlockKind.BULLET, "left side"),
        Block(BlockKind.PARAGRAPH, "It hisses."),
        Block(BlockKind.STEP, "Close it.", number=2),
        Block(BlockKind.BULLET, "right side"),
        Block(BlockKind.PARAGRAPH, "That was all."),
    ]
    first, second = make_passages(DOCUMENT, blocks)[0]
    assert first.text.splitlines() == [
        "1. Open the valve.",
        "- left side",
        "It hisses.",
        "2. Close it.",
        "- right side",
    ]
    assert (second.kind, second.text) == (PassageKind.TEXT, "That was all.")


def test_a_numbered_chapter_is_no_step_with_notes() -> None:
    """Long text between two numbers is text."""
    text = " ".join(["word"] * 130)
    blocks = [
        Block(BlockKind.STEP, "Introduction", number=1),
        Block(BlockKind.PARAGRAPH, text),
        Block(BlockKind.STEP, "Installation", number=2),
    ]
    kinds = [passage.kind for passage in make_passages(DOCUMENT, blocks)[0]]
    assert kinds == [PassageKind.STEPS, PassageKind.TEXT, PassageKind.TEXT, PassageKind.STEPS]


def test_step_one_again_is_another_procedure() -> None:
    """Two lists under one heading are two passages."""
    numbers = (1, 2, 0, 1)
    kinds = {0: BlockKind.PARAGRAPH}
    blocks = [Block(kinds.get(n, BlockKind.STEP), f"Do {n}.", number=n) for n in numbers]
    passages = make_passages(DOCUMENT, blocks)[0]
    assert [p.text for p in passages] == ["1. Do 1.\n2. Do 2.", "Do 0.", "1. Do 1."]


def test_a_step_that_turns_the_page_stands_on_both() -> None:
    """It is whole; the steps before and behind it stand on one page each."""
    blocks = [
        Block(BlockKind.STEP, "One.", 1, number=1),
        Block(BlockKind.STEP, "Two, which goes on.", 1, number=2, last_page=2),
        Block(BlockKind.STEP, "Three.", 2, number=3),
    ]
    found = make_passages(DOCUMENT, blocks)[0]
    assert [(p.page, p.last_page, p.text[0]) for p in found] == [
        (1, 0, "1"),
        (1, 2, "2"),
        (2, 0, "3"),
    ]


def test_a_warning_at_the_foot_of_a_page_stays_with_its_step() -> None:
    """Overleaf."""
    blocks = [
        Block(BlockKind.STEP, "One.", 1, number=1),
        Block(BlockKind.WARNING, "WARNING: hot", 1),
        Block(BlockKind.STEP, "Two.", 2, number=2),
    ]
    found = make_passages(DOCUMENT, blocks)[0]
    assert [p.text for p in found] == ["1. One.", "WARNING: hot\n2. Two."]
    assert (found[1].page, found[1].last_page) == (1, 2)


def test_a_paragraph_that_explains_a_code_is_a_passage_about_it() -> None:
    """With what follows, up to the next code; a code in the middle is only mentioned."""
    text = "# Faults\n\nE217: oil too hot.\n\nClean the cooler.\n\nE218 - no flow, see E217.\n"
    first, second = cut(text)
    assert (first.defines, first.text) == (("E217",), "E217: oil too hot. Clean the cooler.")
    assert second.defines == ("E218",)
    assert second.codes == ("E218", "E217")


def test_a_heading_with_a_code_covers_what_is_below_it() -> None:
    """The title of the whole document does not: it tells no passage apart."""
    text = "# Press HP-250\n\n## E217 Oil too hot\n\n### Remedy\n\nClean it.\n\n## Other\n\nMore.\n"
    remedy, other = cut(text)
    assert (remedy.defines, remedy.codes) == (("E217",), ("E217",))
    assert (other.defines, other.codes) == ((), ())


def test_many_warnings_and_notes_are_cut_in_one_go() -> None:
    """However many: the time grows with their number."""
    warnings = [Block(BlockKind.WARNING, "WARNING: hot")] * 20_000
    notes = [Block(BlockKind.STEP, "One.", number=1), *[Block(BlockKind.BULLET, "note")] * 20_000]
    assert len(make_passages(DOCUMENT, [*warnings, *notes])[0]) > 100


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


def test_a_passage_knows_where_its_words_stand() -> None:
    """The places of all its blocks, for those who mark them on the page."""
    one, two = Box(1, 0.0, 1.0, 2.0, 3.0), Box(1, 0.0, 4.0, 2.0, 5.0)
    blocks = [
        Block(BlockKind.STEP, "One.", number=1, boxes=(one,)),
        Block(BlockKind.STEP, "Two.", number=2, boxes=(two,)),
    ]
    assert make_passages(DOCUMENT, blocks)[0][0].boxes == (one, two)


def test_the_title_stands_once_above_what_is_embedded() -> None:
    """Title, headings, words."""
    passage = cut("# Title\n\n## Limits\n\nThe limit is 65.")[0]
    assert embedded_text("Title", passage) == "Title > Limits\nThe limit is 65."


def test_the_same_source_gives_the_same_ids() -> None:
    """So that an index can be repaired point by point."""
    assert [p.id for p in cut(COOLER)] == [p.id for p in cut(COOLER)]
