"""The gate: what may take the place of the version in use, and what may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from finetune.frozen import Judgement
from finetune.promotion import MARGINS, gate
from tests.small_models import NAMES, judged, judgement


def said(truth: Sequence[int], answers: Sequence[int], *, sure: float = 0.9) -> list[Judgement]:
    """Judgements of rows with these right labels and these answers, by number of label."""
    return [
        replace(judgement(row, NAMES[answer], sure=sure), label=NAMES[right])
        for row, (right, answer) in enumerate(zip(truth, answers, strict=True))
    ]


def test_the_same_again_passes() -> None:
    """And the report says on how many rows, against whom and by which margins."""
    report = gate(judged(wrong={1}), judged(wrong={1}), against="v0001")
    assert report.passed
    assert (report.rows, report.against, report.reasons) == (30, "v0001", ())
    assert report.margins == MARGINS
    assert report.figures["before"] == report.figures["after"]
    assert [(one.label, one.rows) for one in report.labels] == [(name, 10) for name in NAMES]
    assert report.as_dict()["labels"][0]["label"] == "good"


def test_a_better_one_passes() -> None:
    """On all labels."""
    assert gate(judged(), judged(wrong={0, 4, 8}), against="v0001").passed


def test_one_that_is_better_overall_but_loses_a_label_is_refused() -> None:
    """Two rows of a rare label weigh more than fifty of a common one."""
    truth = [0] * 100 + [1] * 100 + [2] * 2
    before = [*([0] * 70 + [1] * 30), *([1] * 80 + [0] * 20), 2, 2]
    after = [*([0] * 98 + [1] * 2), *([1] * 98 + [0] * 2), 0, 1]
    report = gate(said(truth, after), said(truth, before), against="v0001")
    assert report.figures["after"]["accuracy"] > report.figures["before"]["accuracy"] + 0.15
    assert not report.passed
    assert "Label warped: 0 of 2 rows right, 2 before." in report.reasons


def test_the_only_row_of_a_label_is_enough_to_lose_it() -> None:
    """However small the label is."""
    truth = [0] * 40 + [1] * 40 + [2]
    right = list(truth)
    report = gate(said(truth, [*right[:-1], 0]), said(truth, right), against="v0001")
    assert "Label warped: 0 of 1 rows right, 1 before." in report.reasons


@pytest.mark.parametrize(
    ("rows", "lost", "passes"),
    [(5, 1, True), (5, 2, False), (20, 2, True), (20, 3, False), (200, 10, True), (200, 11, False)],
)
def test_a_label_may_lose_only_its_margin(rows: int, lost: int, *, passes: bool) -> None:
    """One row of a few, a tenth of some; of many not even a twentieth if that is no chance."""
    truth = [0] * 400 + [1] * 400 + [2] * rows
    answers = [*truth[:-lost], *[0] * lost]
    report = gate(said(truth, answers), said(truth, truth), against="v0001")
    refused = [reason for reason in report.reasons if "Label warped" in reason]
    assert bool(refused) is not passes


def test_what_a_label_gains_is_counted_against_what_it_loses() -> None:
    """Other rows right than before is no loss."""
    truth = [0] * 10 + [1] * 10 + [2] * 10
    before = [*truth[:20], *[2] * 5, *[0] * 5]
    after = [*truth[:20], *[0] * 5, *[2] * 5]
    assert gate(said(truth, after), said(truth, before), against="v0001").passed


def test_a_small_test_excuses_no_clear_loss() -> None:
    """A loss spread so thin that no label has lost its margin is a loss all the same."""
    truth = [0, 1, 2] * 4
    after = [1, 2, 0, *truth[3:]]
    report = gate(said(truth, after), said(truth, truth), against="v0001")
    assert not report.passed
    assert any("Macro-F1 was 1.000 and is 0.750" in reason for reason in report.reasons)


def test_noise_excuses_a_slight_loss() -> None:
    """Of a few hundred rows as many lost as gained, and one more."""
    truth = [0, 1, 2] * 20
    before, after = list(truth), list(truth)
    before[0], before[1], after[3], after[4], after[5] = 1, 2, 1, 2, 0
    report = gate(said(truth, after), said(truth, before), against="v0001")
    assert report.passed, report.reasons


@pytest.mark.parametrize(("sure", "passes"), [(0.999, False), (0.8, True)])
def test_one_that_promises_too_much_is_refused(sure: float, *, passes: bool) -> None:
    """As often right, but far surer; one that is less sure than it might be does no harm."""
    truth = [0, 1, 2] * 40
    answers = [*truth[:60], *[(right + 1) % 3 for right in truth[60:72]], *truth[72:]]
    report = gate(said(truth, answers, sure=sure), said(truth, answers), against="v0001")
    assert report.passed is passes
    assert passes or report.reasons[0].startswith("Overconfidence was 0.000 and is 0.099")


def test_one_that_knows_when_it_is_right_no_longer_is_refused() -> None:
    """The share that can be answered falls from most to hardly any."""
    truth, chance = [0, 1, 2] * 60, np.random.default_rng(0)
    answers = [(right + (row % 5 == 0)) % 3 for row, right in enumerate(truth)]
    knowing, blind = [], []
    for row, (right, answer) in enumerate(zip(truth, answers, strict=True)):
        sure, guess = 0.9 if right == answer else 0.4, float(chance.uniform(0.6, 0.95))
        knowing += [replace(judgement(row, NAMES[answer], sure=sure), label=NAMES[right])]
        blind += [replace(judgement(row, NAMES[answer], sure=guess), label=NAMES[right])]
    report = gate(blind, knowing, against="v0001")
    assert any(reason.startswith("Share answered") for reason in report.reasons)


def test_labels_may_come_but_not_go() -> None:
    """A label that nobody can be told any more is a loss, rows or not."""
    more = (*NAMES, "torn")
    wider = [judgement(row, NAMES[row % 3], names=more) for row in range(30)]
    assert gate(wider, judged(), against="v0001").passed
    report = gate(judged(), wider, against="v0001")
    assert report.reasons == ("It no longer knows the labels torn.",)


def test_rows_that_only_one_was_judged_on_do_not_count() -> None:
    """A frozen test that grew is compared as far as it was; nothing shared is no comparison."""
    report = gate(judged(rows=60, wrong=range(30, 60)), judged(), against="v0001")
    assert (report.rows, report.passed) == (30, True)
    strangers = [replace(one, fingerprint=f"other {one.fingerprint}") for one in judged()]
    refusal = gate(strangers, judged(), against="v0001")
    assert refusal.reasons == ("It and v0001 were judged on different rows: no comparison.",)
    relabelled = [replace(one, label="good") for one in judged()]
    assert "different rows" in gate(relabelled, judged(), against="v0001").reasons[-1]


def test_a_first_version_must_know_something() -> None:
    """Always the most frequent label, or a guess by their shares, is nothing."""
    assert gate(judged(wrong=range(8))).passed
    shares = [0] * 70 + [1] * 20 + [2] * 10
    assert "no more of the right labels" in gate(said(shares, [0] * 100)).reasons[0]
    guesses = np.random.default_rng(1).permutation(shares).tolist()
    assert not gate(said(shares, guesses)).passed
    assert not gate([]).passed


@pytest.mark.parametrize(("answers", "passes"), [([0, 1, 2], True), ([0, 1, 1], False)])
def test_very_few_rows_must_all_be_right(answers: list[int], *, passes: bool) -> None:
    """Three rows cannot tell skill from luck."""
    assert gate(said([0, 1, 2], answers)).passed is passes
