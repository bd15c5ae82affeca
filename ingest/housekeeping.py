"""Keeps a history in order from time to time, in small pieces and never for long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.history import History
from ingest.settings import IngestSettings
from ingest.upkeep import Limits

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=2)
"""Readings that come later than this are rolled up once more."""
_FOR_ROLLUPS = 0.75
"""Share of the time; the rest is for deleting."""
_BUDGET_S = 8.0
"""Less than a collector waits for its chores when it ends."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round of housekeeping did."""

    rolled: int = 0
    """Rollups made."""
    deleted: int = 0
    """Readings and rollups that were too old."""
    behind: bool = False
    """The time was over before the work was."""


class Housekeeping:
    """Rolls up what has come and deletes what the settings let go, for all collectors."""

    def __init__(
        self, history: History, settings: IngestSettings, *, budget_s: float = _BUDGET_S
    ) -> None:
        self._upkeep = history.upkeep()
        self._settings = settings
        self._budget_s = budget_s
        self._behind = False

    def run_once(self, now: datetime) -> Kept:
        """One round; called every minute or so.

        Raises:
            StoreFault: the history cannot be used; the next round goes on where this one ended.
        """
        self._upkeep.advance(now - LATE)
        rolled, all_rolled = _work(self._upkeep.roll, _FOR_ROLLUPS * self._budget_s)
        limits = limits_of(self._settings, now)
        rest_s = (1 - _FOR_ROLLUPS) * self._budget_s
        deleted, all_deleted = _work(lambda: self._upkeep.expire(limits), rest_s)
        if deleted:
            logger.info("history let go of what is old rows=%d", deleted)
        kept = Kept(rolled, deleted, behind=not (all_rolled and all_deleted))
        self._tell(behind=kept.behind)
        return kept

    def _tell(self, *, behind: bool) -> None:
        """Say once that the work takes longer than its time, and once that it is done."""
        if behind != self._behind:
            logger.info("housekeeping is behind" if behind else "housekeeping has caught up")
        self._behind = behind


def _work(piece: Callable[[], int], seconds: float) -> tuple[int, bool]:
    """Do pieces until none is left or the time is over; how much, and whether none is left."""
    done, deadline = 0, time.monotonic() + seconds
    while True:
        some = piece()
        done += some
        if not some or time.monotonic() > deadline:
            return done, not some


def limits_of(settings: IngestSettings, now: datetime) -> Limits:
    """From when on each kind is kept at a moment; 0 days: for ever."""
    days = settings.keep_raw_days, settings.keep_minutes_days, settings.keep_hours_days
    return Limits(*(now - timedelta(days=kept) if kept else None for kept in days))
