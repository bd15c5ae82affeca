"""An index whose server was away at the start is put right before it takes its first question."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from ingest.errors import SettingsFault, StoreFault, WireFault
from rag.index import Hit, PassageIndex, Scope
from rag.terms import SparseVector

log = logging.getLogger(__name__)
_T = TypeVar("_T")
Progress = Callable[[int, int, str], None]
_LOOK_AGAIN_S = 10.0
_TROUBLES = (WireFault, StoreFault, SettingsFault)


class CatchingUp:
    """What questions are put to; what a change puts in goes to the index itself."""

    def __init__(self, index: PassageIndex, repair: Callable[[Progress | None], None]) -> None:
        self._index = index
        self._repair = repair
        self._repairing = threading.Lock()
        self._behind = True
        self._trouble = ""
        self._looked_at = time.monotonic()

    def begin(self, progress: Progress | None = None) -> None:
        """Put the index right, or note that its server is away."""
        try:
            self._repair(progress)
        except WireFault as fault:
            log.warning("index away", extra={"fault": str(fault)})
            self._trouble = str(fault)
        else:
            self._behind = False

    def nearest(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Hit]:
        """By cosine."""
        return self._asked(lambda: self._index.nearest(vector, scope, limit))

    def matching(self, vector: SparseVector, scope: Scope, limit: int) -> list[Hit]:
        """By the product of term weights."""
        return self._asked(lambda: self._index.matching(vector, scope, limit))

    def within(self, scope: Scope, limit: int) -> list[str]:
        """Ids of passages in scope."""
        return self._asked(lambda: self._index.within(scope, limit))

    def trouble(self) -> str:
        """Why no question can be answered, as of ten seconds ago at most; empty when none is."""
        if time.monotonic() - self._looked_at > _LOOK_AGAIN_S:
            with suppress(*_TROUBLES):  # the call keeps them in words
                self._asked(self._index.count)
        return self._trouble

    def _asked(self, ask: Callable[[], _T]) -> _T:
        self._looked_at = time.monotonic()
        try:
            self._catch_up()
            found = ask()
        except _TROUBLES as fault:
            self._trouble = str(fault)
            raise
        self._trouble = ""
        return found

    def _catch_up(self) -> None:
        if not self._behind:
            return
        if not self._repairing.acquire(blocking=False):
            raise WireFault("The index is being brought up to date.", remedy="Ask again soon.")
        try:
            if self._behind:
                self._repair(None)
                self._behind = False
                log.info("index caught up")
        finally:
            self._repairing.release()
