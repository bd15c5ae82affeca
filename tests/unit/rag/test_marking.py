"""The words of a passage are found among the characters of a page, however both were set."""

from __future__ import annotations

import pytest

from rag.marking import find_words

PAGE = (
    "SOP-1 Cleaning Revision C\r\n"
    "Warnings\r\nWARNING: Hot oil. Wait.\r\n"
    "Procedure\r\n"
    "1. Stop the press and lock it out.\r\n"
    "2. Clean the \ufb01ns of the hydrau-\r\nlic cooler (at most 3 bar).\r\n"
    "Page 2 of 3"
)


def marked(page: str, words: str, heading: str = "") -> list[str]:
    spans = find_words(list(page), words, heading=heading)
    return [" ".join(page[first : last + 1].split()) for first, last in spans]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Stop the press and lock it out.", ["Stop the press and lock it out."]),
        ("1. Stop the press", ["1.", "Stop the press"]),
        ("STOP  the\npress", ["Stop the", "press"]),
        ("the fins of the hydraulic cooler", ["the \ufb01ns of the hydrau- lic cooler"]),
        ("cooler (at most 3 bar).", ["cooler (at most 3 bar)."]),
        ("Paint the press", []),
        ("", []),
        ("- - -", []),
    ],
)
def test_letters_and_digits_decide(words: str, found: list[str]) -> None:
    """Spaces, hyphens, ligatures and case differ between readers."""
    assert marked(PAGE, words) == found


def test_accents_may_stand_before_or_behind_their_letter() -> None:
    """As one character, as two, or as TeX draws them."""
    for page in (
        "Ölkühler reinigen",
        "O\u0308lku\u0308hler reinigen",
        "\u00a8Olk\u00a8uhler reinigen",
    ):
        assert len(marked(page, "\u00d6lk\u00fchler reinigen")) == 1


def test_a_row_is_found_without_the_names_of_its_columns() -> None:
    """They stand above; equal cells of the row before are not taken."""
    rows = (
        "Code Meaning Reaction",
        "E216 Oil cold Wait",
        "E217 Oil too warm: stop Wait",
        "E218 Oil",
    )
    page = "\r\n".join(rows)
    words = "Code: E217 | Meaning: Oil too warm: stop | Reaction: Wait"
    spans = find_words(list(page), words)
    assert [page[first : last + 1] for first, last in spans] == [
        "E217",
        "Oil too warm: stop",
        "Wait",
    ]
    assert all(page.index("E217") <= first < page.index("E218") for first, _ in spans)


def test_of_equal_words_those_below_the_heading_are_taken() -> None:
    """The same sentence stands in two sections."""
    page = "Daily\r\nCheck the oil.\r\nWeekly\r\nCheck the oil.\r\nYearly\r\nCheck the oil."
    ((first, _),) = find_words(list(page), "Check the oil.", heading="Weekly")
    assert page.index("Weekly") < first < page.index("Yearly")


def test_a_passage_over_two_pages_is_marked_on_both() -> None:
    """A step is cut in the middle; running lines stand between its halves."""
    steps = "1. Stop the press.\n2. Open the drain valve of each accumulator slowly.\n3. Wait."
    front = "Procedure\r\n1. Stop the press.\r\n2. Open the drain valve\r\nPage 1 of 2"
    back = "SOP-1 Revision C\r\nof each accumulator slowly.\r\n3. Wait.\r\nRecords"
    assert marked(front, steps) == ["1.", "Stop the press.", "2.", "Open the drain valve"]
    assert marked(back, steps) == ["of each accumulator slowly.", "3.", "Wait."]


def test_a_sentence_alone_over_two_pages_is_marked_on_both() -> None:
    """No piece of it stands on a page as a whole."""
    sentence = "The accumulators stay under pressure after the main switch is off."
    assert marked("Safety\r\nThe accumulators stay under", sentence) == [
        "The accumulators stay under"
    ]
    assert marked("Head\r\npressure after the main switch is off.\r\nNext", sentence) == [
        "pressure after the main switch is off."
    ]


def test_a_few_equal_letters_are_no_half_of_a_passage() -> None:
    """Nearly every page holds them."""
    assert marked("This is another page.", "This pump is worn and must be replaced") == []


def test_a_short_piece_is_not_looked_for_far_away() -> None:
    """The numbers of a list that the page draws as pictures."""
    page = "8 screws M5 and 2 bolts hold the lid of the pump housing in place\r\nLift the lid"
    assert marked(page, "5. Lift the lid") == ["Lift the lid"]
