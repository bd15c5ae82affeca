"""Kills a process in the middle of its changes to a shard, again and again.

Run as a process of its own, which never opens the engine itself: what is forked must not inherit
its threads. Prints, for each kill, what was finished, what was under way, and what was there then.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rag.edge import EdgeIndex
from rag.index import Payload, Point
from rag.terms import SparseVector

_AT_ONCE = 10
_DIMENSION = 8


def main() -> None:
    """FOLDER and how many kills."""
    folder, kills = Path(sys.argv[1]), int(sys.argv[2])
    drawn = random.Random(3)
    turns: list[dict[str, list[int]]] = []
    there: set[int] = set()
    for turn in range(kills + 1):
        lines = drawn.randrange(1, 12)
        found, words = _killed(folder, turn * 1000, lines=lines, after_s=drawn.random() / 100)
        if turns:
            turns[-1]["found"] = found
        there, begun = _account(set(found), words)
        turns.append({"finished": sorted(there), "begun": begun})
    sys.stdout.write(json.dumps(turns[:-1]))


def _killed(folder: Path, first: int, *, lines: int, after_s: float) -> tuple[list[int], list[str]]:
    """What a child found, and what it said it began and finished until it was killed."""
    with _child(lambda out: _change(folder, first, out)) as (child, said):
        found = json.loads(said.readline())
        heard = [said.readline() for _ in range(lines)]
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        return found, [*heard, *said]


def _change(folder: Path, first: int, out: IO[str]) -> None:
    index = EdgeIndex(folder, _DIMENSION)
    ids = index.ids()
    assert index.count() == len(ids)
    _say(out, json.dumps(sorted(uuid.UUID(each).int for each in ids)))
    for begin in range(first, first + 1000, _AT_ONCE):
        numbers = list(range(begin, begin + _AT_ONCE))
        _say(out, f"put {begin}")
        index.put([_point(number) for number in numbers])
        _say(out, f"done {begin}")
        if begin % 30 == 0:
            _say(out, f"remove {begin}")
            index.remove([str(uuid.UUID(int=number)) for number in numbers])
            _say(out, f"done {begin}")


def _say(out: IO[str], words: str) -> None:
    out.write(f"{words}\n")
    out.flush()


def _account(there: set[int], words: list[str]) -> tuple[set[int], list[int]]:
    finished, begun = set(there), list[int]()
    for line in words:
        verb, _, begin = line.partition(" ")
        numbers = range(int(begin), int(begin) + _AT_ONCE)
        if verb != "done":
            wanted, begun = verb, list(numbers)
            continue
        finished = finished | set(numbers) if wanted == "put" else finished - set(numbers)
        begun = []
    return finished, begun


def _point(number: int) -> Point:
    drawn = random.Random(number)
    dense = [drawn.random() for _ in range(_DIMENSION)]
    payload: Payload = {"status": "current", "machines": ["*"]}
    return Point(str(uuid.UUID(int=number)), dense, SparseVector((1, number + 2), (1, 2)), payload)


@contextmanager
def _child(act: object) -> Iterator[tuple[int, IO[str]]]:
    """A forked process that does that, and what it prints."""
    assert callable(act)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            act(out)
        os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield child, said
    finally:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
