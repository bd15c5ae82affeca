"""How many labels a target takes, read off curves whose law is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.labels_needed import BEYOND, CurvePoint, labels_needed

SIZES = (24, 48, 96, 192, 400)


def curve(
    height: Callable[[float], float], sizes: Sequence[int] = SIZES, *, width: float = 0.01
) -> list[CurvePoint]:
    """Points on a law, each with an interval of that half-width."""
    return [
        CurvePoint(labels, height(labels), height(labels) - width, height(labels) + width)
        for labels in sizes
    ]


def law(labels: float) -> float:
    return float(0.9 - 1.2 * labels**-0.5)


@pytest.mark.parametrize("target", [0.7, 0.8, 0.82, 0.85, 0.86])
def test_the_law_of_the_curve_is_found(target: float) -> None:
    """Between the points and beyond them, and the range holds what is true."""
    true = (1.2 / (0.9 - target)) ** 2
    found = labels_needed(curve(law), target)
    assert found.labels == pytest.approx(true, rel=0.15)
    assert found.low is not None
    assert found.low <= true <= (found.high or BEYOND * SIZES[-1])
    assert found.words.startswith("about ")


def test_the_range_holds_the_truth_as_often_as_it_says() -> None:
    """Of curves with the noise that their intervals admit; 95 % is claimed, and some grace."""
    chance = np.random.default_rng(3)
    held = 0
    for _ in range(40):
        points = [
            CurvePoint(one.labels, height, height - 0.02, height + 0.02)
            for one in curve(law)
            for height in [one.macro_f1 + float(chance.normal(0, 0.01))]
        ]
        found = labels_needed(points, 0.83)
        most = BEYOND * SIZES[-1] if found.high is None else found.high
        held += (found.low or 0) <= (1.2 / 0.07) ** 2 <= most
    assert held >= 34


def test_a_flat_curve_reaches_nothing() -> None:
    """It says how high it goes, and how far it was followed."""
    found = labels_needed(curve(lambda labels: 0.71 - 0.3 / labels), 0.85)
    assert (found.labels, found.low, found.high) == (None, None, None)
    assert found.words == (
        "not expected to reach it within 4,000 labels: the curve flattens at 0.71"
    )


def test_what_the_curve_leaves_open_is_said() -> None:
    """A wide interval of a curve that rises: the middle does not get there, a lucky one may."""
    found = labels_needed(curve(law, width=0.05), 0.89)
    assert found.labels is None
    assert found.low is not None
    assert f"though {found.low:,} could do with luck" in found.words


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    st.floats(0.0, 0.3),
    st.floats(0.05, 1.0),
)
@settings(max_examples=30, deadline=None)
def test_whatever_was_measured_gives_a_range_around_what_is_said(
    heights: list[float], width: float, target: float
) -> None:
    """And a higher target never takes fewer labels; no warning of a division comes through."""
    points = [
        CurvePoint(8 * 2**at, height, height - width, height + width)
        for at, height in enumerate(heights)
    ]
    found, more = labels_needed(points, target), labels_needed(points, min(1.0, target + 0.05))
    if found.labels is not None:
        assert found.low is not None
        assert found.low <= found.labels <= (found.high or found.within)
        assert more.labels is None or more.labels >= found.labels
    else:
        assert (found.high, more.labels) == (None, None)
    assert found.words


def test_a_target_below_the_curve_takes_no_more_than_the_fewest() -> None:
    """Nothing is said of numbers below what was measured."""
    found = labels_needed(curve(law), 0.5)
    assert (found.labels, found.high) == (24, 24)
    assert found.words == "24 labels or fewer"


def test_a_dip_after_the_target_counts() -> None:
    """From there on the curve must hold: one lucky size is none."""
    heights = dict(zip(SIZES, (0.81, 0.70, 0.75, 0.79, 0.83), strict=True))
    found = labels_needed(curve(lambda labels: heights[int(labels)]), 0.8)
    assert found.labels is not None
    assert 192 < found.labels <= 400


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_points_say_so(count: int) -> None:
    """Nothing is extrapolated from them; what they reach they reach."""
    points = curve(law)[:count]
    for target in (0.74, 0.8, 0.89):
        assert "too few" in labels_needed(points, target).words
    if points:
        assert labels_needed(points, 0.5).labels == 24


def test_a_curve_that_falls_is_no_fault() -> None:
    """And neither are equal points, points without an interval, or a perfect score."""
    for height in (lambda labels: 0.8 - labels / 1e4, lambda _: 0.6, lambda _: 0.0):
        assert labels_needed(curve(height, width=0.0), 0.9).labels is None
    assert labels_needed(curve(lambda _: 1.0, width=0.0), 1.0).labels == 24


def test_the_order_of_the_points_does_not_matter() -> None:
    """And the same points give the same range."""
    points = curve(law)
    assert labels_needed(points[::-1], 0.85) == labels_needed(points, 0.85)
