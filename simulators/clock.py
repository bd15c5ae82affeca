"""The virtual clock: machine time that runs faster than the wall's."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Maps virtual seconds since the start of a run to the wall clock and back."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        """Virtual seconds in a second of the wall clock."""
        self.started_at = datetime.now(UTC)
        self._started = time.monotonic()

    def now_s(self) -> float:
        """Virtual seconds since the start."""
        return (time.monotonic() - self._started) * self.speed

    def wall_time(self, at_s: float) -> datetime:
        """When a virtual second is on the wall clock, UTC."""
        return self.started_at + timedelta(seconds=at_s / self.speed)


def stamp(moment: datetime) -> str:
    """A moment as it stands on the wire and in the truth file: UTC with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
