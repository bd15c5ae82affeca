"""What weighed most: in the person's own words, by its size, at a bounded cost."""

from __future__ import annotations

import numpy as np
import pytest

from finetune.classifier import Classifier, TextAndNumbers
from finetune.encoder import Encoder
from finetune.examples import Examples, Floats
from finetune.explanation import MOST_PARTS, MOST_SIGNALS, Columns, parts_of, weights, without
from tests.unit.finetune.test_classifier import CALM, HOT, WORN, build, counter

__all__ = ["counter"]


@pytest.fixture(scope="module")
def classifier(encoder: Encoder) -> Classifier:
    """Takes nothing for unknown."""
    return build(encoder, unknown_below=-1.0)


def spoken(examples: Examples) -> Floats:
    """A model of one word: `fire` makes the first label nearly sure."""
    sure = np.array([0.9 if "fire" in text else 0.1 for text in examples.texts])
    return np.stack([sure, 1 - sure], axis=1)


def test_the_word_that_decided_stands_first_as_it_was_written() -> None:
    """With the change of the log-probability that it made, and no word without one."""
    text = "Ofen 3: FIRE, bitte kommen"
    (found,) = weights(text, Examples(("fire",)), lambda e: spoken(_low(e)), label=0, columns=NONE)
    assert found.what == "FIRE,"
    assert found.weight == pytest.approx(float(np.log(0.9 / 0.1)), abs=1e-4)


NONE = Columns((), ())


def _low(examples: Examples) -> Examples:
    return Examples(tuple(text.lower() for text in examples.texts))


def test_every_word_counts_up_to_sixteen_and_a_long_text_in_runs() -> None:
    """A text of a thousand words costs no more than one of sixteen, and nothing is left out."""
    assert [("a b c"[s:e]) for s, e in parts_of("a b c")] == ["a", "b", "c"]
    text = " ".join(f"w{at}" for at in range(300))
    parts = parts_of(text)
    assert len(parts) == MOST_PARTS
    assert " ".join(text[start:end] for start, end in parts) == text
    assert without("a b c", (2, 3)).split() == ["a", "c"]
    assert parts_of(" \n ") == []


def test_a_diagnosis_is_explained_only_when_asked(classifier: Classifier) -> None:
    """The words of its own label weigh for it, and nothing else changes."""
    plain, told = classifier.classify([HOT])[0], classifier.classify([HOT], explain=True)[0]
    assert plain.explanation == ()
    assert (told.label, told.confidence) == (plain.label, plain.confidence)
    speaking = {one.what for one in told.explanation if one.weight > 0}
    assert speaking & {"oil", "temperature", "hot"}
    heights = [abs(one.weight) for one in told.explanation]
    assert heights == sorted(heights, reverse=True)


def test_what_is_unknown_has_no_explanation(encoder: Encoder) -> None:
    """Nothing weighed in an answer that was not given; a review explains what leads."""
    asks = build(encoder, unknown_below=0.999)
    assert asks.classify(["zzz yyy"], explain=True)[0].explanation == ()
    assert asks.classify([""], explain=True)[0].explanation == ()
    unsure = build(encoder, unknown_below=-1.0, threshold=1.5).classify([HOT], explain=True)[0]
    assert (unsure.label, unsure.explanation != ()) == (None, True)


def test_an_issue_is_explained_by_the_text_that_spoke_most(classifier: Classifier) -> None:
    """Routine remarks beside it explain nothing."""
    found = classifier.classify_together([CALM, WORN], explain=True)
    assert found.label == "worn"
    assert {one.what for one in found.explanation} <= set(WORN.split())


def test_the_signal_that_is_unusual_weighs_most(counter: Classifier) -> None:
    """Each signal is put back to what it usually is, one by one."""
    like = Classifier(counter.engine, None, version="v1", about={"usual": [1.0, 0.0]})
    found = like.classify([{"heat": 4.0, "force": 1.0}], explain=True)[0]
    assert [one.what for one in found.explanation] == ["heat"]
    assert found.explanation[0].weight > 0
    assert counter.classify([{"heat": 4.0, "force": 1.0}], explain=True)[0].explanation == ()


def test_most_signals_are_bounded_and_the_farthest_from_usual_come_first() -> None:
    """A table of a thousand columns costs no more than one of sixty-four."""
    columns = Columns([f"s{at}" for at in range(1000)], [1.0] * 1000)
    table = np.arange(1000, dtype=float)[None, :]
    found = columns.unusual(table)
    assert len(found) == MOST_SIGNALS
    assert found[0] == 999
    assert 1 not in columns.unusual(np.array([[2.0, 1.0]])[:, :2] @ np.eye(2, 1000))


def test_a_text_task_reads_the_words_of_an_input_with_numbers(classifier: Classifier) -> None:
    """Numbers that the model does not know are not looked at."""
    both = classifier.classify([TextAndNumbers(HOT, {"heat": 1.0})], explain=True)[0]
    assert both == classifier.classify([HOT], explain=True)[0]
