"""A few rows of each label: nested, spread over groups, whatever the order of the labels."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from finetune.drawing import drawn

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz")), min_size=1, max_size=60
)


@given(ROWS, st.integers(1, 12), st.integers(0, 3))
def test_a_smaller_draw_is_part_of_a_larger_one(
    rows: list[tuple[str, str]], per_class: int, seed: int
) -> None:
    """Each label gives as many rows as are asked for, or all that it has."""
    labels, groups = [label for label, _ in rows], [group for _, group in rows]
    few = drawn(labels, groups, per_class, seed=seed)
    many = drawn(labels, groups, per_class + 3, seed=seed)
    assert set(few) <= set(many)
    assert few == sorted(set(few))
    there = Counter(labels)
    assert Counter(labels[row] for row in few) == {
        label: min(per_class, count) for label, count in there.items()
    }


@given(ROWS, st.integers(1, 6), st.integers(0, 3))
def test_few_rows_come_from_as_many_groups_as_there_are(
    rows: list[tuple[str, str]], per_class: int, seed: int
) -> None:
    """No group gives a second row of a label while another has given none."""
    labels, groups = [label for label, _ in rows], [group for _, group in rows]
    few = drawn(labels, groups, per_class, seed=seed)
    for label in set(labels):
        known = {group for own, group in rows if own == label}
        used = {groups[row] for row in few if labels[row] == label}
        assert len(used) == min(len(known), sum(labels[row] == label for row in few))


def test_another_seed_draws_other_rows() -> None:
    """And the same one the same."""
    labels, groups = ["a"] * 100, [str(row) for row in range(100)]
    first, again, other = (drawn(labels, groups, 10, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
