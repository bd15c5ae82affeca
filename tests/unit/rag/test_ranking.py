"""One order for what every engine gives."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from rag.ranking import best, ranked


def test_scores_that_differ_by_rounding_are_one() -> None:
    """The id decides then, and they are told with one score."""
    hits = ranked([("c", 0.5), ("a", 0.49999999), ("b", 0.50000001), ("z", 0.6)])
    assert [hit.id for hit in hits] == ["z", "a", "b", "c"]
    assert len({hit.score for hit in hits[1:]}) == 1


def test_scores_above_one_are_compared_by_their_share() -> None:
    """A sum of forty has fewer digits behind the point."""
    hits = ranked([("b", 40.00001), ("a", 40.0), ("c", 39.9)])
    assert [hit.id for hit in hits] == ["a", "b", "c"]
    assert [hit.id for hit in ranked([("b", 0.40001), ("a", 0.4)])] == ["b", "a"]


def test_a_limit_through_a_tie_asks_for_more() -> None:
    """Until the lowest ids are known, however the engine cuts."""
    engine = [(f"{number:04}", 0.5) for number in range(500)]
    random.Random(1).shuffle(engine)
    asked: list[int] = []

    def fetch(count: int) -> list[tuple[str, float]]:
        asked.append(count)
        return engine[:count]

    assert [hit.id for hit in best(3, fetch)] == ["0000", "0001", "0002"]
    assert asked == [31, 124, 496, 1984]


def test_a_tie_without_end_is_cut() -> None:
    """A million copies of one passage do not stop the service."""
    asked: list[int] = []

    def fetch(count: int) -> list[tuple[str, float]]:
        asked.append(count)
        return [(f"{number:06}", 0.5) for number in range(count)]

    assert len(best(5, fetch)) == 5
    assert max(asked) == 10_000


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), unique_by=lambda pair: pair[0]),
    st.integers(1, 10),
    st.randoms(use_true_random=False),
)
def test_engines_with_other_rounding_agree(
    passages: list[tuple[int, int]], limit: int, dice: random.Random
) -> None:
    """The same scores a few bits apart, and ties cut at random, give the same hits."""

    def engine() -> list[tuple[str, float]]:
        near = [(f"{id_:03}", score / 7 + dice.uniform(-1, 1) * 1e-8) for id_, score in passages]
        return sorted(near, key=lambda pair: -pair[1])

    one, other = engine(), engine()
    ours, theirs = best(limit, lambda n: one[:n]), best(limit, lambda n: other[:n])
    assert [hit.id for hit in ours] == [hit.id for hit in theirs]
