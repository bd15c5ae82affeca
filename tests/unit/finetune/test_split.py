"""Splits: nothing known on two sides, every label learnt, people's rows never judged by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.examples import Rows
from finetune.split import Bonds, Fold, folds_of, split_rows
from ingest.errors import DataFault

TABLE = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 14), st.booleans(), st.booleans()),
    min_size=40,
    max_size=120,
)
"""Label, group or moment, from a person, in the frozen test."""


def bonds(groups: Rows, people: Rows | None = None, *, timed: bool = False) -> Bonds:
    """Rows of a person say what no other row says."""
    from_people = np.zeros(len(groups), dtype=np.bool_) if people is None else people.astype(bool)
    twins = np.arange(len(groups))
    return Bonds("so", groups, twins, from_people, groups.astype(float) if timed else None)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), TABLE, st.booleans())
def test_no_group_stands_on_two_sides(
    seed: int, rows: list[tuple[int, int, bool, bool]], timed: bool
) -> None:
    """Whatever the labels, the groups, the frozen rows and the rows of people."""
    labels, groups, people, frozen = (np.array(column) for column in zip(*rows, strict=True))
    groups = np.where(people, groups + 100, groups)
    tied = bonds(groups, people, timed=timed)
    try:
        develop, test = split_rows(labels, tied, seed=seed, frozen=np.flatnonzero(frozen))
        folds = folds_of(develop, labels, tied, count=3, seed=seed)
    except DataFault:
        return
    assert sorted([*develop, *test]) == list(range(len(rows)))
    assert not people[test].any()
    assert set(np.flatnonzero(frozen & ~people)) <= set(test)
    assert not set(groups[develop]) & set(groups[test])
    for fold in folds:
        check_fold(fold, develop, labels, tied)


def check_fold(fold: Fold, develop: Rows, labels: Rows, tied: Bonds) -> None:
    """Disjoint, whole groups, every label learnt; by time nothing newer is learnt."""
    assert set(fold.train) | set(fold.held) <= set(develop)
    assert not set(tied.groups[fold.train]) & set(tied.groups[fold.held])
    assert len(fold.held)
    if tied.moments is None:
        assert set(labels[fold.train]) == set(labels[develop])
    else:
        assert tied.moments[fold.train].max() < tied.moments[fold.held].min()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), TABLE)
def test_folds_hold_back_every_row_once_where_labels_allow(
    seed: int, rows: list[tuple[int, int, bool, bool]]
) -> None:
    """What stays in the training of every fold is the only group of a label."""
    labels, groups = (np.array(column) for column in list(zip(*rows, strict=True))[:2])
    tied = bonds(groups)
    try:
        folds = folds_of(np.arange(len(rows)), labels, tied, count=3, seed=seed)
    except DataFault:
        return
    held = [row for fold in folds for row in fold.held]
    assert len(held) == len(set(held))
    spread = {label: set(groups[labels == label]) for label in set(labels)}
    if all(len(of) > 3 for of in spread.values()):
        assert set(groups[held]) == set(groups)


def test_the_seed_decides() -> None:
    """The same seed gives the same parts, another one others."""
    labels = np.arange(200) % 4
    tied = bonds(np.arange(200) // 5)
    same = [set(split_rows(labels, tied, seed=1)[1].tolist()) for _ in range(2)]
    other = set(split_rows(labels, tied, seed=2)[1].tolist())
    assert same[0] == same[1] != other


def test_two_groups_are_too_few() -> None:
    """For a test and a fold."""
    with pytest.raises(DataFault, match="only 2 group"):
        split_rows(np.arange(20) % 2, bonds(np.arange(20) // 10), seed=0)


def test_labels_of_one_group_each_cannot_be_judged() -> None:
    """Nothing would be left to test on."""
    with pytest.raises(DataFault, match="more than one group"):
        split_rows(np.arange(4).repeat(5), bonds(np.arange(4).repeat(5)), seed=0)


@pytest.mark.parametrize(("rows", "labels"), [(12, 6), (13, 12), (15, 5), (14, 4), (30, 15)])
def test_few_rows_of_many_labels_are_split_or_refused(rows: int, labels: int) -> None:
    """Never a fault of the library underneath."""
    given, tied = np.arange(rows) % labels, bonds(np.arange(rows))
    try:
        develop, test = split_rows(given, tied, seed=0)
        folds = folds_of(develop, given, tied, count=3, seed=0)
    except DataFault:
        return
    assert len(develop)
    assert len(test)
    assert folds


def test_a_group_that_is_moved_for_one_label_may_bring_another() -> None:
    """Two labels that stand in one group only, the same one."""
    labels = np.array([0, 1] * 12 + [2, 3])
    tied = bonds(np.array([*range(24), 24, 24]))
    held = [folds_of(np.arange(26), labels, tied, count=3, seed=seed) for seed in range(6)]
    assert not any({24, 25} & set(fold.held) for folds in held for fold in folds)


def test_time_runs_from_training_to_test() -> None:
    """The newest fifth is the test; folds learn the older and are judged by the newer rows."""
    labels, moments = np.arange(50) % 2, np.arange(50)[::-1]
    tied = bonds(moments, timed=True)
    develop, test = split_rows(labels, tied, seed=0)
    assert moments[develop].min() == 0
    assert set(moments[test]) == set(range(40, 50))
    folds = folds_of(develop, labels, tied, count=3, seed=0)
    assert [(len(fold.train), len(fold.held)) for fold in folds] == [(10, 10), (20, 10), (30, 10)]


def test_rows_of_one_moment_stay_together() -> None:
    """Five rows an instant are no five instants."""
    moments = np.arange(12).repeat(5)
    tied = bonds(moments, timed=True)
    _, test = split_rows(np.arange(60) % 3, tied, seed=0)
    assert set(moments[test]) == {10, 11}


def test_a_row_that_a_person_has_corrected_judges_nothing() -> None:
    """Its twin is learnt, so it is no test; it is not learnt either while others are judged."""
    labels = np.append(np.arange(30) % 3, [1])
    tied = bonds(np.append(np.arange(30), [30]), np.arange(31) == 30)
    tied.twins[30] = tied.twins[7]
    for seed in range(8):
        develop, test = split_rows(labels, tied, seed=seed, frozen=np.array([7]))
        assert 30 in develop
        assert 7 not in test
        assert 7 not in develop


def test_a_small_frozen_test_is_filled_up_and_a_large_one_stands() -> None:
    """So that a test of yesterday's three rows does not judge a model of a year."""
    labels, tied = np.arange(100) % 4, bonds(np.arange(100))
    _, filled = split_rows(labels, tied, seed=0, frozen=np.arange(3))
    _, stands = split_rows(labels, tied, seed=0, frozen=np.arange(12))
    assert {0, 1, 2} < set(filled.tolist())
    assert len(filled) > 15
    assert stands.tolist() == list(range(12))
