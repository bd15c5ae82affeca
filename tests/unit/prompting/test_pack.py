"""A whole shift becomes a bounded prompt; what is left out is counted, what is sent is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.vocabulary import Evidence, EvidenceKind, Quantity, RowRange, Severity
from prompting.asking import Asker
from prompting.brief import Brief
from prompting.library import PromptLibrary
from prompting.models.counting import Estimate
from prompting.pack import by_urgency, pack
from prompting.redaction import Masks, Redaction, words_rule
from prompting.settings import PromptingSettings
from prompting.slots import Reader
from prompting.summarizer import Summarizer
from tests.fakes import FakeModel
from tests.unit.prompting.conftest import END, START

ZONE = ZoneInfo("Europe/Berlin")
WHOLE = 2_500
WORDS = "Bitte Hydraulikölstand prüfen, Kühler verschmutzt - ruf Nowak an, +49 171 2345678! " * 3
PROMPTS = [
    (prompt.front.id, prompt.front.language)
    for prompt in PromptLibrary().list()
    if prompt.front.output == "summary"
]


def reader(language: str = "en") -> Reader:
    return Reader(language, ZONE, END)


@pytest.fixture
def shift(floor: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Eight hours of 50 signals: 150 items with long names, long words and wide figures."""
    kinds = [EvidenceKind.LIMIT_VIOLATION, EvidenceKind.STEP, EvidenceKind.ALARM, EvidenceKind.NOTE]
    return tuple(
        Evidence(
            id=f"E{number:04}",
            kind=kinds[number % 4],
            machine="hydraulic-press-line-4-03",
            signals=(f"hydraulic_cylinder_{number % 50:02}_return_line_pressure",),
            start=START + timedelta(minutes=3 * number),
            end=START + timedelta(minutes=3 * number + 45),
            severity=list(Severity)[number % 3],
            statement="",
            numbers={
                role: Quantity(123456.789 + number, "m3/min")
                for role in ("peak", "limit", "baseline", "change", "level")
            }
            | {"duration": Quantity(2700.0, "s"), "count": Quantity(float(number))},
            rows=(RowRange("readings", number, number + 9),),
            direction="up",
            codes=(f"ALM-{number:05}", "E217"),
            quotes=(WORDS, WORDS),
        )
        for number in range(150)
    )


@pytest.mark.parametrize(("identity", "language"), PROMPTS)
def test_a_shift_becomes_a_prompt_of_under_2500_tokens(
    shift: tuple[Evidence, ...], identity: str, language: str
) -> None:
    """System and user together, by a count that rather errs upwards."""
    count = Estimate().count
    prompt = PromptLibrary().get(identity, language)
    brief = Brief("press-3", START, END, prompt, reader(language), shift)
    question = brief.question(count, Masks())
    assert count(question.system) + count(question.user) < WHOLE
    shown = question.user.count("\n[E") + question.user.startswith("[E")
    assert shown >= 3
    assert f"{len(shift) - shown} " in question.user


def test_each_smaller_question_shows_half_and_counts_the_rest(shift: tuple[Evidence, ...]) -> None:
    """Down to one item; the closed list of ids goes with it."""
    brief = Brief(
        "press-3", START, END, PromptLibrary().get("issue-summary", "en"), reader(), shift[:12]
    )
    question = brief.question(lambda text: len(text) // 8, Masks())
    sizes = []
    while True:
        cited = question.schema["properties"]["headline"]["properties"]["evidence"]["items"]["enum"]
        assert all(f"[{identity}]" in question.user for identity in cited)
        sizes.append(len(cited))
        smaller = question.smaller()
        if smaller is None:
            break
        question = smaller
    assert sizes == [12, 6, 3, 1]
    assert "11 less urgent" in question.user


def test_a_model_that_counts_for_itself_is_believed(floor: tuple[Evidence, ...]) -> None:
    """An exact count lets more in than a careful one."""
    many = tuple(replace(floor[2], id=f"E{number:04}") for number in range(1, 60))
    careful = pack(many, reader(), items=50, tokens=600)
    exact = pack(many, reader(), items=50, tokens=600, count=lambda text: len(text) // 6)
    assert len(careful.evidence) < len(exact.evidence)
    assert exact.left_out == 59 - len(exact.evidence)


def test_the_most_urgent_item_is_always_shown(shift: tuple[Evidence, ...]) -> None:
    """However little there is room for."""
    found = pack(shift, reader(), items=25, tokens=1)
    assert [item.id for item in found.evidence] == [by_urgency(shift)[0].id]


@pytest.mark.parametrize("kind", [EvidenceKind.INSTRUCTION, EvidenceKind.OPEN_CARD])
def test_what_people_left_comes_before_everything(
    shift: tuple[Evidence, ...], kind: EvidenceKind
) -> None:
    """A handover must not lose it among alarms."""
    left = replace(shift[3], id="E9999", kind=kind, severity=Severity.INFO, active=False)
    assert "E9999" in [
        item.id for item in pack((*shift, left), reader(), items=3, tokens=900).evidence
    ]


def test_a_machines_small_talk_comes_last(floor: tuple[Evidence, ...]) -> None:
    """Routine messages push no finding out of sight."""
    talk = [replace(floor[1], id=f"E{n:04}", severity=Severity.INFO) for n in range(10, 20)]
    gap = replace(floor[2], id="E0099", kind=EvidenceKind.GAP, severity=Severity.INFO, active=False)
    assert by_urgency([*talk, gap])[0].id == "E0099"


def test_names_are_hidden_before_words_are_cut(floor: tuple[Evidence, ...]) -> None:
    """So that no half of one is left over at the end of a quote."""
    masks = Masks((words_rule("name", ["Nowakowski"]),))
    words = "x" * 152 + " Nowakowski was here"
    (item,) = (replace(item, quotes=(words,)) for item in floor[1:2])
    text = pack([item], reader(), items=1, tokens=900, hide=masks.hide).text
    assert "Nowak" not in text
    long = replace(item, quotes=("y " * 1000 + "Nowakowski",))
    assert "Nowak" not in pack([long], reader(), items=1, tokens=900, hide=masks.hide).text


def test_the_model_sees_placeholders_and_the_reader_the_words(
    floor: tuple[Evidence, ...],
) -> None:
    """The local result is not redacted; a slot brings the words of the log."""
    named = tuple(replace(item, quotes=("ask Nowak",)) if item.quotes else item for item in floor)
    reply = (
        '{"headline": {"text": "Oil is too hot", "evidence": ["E0001"]}, "statements": '
        '[{"text": "Alarm {E0002.codes} is still active: {E0002.quote}.", "evidence": ["E0002"]}]}'
    )
    model = FakeModel(reply)
    hidden = Redaction((words_rule("name", ["Nowak"]),))
    asker = Asker(model, PromptingSettings(), redaction=hidden)
    found = Summarizer(asker, PromptLibrary(), timezone="UTC").summarize(
        named, scope="press-3", start=START, end=END
    )
    assert "Nowak" not in "".join(turn.text for turn in model.asked[0].turns)
    assert "[name-1]" in model.asked[0].turns[1].text
    assert any("ask Nowak" in statement.text for statement in found.statements)


def test_codes_are_words_of_the_log_too(floor: tuple[Evidence, ...]) -> None:
    """They are hidden like quotes; a slot still brings the code."""
    coded = replace(floor[1], codes=("e217x",))
    assert '"e217x"' in pack([coded], reader(), items=1, tokens=900).text
    assert "e217x" not in pack([coded], reader(), items=1, tokens=900, hide=str.upper).text
