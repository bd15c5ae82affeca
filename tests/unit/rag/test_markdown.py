"""Markdown becomes blocks, in linear time."""

from __future__ import annotations

import time

import pytest

from rag.document import BlockKind
from rag.formats.markdown import markdown_blocks, plain, text_blocks


def test_the_parts_of_a_page_are_told_apart() -> None:
    """Headings, paragraphs, warnings, steps with what hangs below, bullets."""
    blocks = markdown_blocks(
        "# Title\n\nA line\ngoes on.\n\n> **WARNING:** Hot\n> oil.\n\n> [!CAUTION]\n> Sharp\n\n"
        "1. First\n   - inner\n2. Second\n   goes on\n\n- **Danger:** high voltage\n* bullet\n"
    )
    assert [(b.kind, b.text) for b in blocks] == [
        (BlockKind.HEADING, "Title"),
        (BlockKind.PARAGRAPH, "A line goes on."),
        (BlockKind.WARNING, "WARNING: Hot oil."),
        (BlockKind.WARNING, "Caution: Sharp"),
        (BlockKind.STEP, "First - inner"),
        (BlockKind.STEP, "Second goes on"),
        (BlockKind.WARNING, "Danger: high voltage"),
        (BlockKind.BULLET, "bullet"),
    ]


def test_rows_carry_their_header() -> None:
    """Cell by cell; a bar can be escaped; a short row is filled up."""
    rows = markdown_blocks(
        "| Code | Meaning |\n|---|:--:|\n| E1 | Oil \\| hot |\n| E2 |\n|||\n\nEnd"
    )
    assert [b.cells for b in rows[:2]] == [("E1", "Oil | hot"), ("E2", "")]
    assert rows[0].text == "Code: E1 | Meaning: Oil | hot"
    assert rows[2].text == "End"


def test_a_list_of_ones_counts_on() -> None:
    """As Markdown shows it."""
    assert [b.number for b in markdown_blocks("1. a\n1. b\n1. c")] == [1, 2, 3]
    assert [b.number for b in markdown_blocks("1. a\n\n# H\n\n1. b")] == [1, 0, 1]


def test_marks_are_taken_off_and_names_stay() -> None:
    """Underscores inside an error class are no emphasis."""
    assert plain("**Stop** the `cooler_fouled` [press](http://x) __now__") == (
        "Stop the cooler_fouled press now"
    )
    assert plain("a__b__c and 2*3*4") == "a__b__c and 2*3*4"


def test_comments_are_no_text() -> None:
    """Nobody sees them, so nobody is answered with them."""
    assert [b.text for b in markdown_blocks("a <!-- hidden\nline --> b")] == ["a b"]


def test_a_form_feed_turns_the_page_of_plain_text() -> None:
    """Old printers wrote them, and they are the only pages that text has."""
    assert [(b.page, b.text) for b in text_blocks("one\n\ftwo")] == [(1, "one"), (2, "two")]


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 1_000_000,
        "**" * 500_000,
        "a `" * 300_000,
        "**a " * 300_000,
        "[a](" * 250_000,
        "<!--" * 250_000,
        "> " * 500_000,
        "- " * 500_000,
        "|" * 500_000 + "\n" + "|-" * 250_000,
        "-" * 1_000_000 + "x",
    ],
    ids=lambda text: repr(text[:6]),
)
def test_hostile_markdown_costs_no_more_than_its_length(hostile: str) -> None:
    """A million marks are read in a moment; quadratic reading would take minutes."""
    started = time.process_time()
    markdown_blocks(hostile)
    assert time.process_time() - started < 20
