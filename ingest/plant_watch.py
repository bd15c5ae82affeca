"""Notices that the plant description or a file that it names has changed, and reads it again.

The files are looked at each second instead of being watched through the kernel: a look at two
hundred files takes a millisecond, and it also works where the kernel tells nothing (network
drives, files mounted into a container, a link that is turned to another folder).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from ingest.errors import AndonFault, PlantFault
from ingest.plant import Plant, load_plant

logger = logging.getLogger(__name__)

_Look = tuple[int, int, int] | None
"""Time of change, size and number of a file; None while it is not there."""


class PlantWatch:
    """Gives a changed plant once; a description with faults is said once and not taken over."""

    def __init__(self, plant: Plant) -> None:
        self._path = plant.path
        self._files = frozenset(plant.files)
        self._taken = self._pending = _looks(self._files)
        self._asked = threading.Event()
        self.trouble = ""
        """Why the last change was not taken over; empty when it was."""
        self.taken_over = 0
        """How many changes were taken over."""

    @property
    def changed(self) -> bool:
        """Whether a file is another one than was read last; for those who do not take it over."""
        return _looks(self._files) != self._taken

    def ask(self) -> None:
        """Read it at the next look, changed or not."""
        self._asked.set()

    def look(self) -> Plant | None:
        """The plant if it has changed and is right; None otherwise.

        A changed file is left alone until two looks find it the same: it may be half written.
        """
        found = _looks(self._files)
        settled, self._pending = found == self._pending, found
        if not self._asked.is_set() and (found == self._taken or not settled):
            return None
        self._asked.clear()
        return self._read()

    def _read(self) -> Plant | None:
        try:
            plant = load_plant(self._path)
        except AndonFault as fault:
            if isinstance(fault, PlantFault):
                self._files |= frozenset(fault.files)
            self._note()
            self.trouble = str(fault)
            logger.error("plant is not taken over, the one before stays: %s", fault)
            return None
        self._files = frozenset(plant.files)
        self._note()
        self.trouble = ""
        self.taken_over += 1
        logger.info(
            "plant is read again machines=%d brokers=%d path=%s",
            *(len(plant.machines), len(plant.brokers), plant.path),
        )
        return plant

    def _note(self) -> None:
        """What was found just before the reading; what changes during it is read again."""
        before = self._pending
        self._pending = _looks(self._files)
        self._taken = {path: before.get(path, look) for path, look in self._pending.items()}


def _looks(files: Iterable[Path]) -> dict[Path, _Look]:
    return {path: _look(path) for path in files}


def _look(path: Path) -> _Look:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
