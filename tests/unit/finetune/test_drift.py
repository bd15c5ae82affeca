"""Drift: a real change is noticed soon, noise and bursts are none, few predictions say nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from finetune.drift import Seen, Verdict, drift
from finetune.limits import Reference
from ingest.vocabulary import Outcome

NAMES = tuple(f"label {number}" for number in range(8))
EVEN = np.full(8, 1 / 8)
SKEWED = np.array([0.5, 0.2, 0.1, 0.08, 0.06, 0.03, 0.02, 0.01])
REVIEWED = 0.6


def predictions(
    count: int, *, seed: int, unknown: float = 0.05, sure: float = 6.0, shares: np.ndarray = EVEN
) -> list[Seen]:
    """Of a plant that is always the same."""
    chance = np.random.default_rng(seed)
    labels, confidences = chance.choice(8, count, p=shares), chance.beta(sure, 1.5, count)
    return [
        Seen(None, Outcome.UNKNOWN, 0.0)
        if strange
        else Seen(
            NAMES[label],
            Outcome.REVIEW if confidence < REVIEWED else Outcome.LABEL,
            float(confidence),
        )
        for label, confidence, strange in zip(
            labels, confidences, chance.random(count) < unknown, strict=True
        )
    ]


def reference(*, rows: int = 400, seed: int = 77) -> Reference:
    """How the model answered its held rows."""
    seen = predictions(rows, seed=seed)
    known = [one for one in seen if one.label]
    confidences = np.array([one.confidence for one in known])
    counts = [sum(one.label == name for one in known) for name in NAMES]
    return Reference(
        rows,
        tuple(count / len(known) for count in counts),
        tuple((np.histogram(confidences, 10, (0, 1))[0] / len(known)).tolist()),
        float(confidences.mean()),
        sum(one.outcome is Outcome.REVIEW for one in seen) / rows,
        sum(one.outcome is Outcome.UNKNOWN for one in seen) / rows,
    )


def verdict(seen: list[Seen], usual: list[Seen] | None = None) -> Verdict:
    return drift(reference(), seen, label_names=NAMES, usual=usual or ()).verdict


def test_few_predictions_say_nothing() -> None:
    """Even where every one of them is unknown."""
    found = drift(reference(), predictions(49, seed=0, unknown=1.0), label_names=NAMES)
    assert found.verdict is Verdict.TOO_FEW
    assert "49 predictions" in found.reasons[0]


@pytest.mark.parametrize("count", [50, 200, 500])
def test_noise_is_no_drift(count: int) -> None:
    """At most one look in a hundred says otherwise, and none proposes to retrain."""
    looks = [verdict(predictions(count, seed=seed)) for seed in range(100)]
    assert looks.count(Verdict.STEADY) >= 99
    assert Verdict.RETRAIN not in looks


def test_bursts_are_no_drift() -> None:
    """Up to five predictions alike in a row, from one issue each."""
    looks = []
    for seed in range(60):
        lengths = np.random.default_rng(seed).integers(1, 6, 100)
        apart = predictions(100, seed=seed)
        seen = [one for one, many in zip(apart, lengths, strict=True) for _ in range(many)]
        looks.append(verdict(seen[:200]))
    assert looks.count(Verdict.STEADY) >= 59


@pytest.mark.parametrize(
    ("change", "of", "words"),
    [
        ({"unknown": 0.35}, Verdict.RETRAIN, "unlike anything learnt"),
        ({"sure": 2.0}, Verdict.RETRAIN, "confidence fell"),
        ({"shares": SKEWED}, Verdict.WATCH, "other shares"),
    ],
)
def test_a_real_change_is_named(change: dict[str, object], of: Verdict, words: str) -> None:
    """Labels in other shares alone may be the plant: they are watched."""
    for seed in range(10):
        seen = predictions(200, seed=seed, **change)  # type: ignore[arg-type]
        found = drift(reference(), seen, label_names=NAMES)
        assert found.verdict is of
        assert any(words in reason for reason in found.reasons)


def test_labels_are_compared_with_what_is_usual_here() -> None:
    """A plant is not mixed as its training set; a change of the plant still shows."""
    usual = predictions(300, seed=1, shares=SKEWED)
    assert verdict(predictions(200, seed=2, shares=SKEWED), usual) is Verdict.STEADY
    assert verdict(predictions(200, seed=2, shares=SKEWED[::-1]), usual) is Verdict.WATCH


def test_a_surer_model_is_no_reason() -> None:
    """Fewer unknown ones and more confidence are not worse."""
    assert verdict(predictions(300, seed=3, unknown=0.0, sure=60.0)) is Verdict.STEADY


def test_nothing_but_unknown_is_a_reason() -> None:
    """No label and no confidence is left to compare; the figures still are JSON."""
    found = drift(reference(), predictions(100, seed=0, unknown=1.0), label_names=NAMES)
    assert found.verdict is Verdict.RETRAIN
    said = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert said["verdict"] == "retrain"
    assert said["figures"]["unknown"] == 1.0
    assert said["figures"]["unknown_low"] > 0.9
