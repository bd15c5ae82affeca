"""What is set aside is said in the log: at once, then at most one line a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from ingest.history import DeadLetter
from ingest.json_text import shown

logger = logging.getLogger(__name__)

EVERY_S = 60.0


class SetAside:
    """Counts dead letters between two lines, so that a flood of them does not flood the log."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._unsaid = 0
        self._quiet_until = -float("inf")

    def note(self, letters: Sequence[DeadLetter]) -> None:
        """Take letters that the history holds now; the newest stands for those not said yet."""
        self._unsaid += len(letters)
        if not letters or self._clock() < self._quiet_until:
            return
        logger.warning(
            "messages are set aside count=%d source=%s reason=%s (see andon dead-letters list)",
            *(self._unsaid, shown(letters[-1].source), shown(letters[-1].reason)),
        )
        self._unsaid = 0
        self._quiet_until = self._clock() + EVERY_S
