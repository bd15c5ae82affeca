"""The usual course of a day is no evidence, a day that is unlike the others is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.baseline import learn
from ingest.baseline_day import usual_day
from ingest.evidence import extract
from ingest.evidence_samples import Floats
from ingest.vocabulary import EvidenceKind, Series, Window

START = datetime(2026, 11, 22, tzinfo=UTC)
DAY_S = 86_400.0


def hall(days: tuple[float, float], seed: int, *, extra: float = 0.0) -> Window:
    """A hall at 20 degC that is 5 warmer at noon; `extra` on top from 2 to 4 at night."""
    rng = np.random.default_rng(seed)
    since = np.arange(days[0] * DAY_S, days[1] * DAY_S, 20.0)
    hour = since % DAY_S / 3600.0
    values = 20.0 + 5.0 * np.sin(2 * np.pi * (hour - 6.0) / 24.0) + rng.normal(0, 0.2, len(since))
    values += np.where((hour >= 2.0) & (hour < 4.0), extra, 0.0)
    times = START.timestamp() + since
    series = Series("hall_temp", "degC", times.tolist(), values.tolist(), list(range(len(since))))
    start, end = (START + timedelta(days=day) for day in days)
    return Window("press-3", start, end, {"hall_temp": series})


def test_a_usual_day_is_no_evidence() -> None:
    """Three days are learnt, the fourth is like them."""
    baseline = learn(hall((0, 3), seed=1))
    assert baseline.signals["hall_temp"].norms[0].day is not None
    assert extract(hall((3, 4), seed=2), baseline, {}) == ()


def test_an_unusual_night_is_evidence_though_every_noon_is_warmer() -> None:
    """17 degC at three in the morning, where it is 15 at that time and 25 at noon."""
    (item,) = extract(hall((3, 4), seed=2, extra=2.0), learn(hall((0, 3), seed=1)), {})
    assert (item.kind, item.direction) == (EvidenceKind.STEP, "up")
    since = (item.start - START - timedelta(days=3)).total_seconds()
    assert since == pytest.approx(2 * 3600, abs=60)


def test_a_day_that_was_seen_once_is_not_taken_for_usual() -> None:
    """A single day may have been anything; its extent is what is allowed then."""
    baseline = learn(hall((0, 1), seed=1))
    assert baseline.signals["hall_temp"].norms[0].day is None
    assert extract(hall((1, 2), seed=2), baseline, {}) == ()


def test_days_that_are_not_alike_have_no_usual_course() -> None:
    """Where noise is all that there is, nothing is taken off."""
    times: Floats = START.timestamp() + np.arange(0.0, 4 * DAY_S, 600.0)
    away = np.random.default_rng(3).normal(0, 1.0, len(times))
    day, left = usual_day(times, away)
    assert day is None
    assert np.array_equal(left, away)
