"""Planted errors are caught, true sentences stand, and the planting itself is sound."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.vocabulary import Statement
from prompting.evaluation.planted import FORMS, PLANTS, Planted, planted_errors
from prompting.evaluation.planted_sentences import Form, planting, rendered, templates
from prompting.slots import SLOT, fill
from prompting.truth import complaint

EACH = 60
SEED = 10_000
SETS = ("develop", "tried", "report")
LANGUAGES = ("en", "de")


@cache
def result(shapes: str) -> Planted:
    return planted_errors(SEED, EACH, shapes=shapes)


@pytest.mark.parametrize("shapes", SETS)
def test_every_planted_error_is_caught(shapes: str) -> None:
    """All six classes, in digits and in slots."""
    found = result(shapes)
    assert set(found.shares) == set(PLANTS)
    missed = [
        text for (name, _), t in found.tallies.items() if name != "true" for text in t.surprises
    ]
    assert missed == []
    assert set(found.shares.values()) == {1.0}


def test_the_shapes_that_the_check_was_made_with_raise_no_false_alarm() -> None:
    """The others raise few: what is not understood is replaced, which is safe."""
    assert result("develop").false_alarms == 0.0
    assert result("tried").false_alarms < 0.1
    assert result("report").false_alarms < 0.1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sets_share_no_shape(language: str) -> None:
    """What is held out is held out."""
    texts = [{shape.text for shape in templates(name, language)} for name in SETS]
    assert not (texts[0] & texts[1])
    assert not (texts[0] & texts[2])
    assert not (texts[1] & texts[2])
    assert all(len(shapes) >= 40 for shapes in texts[2:])


def test_the_same_seed_plants_the_same() -> None:
    """Figures can be taken again."""
    assert planted_errors(7, 20).shares == planted_errors(7, 20).shares


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_error_changes_what_a_reader_sees(name: str, form: Form) -> None:
    """With its slots filled it is another sentence than the true one."""
    for seed in range(40):
        rng = random.Random(seed)
        found = planting(rng, rng.choice(templates("develop", "en")), form)
        wrong = PLANTS[name](found, random.Random(seed))
        known = wrong is not None and all(
            m[1] in found.case.evidence and m[2] != "maximum" for m in SLOT.finditer(wrong)
        )
        if wrong is None or not known:
            continue
        true = rendered(found, random.Random(seed))
        seen = [fill(text, found.case.evidence, found.case.reader) for text in (wrong, true)]
        assert seen[0] != seen[1]


shapes = st.sampled_from([t for name in SETS for lang in LANGUAGES for t in templates(name, lang)])


@settings(max_examples=200)
@given(
    shape=shapes, seed=st.integers(0, 10**6), place=st.integers(0, 10**6), digit=st.integers(1, 9)
)
def test_no_digit_of_a_true_sentence_can_be_changed(
    shape: object, seed: int, place: int, digit: int
) -> None:
    """Each figure, each time, each name with a number: one digit more or less is noticed."""
    found = planting(random.Random(seed), shape, "digits")  # type: ignore[arg-type]
    text = rendered(found, random.Random(seed))
    spots = [m.start() for m in re.finditer(r"\d", text)]
    if not spots or complaint(Statement(text, found.cited), found.case):
        return
    spot = spots[place % len(spots)]
    wrong = text[:spot] + str((int(text[spot]) + digit) % 10) + text[spot + 1 :]
    assert complaint(Statement(wrong, found.cited), found.case), wrong


@settings(max_examples=100)
@given(shape=shapes, seed=st.integers(0, 10**6), other=st.integers(0, 10**6))
def test_no_true_sentence_stands_on_other_evidence(shape: object, seed: int, other: int) -> None:
    """Cited for another item of the request, it fails."""
    found = planting(random.Random(seed), shape, "digits")  # type: ignore[arg-type]
    strangers = [i for i in found.case.evidence if i not in found.cited]
    text = rendered(found, random.Random(seed))
    said = Statement(text, (strangers[other % len(strangers)],))
    assert complaint(said, found.case), text


@settings(max_examples=100)
@given(shape=shapes, seed=st.integers(0, 10**6))
def test_what_is_true_of_an_item_is_not_of_its_opposite(shape: object, seed: int) -> None:
    """A sentence with a direction fails where the item went the other way."""
    found = planting(random.Random(seed), shape, "slots")  # type: ignore[arg-type]
    if "[" not in found.template.text:
        return
    turned = {
        i: replace(e, direction={"up": "down", "down": "up"}.get(e.direction, ""))
        for i, e in found.case.evidence.items()
    }
    text = rendered(found, random.Random(seed))
    assert complaint(Statement(text, found.cited), replace(found.case, evidence=turned)), text
