"""Pages of PDF files as pictures: a worker draws them under limits, the last ones are kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ingest.errors import DataFault

_WORKER = Path(__file__).with_name("page_worker.py")
_CPU_S, _WALL_S = 4, 20
_OUTPUT_MB = 24
_SIGNALS = {-24: "CPU time", -9: "CPU time or memory", -25: "output", -6: "memory"}
_AT_ONCE, _PATIENCE_S = 2, 10.0
_KEPT_BYTES = 24 << 20
_TOO_LONG = "drawing it takes too long"
"""By the clock: the machine may have been busy, so that it is tried again."""

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What to mark on a page."""

    words: str = ""
    heading: str = ""
    """What stands above the words, in case they stand there twice."""
    boxes: tuple[Rectangle, ...] = ()
    """Marked in place of words that are part of a picture, in shares of the page."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as PNG; everything in pixels from its upper left corner."""

    png: bytes
    pages: int
    """How many the file has."""
    width: int
    height: int
    boxes: tuple[Rectangle, ...]
    """Where it is marked, one for each line."""


class Drawer:
    """Draws pages, two at a time, and remembers them and what could not be drawn."""

    def __init__(self, memory_mb: int, *, cpu_s: int = _CPU_S) -> None:
        self._limits = (cpu_s, memory_mb, _OUTPUT_MB)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, Marks], Picture | str] = OrderedDict()

    def draw(self, path: Path, digest: str, page: int, marks: Marks) -> Picture:
        """The page of a file whose content has that digest.

        Raises:
            DataFault: it cannot be drawn, or only with more than the limits.
        """
        key = (digest, page, marks)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
        if known is None:
            known = self._drawn(path, page, marks)
            if known != _TOO_LONG:
                self._keep(key, known)
        if isinstance(known, str):
            raise DataFault(f"{path.name}: {known}.")
        return known

    def _keep(self, key: tuple[str, int, Marks], drawn: Picture | str) -> None:
        with self._lock:
            self._kept[key] = drawn
            while sum(map(_weight, self._kept.values())) > _KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)

    def _drawn(self, path: Path, page: int, marks: Marks) -> Picture | str:
        """The picture, or why there is none."""
        with self.turn(), tempfile.TemporaryFile() as output:
            code = self._run(path, page, marks, output)
            output.seek(0)
            return _picture(output) if code == 0 else _spent(code)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the places of those that draw.

        Raises:
            DataFault: none became free in time.
        """
        if not self._turns.acquire(timeout=_PATIENCE_S):
            raise DataFault("Too many pages are being drawn; try again.")
        try:
            yield
        finally:
            self._turns.release()

    def _run(self, path: Path, page: int, marks: Marks, output: IO[bytes]) -> int | None:
        command = [sys.executable, "-I", str(_WORKER), str(path.resolve()), str(page)]
        asked = {"words": marks.words, "heading": marks.heading, "boxes": marks.boxes}
        try:
            finished = subprocess.run(
                [*command, *map(str, self._limits)],
                input=json.dumps(asked).encode(),
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", "")},
                timeout=_WALL_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return finished.returncode


def _picture(output: IO[bytes]) -> Picture | str:
    about: dict[str, Any] = json.loads(output.readline())
    if "fault" in about:
        return str(about["fault"])
    boxes = tuple((box[0], box[1], box[2], box[3]) for box in about["boxes"])
    return Picture(output.read(), about["pages"], about["width"], about["height"], boxes)


def _spent(code: int | None) -> str:
    if code is None:
        return _TOO_LONG
    return (
        f"drawing it takes more {_SIGNALS.get(code, f'what it may (exit {code})')} than is allowed"
    )


def _weight(drawn: Picture | str) -> int:
    return len(drawn) if isinstance(drawn, str) else len(drawn.png)
