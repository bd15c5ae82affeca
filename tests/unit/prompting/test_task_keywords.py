"""A label by the words of its name and meaning, without a model and without a labelled row."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import DataFault
from prompting.tasks.keywords import KeywordClassifier

LABELS = {
    "oil_leak": "Oil runs out at a seal or a hose.",
    "bearingNoise": "A bearing grinds, rattles or squeals.",
    "E217": "The cooler is blocked: the oil gets too hot.",
    "no_fault": "",
}
WORDS = KeywordClassifier(LABELS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("oil dripping under the press", "oil_leak"),
        ("LEAKING!!!", "oil_leak"),
        ("loud rattling from the bearings", "bearingNoise"),
        ("alarm E217 came up", "E217"),
        ("e217", "E217"),
        ("Kühler verstopft, wird heiß", "E217"),
        ("Hydraulikschlauch undicht", "oil_leak"),
        ("no fault found", "no_fault"),
        ("", None),
        ("\x00\u202e \U0001f525", None),
        ("the door is open", None),
    ],
)
def test_a_label_is_told_by_its_words(text: str, label: str | None) -> None:
    """By stem, code or the word lists of both languages; what speaks for no one label is open."""
    found = WORDS.classify(text)
    assert found.label == label
    assert (found.share > 0.0) == (label is not None)
    assert bool(found.words) == (label is not None)


def test_what_matched_is_said_with_the_weightiest_first() -> None:
    """A person sees why."""
    found = WORDS.classify("The bearing rattles, and so does its cover.")
    assert set(found.words) == {"bearing", "rattles"}
    assert found.share == 1.0
    mixed = WORDS.classify("oil leak at the hose, hot")
    assert (mixed.words[0], mixed.words[-1]) == ("leak", "oil")
    assert 0.5 < mixed.share < 1.0


def test_a_word_of_every_label_says_nothing() -> None:
    """Nor does a long meaning win by its length."""
    same = KeywordClassifier({"pump worn": "", "pump leaking": ""})
    assert same.classify("the pump").label is None
    assert same.classify("the pump is worn").label == "pump worn"
    wordy = "seal " + " ".join(f"word{number}" for number in range(60))
    labels = KeywordClassifier({"first": wordy, "second": "seal", "third": "seal", "fourth": ""})
    assert labels.classify("word7").label == "first"
    assert labels.classify("the seal").label is None
    labels = KeywordClassifier({"first": wordy, "second": "a seal", "third": ""})
    assert labels.classify("the seal").label == "second"


def test_the_words_of_a_name_are_told_apart() -> None:
    """Written in one with humps or underscores, as labels are."""
    words = KeywordClassifier({"hotMotor": "", "cold_motor": "", "Motor-Noise": ""})
    assert words.classify("the motor gets hot").label == "hotMotor"
    assert words.classify("motor frozen: cold").label == "cold_motor"
    assert words.classify("noise").label == "Motor-Noise"


def test_without_labels_there_is_nothing_to_choose_from() -> None:
    """Said at once."""
    with pytest.raises(DataFault, match="no labels"):
        KeywordClassifier({})


@given(st.text(max_size=200), st.integers(0, 10_000))
def test_neither_odd_texts_nor_the_order_of_the_labels_matter(text: str, seed: int) -> None:
    """The same text gives the same label."""
    names = random.Random(seed).sample(sorted(LABELS), len(LABELS))
    other = KeywordClassifier({name: LABELS[name] for name in names}).classify(text)
    found = WORDS.classify(text)
    assert (found.label, found.words) == (other.label, other.words)
    assert found.label is None or found.label in LABELS
    assert found.share == pytest.approx(other.share)


def test_hostile_texts_and_labels_are_words_like_others(data_dir: Path) -> None:
    """However long, and whatever they hold."""
    strings = json.loads((data_dir / "bad_input" / "blns.json").read_text(encoding="utf-8"))
    hostile = KeywordClassifier({name: name for name in strings} | LABELS)
    for text in (*strings, "(" * 100_000, "a-" * 200_000, "\u0301" * 100_000):
        assert WORDS.classify(text).label in (*LABELS, None)
        assert 0.0 <= hostile.classify(text).share <= 1.0
