"""Four fields of a note, each of which stands in the note."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import NotKnown
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.model import PassingFault
from prompting.settings import PromptingSettings
from prompting.tasks.extracting import FieldExtractor, Fields
from prompting.tasks.extraction_rules import found_by_rule
from prompting.tasks.quantities import amount_of, number_of
from tests.fakes import FakeModel

MACHINES = ("press-3", "press-31", "mill-1")
PROMPTS = PromptLibrary()
NOTE = "Press 3: swapped 2 coolant hoses at pump 2, topped up 1.5 l, says Erika"


def extractor(*said: dict[str, str] | Exception) -> tuple[FieldExtractor, FakeModel]:
    """With a model that says that."""
    texts = (json.dumps(one) if isinstance(one, dict) else one for one in said)
    model = FakeModel(*texts)
    asker = Asker(model, PromptingSettings(llm_tries=1))
    return FieldExtractor(asker, PROMPTS, MACHINES), model


def reply(
    machine: str = "press-3", part: str = "", action: str = "", quantity: str = ""
) -> dict[str, str]:
    """What a model says."""
    return {"machine": machine, "part": part, "action": action, "quantity": quantity}


def values(found: Fields) -> tuple[str | None, str | None, str | None, tuple[float, str] | None]:
    """The four values, short."""
    return (
        found.machine.id if found.machine else None,
        found.part.text if found.part else None,
        found.action.text if found.action else None,
        (found.quantity.number, found.quantity.unit) if found.quantity else None,
    )


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (
            "press-3: 2 Hydraulikschläuche getauscht",
            ("press-3", "Hydraulikschläuche", "getauscht", (2, "")),
        ),
        ("Mill 1 oil cooler leaking", ("mill-1", "oil cooler", None, None)),
        ("PRESS31 fuse changed", ("press-31", "fuse", "changed", None)),
        ("press-3 and mill-1 stopped", (None, None, "stopped", None)),
        ("press-32 stopped", (None, None, "stopped", None)),
        (
            "replaced left hand boom cylinder hose",
            (None, "boom cylinder hose", "replaced", None),
        ),
        ("4 bolts tightened on guard", (None, "bolts", "tightened", (4, ""))),
        ("conveyor 2 motor tripped", (None, "conveyor 2 motor", None, None)),
        ("pump 2 seal leaks", (None, "pump 2 seal", None, None)),
        ("position 3 swing motor", (None, "swing motor", None, None)),
        ("1,5 l Hydrauliköl nachgefüllt", (None, "Hydrauliköl", "nachgefüllt", (1.5, "l"))),
        ("3x Sicherung gewechselt", (None, "Sicherung", "gewechselt", (3, ""))),
        ("oil topped up, 1.200 l", (None, "oil", "topped up", None)),
        ("filled 2 l oil, lost 3 l", (None, "oil", "filled", None)),
        ("do not start the pump", (None, "pump", None, None)),
        ("Pumpe nicht anfahren", (None, "Pumpe", None, None)),
        ("bearing loud since 2 h", (None, "bearing", None, None)),
        ("all good, nothing to say", (None, None, None, None)),
    ],
)
def test_without_a_model_the_rules_leave_empty_what_is_not_clear(
    note: str, expected: tuple[object, ...]
) -> None:
    """Two machines, two amounts, 1.200, a number that names: none of these is guessed."""
    found = FieldExtractor(None, PROMPTS, MACHINES).extract(note)
    assert values(found) == expected
    assert found.origin.engine == "deterministic"
    assert found.origin.prompt.startswith("field-extraction@")


@given(
    st.lists(
        st.sampled_from(
            [
                *("press-3", "Pumpe", "pump", "2", "1,5 l", "getauscht", "replaced", "E217", ","),
                *("not", "\n", "“", "oil", "Öl", "3x", "#", "M8x20", "ß", "und", "1.200", "<b>"),
            ]
        )
    ).map(" ".join)
)
def test_every_value_of_the_rules_stands_where_it_says(note: str) -> None:
    """Letter by letter."""
    found = found_by_rule(note, MACHINES)
    spans = [found.part, found.action]
    spans += [found.machine.span] if found.machine else []
    spans += [found.quantity.span] if found.quantity else []
    assert all(note[span.start : span.end] == span.text for span in spans if span)


def test_a_model_copies_and_the_result_says_so() -> None:
    """It is shown the note as data and only the machines that the note names."""
    said = reply(part="coolant hoses", action="Swapped", quantity="2")
    reads, model = extractor(said)
    found = reads.extract(NOTE)
    assert values(found) == ("press-3", "coolant hoses", "swapped", (2, ""))
    assert (found.origin.engine, found.origin.account.tries) == ("openai-compatible", 1)
    assert found.refused == ()
    request = model.asked[0]
    assert request.schema["properties"]["machine"]["enum"] == ["press-3", "none"]
    assert request.max_tokens == 160
    assert json.dumps(NOTE) in request.turns[1].text


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (reply(part="bearing"), "part"),
        (reply(part="hose"), "part"),
        (reply(action="replaced"), "action"),
        (reply(quantity="3"), "quantity"),
        (reply(quantity="1.5 kg"), "quantity"),
        (reply(quantity="coolant"), "quantity"),
        (reply(part="ignore all rules"), "part"),
    ],
)
def test_what_does_not_stand_in_the_note_is_refused(said: dict[str, str], name: str) -> None:
    """What the rules find stands in its place, and the result says so."""
    reads, _ = extractor(said)
    found = reads.extract(NOTE)
    ruled = FieldExtractor(None, PROMPTS, MACHINES).extract(NOTE)
    assert [words.split()[0] for words in found.refused] == [name]
    assert getattr(found, name) == getattr(ruled, name)


def test_a_number_that_names_is_no_quantity_of_a_model_either() -> None:
    """The 2 of `pump 2` is not how many pumps."""
    reads, _ = extractor(reply("none", quantity="2"))
    found = reads.extract("pump 2 leaks")
    assert found.refused == ("quantity is no amount",)
    assert found.quantity is None


def test_a_machine_that_the_note_does_not_name_cannot_be_said() -> None:
    """The schema is closed; a server that ignores it is repaired once and then left out."""
    reads, model = extractor(reply(machine="mill-1"))
    found = reads.extract(NOTE)
    assert len(model.asked) == 2
    assert found.origin.account.fallback == "schema"
    assert values(found)[0] == "press-3"


def test_which_of_two_machines_a_model_may_say() -> None:
    """The rules leave that open."""
    reads, _ = extractor(reply(machine="mill-1"))
    found = reads.extract("press-3 ok, mill-1 pump replaced")
    assert values(found)[0] == "mill-1"


def test_a_model_that_is_away_leaves_the_rules() -> None:
    """Said in the result, in the language of the prompt."""
    reads, _ = extractor(PassingFault("The model server cannot be reached.", reason="away"))
    found = reads.extract("1,5 l Öl nachgefüllt", "de")
    assert values(found) == (None, "Öl", "nachgefüllt", (1.5, "l"))
    assert found.origin.account.fallback == "away"
    assert found.origin.note.startswith("Ohne das Modell parrot")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_examples_of_the_prompt_keep_its_rules(language: str) -> None:
    """Each value stands in its note, and the code would take it."""
    machines = ("mill-9", "saw-2")
    examples = PROMPTS.get("field-extraction", language).front.examples
    assert examples
    for example in examples:
        model = FakeModel(json.dumps(example.reply))
        asker = Asker(model, PromptingSettings(llm_tries=1))
        found = FieldExtractor(asker, PROMPTS, machines).extract(json.loads(example.given))
        assert found.refused == ()
        assert found.origin.account.fallback == ""
        bare = replace(found, machine=None)
        assert [bool(one) for one in (bare.part, bare.action, bare.quantity)] == [
            bool(example.reply[name]) for name in ("part", "action", "quantity")
        ]


def test_a_language_without_a_prompt_is_named() -> None:
    """With those there are."""
    with pytest.raises(NotKnown, match="field-extraction in fr"):
        FieldExtractor(None, PROMPTS, MACHINES).extract(NOTE, "fr")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("0.125", 0.125),
        ("1.200", None),
        ("1,200", None),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("3.1.2", None),
        ("1,2,3", None),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_not_read(text: str, number: float | None) -> None:
    """1.200 is twelve hundred in Hamburg and one and a fifth in Hull."""
    assert number_of(text) == number


def test_a_unit_is_written_in_one_way() -> None:
    """However the note has it."""
    texts = ("2 ltr", "2 Liter", "2l", "2 Stk", "2 degC", "2 rpm", "2", "2 foo", "two")
    found = [amount_of(text) for text in texts]
    units = [one.unit if one else None for one in found]
    assert units == ["l", "l", "l", "", "°C", "1/min", "", None, None]
