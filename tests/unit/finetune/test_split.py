"""Splits: nothing known on two sides, every label in the training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.split import Split, split_by_group, split_by_time
from ingest.errors import DataFault


def parts(split: Split) -> list[set[int]]:
    return [set(part.tolist()) for part in (split.train, split.validation, split.test)]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**31),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 14)), min_size=40, max_size=120),
)
def test_no_group_stands_on_two_sides(seed: int, rows: list[tuple[int, int]]) -> None:
    """Whatever the labels and the groups; every row is somewhere, every label is learnt."""
    labels = np.array([label for label, _ in rows])
    groups = [str(group) for _, group in rows]
    try:
        found = parts(split_by_group(labels, groups, seed=seed, how=""))
    except DataFault:
        return
    assert sorted(row for part in found for row in part) == list(range(len(rows)))
    for one in range(3):
        for other in range(one):
            assert not {groups[row] for row in found[one]} & {groups[row] for row in found[other]}
    assert {labels[row] for row in found[0]} == set(labels)


def test_the_seed_decides() -> None:
    """The same seed gives the same parts, another one others."""
    labels = np.arange(200) % 4
    groups = [str(row // 5) for row in range(200)]
    same = [parts(split_by_group(labels, groups, seed=1, how="")) for _ in range(2)]
    other = parts(split_by_group(labels, groups, seed=2, how=""))
    assert same[0] == same[1] != other


def test_two_groups_are_too_few() -> None:
    """For three parts."""
    with pytest.raises(DataFault, match="only 2 group"):
        split_by_group(np.arange(20) % 2, ["a"] * 10 + ["b"] * 10, seed=0, how="")


def test_labels_of_one_group_each_cannot_be_judged() -> None:
    """Nothing would be left to test on."""
    with pytest.raises(DataFault, match="more than one group"):
        split_by_group(np.arange(4).repeat(5), list("aaaaabbbbbcccccddddd"), seed=0, how="")


@pytest.mark.parametrize(("rows", "labels"), [(12, 6), (13, 12), (15, 5), (14, 4), (30, 15)])
def test_few_rows_of_many_labels_are_split_or_refused(rows: int, labels: int) -> None:
    """Never a fault of the library underneath."""
    groups = [str(row) for row in range(rows)]
    try:
        found = parts(split_by_group(np.arange(rows) % labels, groups, seed=0, how=""))
    except DataFault:
        return
    assert all(found)


def test_time_runs_from_training_to_test() -> None:
    """The newest rows are the test."""
    labels = np.arange(50) % 2
    split = split_by_time(labels, list(range(49, -1, -1)), how="")
    assert split.train.min() > split.validation.max() > split.test.max()
    assert [len(part) for part in parts(split)] == [30, 10, 10]
