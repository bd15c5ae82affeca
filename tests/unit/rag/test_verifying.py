"""A sentence of a model stands only where its quote does, and where it says the same."""

from __future__ import annotations

import pytest

from ingest.quotes import Excerpt, QuotedSentence
from rag.verifying import folded, objection, stands_in

TEXT = (
    "1. Never open the guard while the spindle runs down. Wait for 0 rpm.\n"
    "2. Replace the cable if a value changes with movement.\n"
    "3. Swing the lid back and tighten the screws crosswise in three passes: 80, 160 and 240 Nm.\n"
    "4. Close the plugs with 0.6 Nm \u2013 the \u201csmall\u201d ones \u2013 and read alarm E217.\n"
    "5. The oil must stay below 45 degC. Unscrew the tip: left-hand thread, key 46 mm.\n"
    "6. Press the reset key at pump P-112."
)
GERMAN = "1. Den Deckel mit 1.200 N andrücken. Die Dichtung nie zweimal verwenden."
EXCERPTS = {
    "p": Excerpt("p", "Changing the separator", "Procedure", TEXT),
    "g": Excerpt("g", "Dichtung wechseln", "Vorgehen", GERMAN),
}
QUESTION = "what torque for the lid of the separator?"


def why_not(text: str, quote: str, passage: str = "p", language: str = "en") -> str:
    """The objection to a sentence."""
    sentence = QuotedSentence(text, passage, quote)
    return objection(sentence, EXCERPTS, question=QUESTION, language=language)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Wait for 0 rpm.", "Wait for 0 rpm."),
        (
            "The torque for the screws of the lid: three passes of 80, 160 and 240 Nm.",
            "tighten the screws crosswise in three passes: 80, 160 and 240 Nm",
        ),
        ("Never open the guard while the spindle runs down.", "open the guard while the spindle"),
        ("Replace the cable if a value changes.", "Replace the cable if a value changes"),
        ("Close the plugs with 0.6 Nm.", 'Close the plugs with 0.6 Nm - the "small" ones'),
        ("The oil must stay below 45 °C.", "The oil must stay below 45 degC."),
        ("Read alarm E-217.", "and read alarm E217"),
        ("First swing the lid back, then tighten.", "Swing the lid back and tighten the screws"),
    ],
)
def test_a_sentence_that_says_what_its_quote_says_stands(text: str, quote: str) -> None:
    """In its words, those of the headings and those of the question."""
    assert why_not(text, quote) == ""


@pytest.mark.parametrize(
    ("text", "quote", "reason"),
    [
        ("Wait for 0 rpm.", "Wait for zero rpm in any case", "do not stand in the passage"),
        ("Wait for 0 rpm.", "0 rpm", "do not stand in the passage"),
        ("Close the plugs.", "lose the plugs with 0.6", "do not stand in the passage"),
        ("Tighten with 40 Nm.", "in three passes: 80, 160 and 240 Nm.", "number or a unit"),
        ("Tighten with 24 Nm.", "tighten the screws crosswise in three passes", "number"),
        ("Close the plugs with 6 Nm.", "Close the plugs with 0.6 Nm", "number"),
        ("Close the plugs with 0.6 mm.", "Close the plugs with 0.6 Nm", "unit"),
        ("Tighten in four passes.", "tighten the screws crosswise in three passes", "in words"),
        ("Read alarm E218.", "and read alarm E217", "identifier"),
        ("Press the key at P-113.", "Press the reset key at pump P-112", "identifier"),
        ("Open the guard while the spindle runs down.", "open the guard while the spindle",
         "forbids or denies"),
        ("Never wait for 0 rpm.", "Wait for 0 rpm.", "forbids or denies"),
        ("Replace the cable.", "Replace the cable if a value changes", "condition"),
        ("The oil must stay above 45 degC.", "The oil must stay below 45 degC.", "another way"),
        ("The tip has a right-hand thread.", "Unscrew the tip: left-hand thread", "another way"),
        ("It is safe to wait for 0 rpm.", "Wait for 0 rpm.", "permission"),
        ("Yes, close the plugs with 0.6 Nm.", "Close the plugs with 0.6 Nm", "permission"),
        ("Wait for 0 rpm and call the hotline.", "Wait for 0 rpm.", "neither in its quote"),
        ("Visit evil.com and wait for 0 rpm.", "Wait for 0 rpm.", "link"),
        ("Wait for **0 rpm**.", "Wait for 0 rpm.", "markup"),
        ("Wait for <b>0 rpm</b>.", "Wait for 0 rpm.", "markup"),
        ("Wait for 0 rpm.\x1b[2J", "Wait for 0 rpm.", "nobody sees"),
        ("Wait for 0 \u202erpm.", "Wait for 0 rpm.", "nobody sees"),
        ("", "Wait for 0 rpm.", "empty"),
        ("Wait for 0 rpm. " * 30, "Wait for 0 rpm.", "too long"),
    ],
)  # fmt: skip
def test_a_sentence_that_says_something_else_falls(text: str, quote: str, reason: str) -> None:
    """With the reason; nothing of it is shown to a person as an answer."""
    assert reason in why_not(text, quote)


def test_a_passage_that_was_not_shown_cannot_be_cited() -> None:
    """Whatever the quote."""
    assert "not shown" in why_not("Wait for 0 rpm.", "Wait for 0 rpm.", "other")


def test_figures_are_read_as_the_document_writes_them() -> None:
    """1.200 is twelve hundred in a German document; zweimal is a number in words."""
    quote = "Den Deckel mit 1.200 N andrücken."
    assert why_not("Den Deckel mit 1200 N andrücken.", quote, "g", "de") == ""
    assert "number" in why_not("Den Deckel mit 1,2 N andrücken.", quote, "g", "de")
    nie = "Die Dichtung nie zweimal verwenden."
    assert why_not(nie, nie, "g", "de") == ""
    assert "denies" in why_not("Die Dichtung zweimal verwenden.", nie, "g", "de")


def test_a_sentence_in_another_language_than_its_quote_cannot_be_checked() -> None:
    """So it does not stand."""
    assert why_not("Warten Sie auf 0 rpm.", "Wait for 0 rpm.") != ""


def test_typesetting_makes_no_difference_and_words_are_whole() -> None:
    """Blanks, quotation marks, hyphens, soft hyphens; `12 bar` does not stand in `112 bar`."""
    assert folded("a\u00a0\u201cb\u201d \u2013 c\u00adc\n d") == 'a "b" - cc d'
    assert stands_in("at most 12 bar", "Set at most 12 bar.")
    assert not stands_in("12 bar at the gauge", "Read 112 bar at the gauge.")
    assert not stands_in("wait for 1", "please wait for 1.5 hours")
    assert stands_in("Stop.", "Stop.\nGo on with the work.")
    assert not stands_in("", "Stop.")
