"""The home of a demo: its history is emptied by the next demo, a real one never.

A file beside the history marks it as a demo's. Whatever else begins to write into that home,
`andon ingest` or `andon serve`, takes the mark away, and from then on the history is a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import SettingsFault

_MARK = "demo-history"


def mark(home: Path) -> None:
    """What is in the history so far is simulated."""
    (home / _MARK).write_text("The history beside this file is a demo's; the next empties it.\n")


def unmark(home: Path) -> None:
    """Real machines may write into the history from now on."""
    (home / _MARK).unlink(missing_ok=True)


def fresh_history(home: Path) -> None:
    """Begin with an empty history: an alarm that the last demo left raised is nobody's alarm.

    Raises:
        SettingsFault: the history there may hold what real machines said.
    """
    history = home / "history.db"
    if history.exists() and not (home / _MARK).exists():
        raise SettingsFault(
            f"{history} was not written by a demo, so no simulated machine may write into it.",
            remedy="Give the demo another folder with --home.",
        )
    home.mkdir(parents=True, exist_ok=True)
    for path in home.glob("history.db*"):
        path.unlink()


@contextmanager
def demo_history(home: Path) -> Iterator[None]:
    """A fresh history that stays marked as a demo's, however early the demo is broken off."""
    fresh_history(home)
    try:
        yield
    finally:
        mark(home)
