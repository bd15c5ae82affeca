"""How far a training is, as a bar, as plain lines, or as JSON lines for a program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.options import complaints

if TYPE_CHECKING:
    from finetune.progress import Progress

LINES_EVERY_S = 0.5
SURE_AFTER = 0.02
"""Share of the whole from which on the time that remains can be guessed."""


@contextmanager
def shown(*, lines: bool) -> Iterator[Progress]:
    """Progress on standard error: one bar on a terminal, a line a step elsewhere."""
    if lines:
        yield _JsonLines()
    elif complaints.is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _PlainLines()


class _JsonLines:
    """What is done, the share of the whole, and the seconds that remain; twice a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next = self._began
        self._what = ""

    def __call__(self, what: str, share: float) -> None:
        now = self._clock()
        if what == self._what and now < self._next and share < 1.0:
            return
        self._what, self._next = what, now + LINES_EVERY_S
        left = _remaining(now - self._began, share)
        said = {"what": what, "share": round(share, 4), "remaining_s": left}
        sys.stderr.write(json.dumps(said) + "\n")
        sys.stderr.flush()


class _PlainLines:
    """One line for each step that begins, without control characters."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._what = ""

    def __call__(self, what: str, share: float) -> None:
        if what == self._what:
            return
        self._what = what
        left = _remaining(self._clock() - self._began, share)
        rest = "" if left is None else f", about {left:.0f} s left"
        complaints.print(f"{share:4.0%} {what}{rest}", markup=False, highlight=False)


def _remaining(passed: float, share: float) -> float | None:
    if share < SURE_AFTER:
        return None
    return round(passed * (1.0 - share) / share, 1)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=complaints) as bars:
        whole = bars.add_task("", total=1.0)

        def show(what: str, share: float) -> None:
            bars.update(whole, description=what, completed=share)

        yield show
