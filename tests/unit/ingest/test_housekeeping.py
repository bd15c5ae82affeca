"""When housekeeping stops, what it says, and what the settings let go."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest.housekeeping import Housekeeping, limits_of
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.upkeep import HOUR, MINUTE, Limits
from ingest.vocabulary import Quality, Reading

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def reading(minute: int) -> Reading:
    when = START + minute * MINUTE
    return Reading("press-3", "oil_temp", 1.0, "degC", Quality.GOOD, when, when, "s", minute)


def test_a_round_ends_with_its_time_and_the_next_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A history that was never rolled up takes several rounds; that is said once, and its end."""
    caplog.set_level(logging.INFO, logger="ingest.housekeeping")
    with SqliteHistory(tmp_path / "history.db") as history:
        history.write([reading(minute) for minute in range(0, 48 * 60, 10)])
        housekeeping = Housekeeping(history, IngestSettings(), budget_s=0)
        rounds = 0
        while housekeeping.run_once(START + 49 * HOUR).behind:
            rounds += 1
        assert rounds > 10
        assert sum(one.count for one in history.rollups(HOUR)) == 288
    said = [record.message for record in caplog.records]
    assert said == ["housekeeping is behind", "housekeeping has caught up"]


def test_what_the_settings_let_go() -> None:
    """Days before now; 0: nothing."""
    now = START + timedelta(days=30)
    settings = IngestSettings(keep_raw_days=1, keep_minutes_days=20)
    assert limits_of(settings, now) == Limits(now - timedelta(days=1), now - timedelta(days=20))
    assert limits_of(IngestSettings(), now) == Limits()


@pytest.mark.parametrize(
    "days",
    [
        {"keep_raw_days": 2, "keep_minutes_days": 1},
        {"keep_minutes_days": 2, "keep_hours_days": 1},
        {"keep_hours_days": 1},
        {"keep_raw_days": -1},
    ],
)
def test_what_is_coarser_is_kept_as_long_at_least(days: dict[str, float]) -> None:
    """Else a stretch would be lost that the finer one still had."""
    with pytest.raises(ValidationError):
        IngestSettings(**days)  # type: ignore[arg-type]
