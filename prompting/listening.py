"""Whoever hears a reply while it is written, and may hang up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class HungUp(Exception):
    """Nobody waits for the reply any more."""


def _silence(*_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Listener:
    """Hears drafts: nothing of them is checked, and the checked result supersedes them."""

    piece: Callable[[str], None] = _silence
    """A piece of the draft as the model wrote it."""
    again: Callable[[], None] = _silence
    """What was heard so far is void; the model begins anew."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set by whoever hangs up: the model's work ends."""

    def heard(self, text: str) -> None:
        """Pass a piece on.

        Raises:
            HungUp: Nobody listens any more.
        """
        self.check()
        self.piece(text)

    def check(self) -> None:
        """Raise HungUp when nobody listens any more."""
        if self.gone.is_set():
            raise HungUp
