"""A library of 100,000 passages in a process of its own: built once, then opened and asked.

Run by `tests.bench.vectors`; `build HOME` fills a library, `ask HOME` prints what it costs as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from rag.index import PassageIndex, Payload, Point, Scope
from rag.library import Library
from rag.terms import SparseVector, idf, query_vector, terms
from tests.bench.measure import cpu_seconds
from tests.bench.vectors_data import DIMENSION, SEED, TODAY, WordEncoder, documents, questions

_QUESTIONS, _DEPTH = 200, 100
_UPDATES, _AT_ONCE = 1000, 5
Question = tuple[str, str, str]


def main() -> None:
    """What and where."""
    what, home = sys.argv[1], Path(sys.argv[2])
    if what == "build":
        with _library(home) as library:
            library.add_read(list(documents()))
    else:
        sys.stdout.write(json.dumps(_figures(home)))


def _library(home: Path) -> Library:
    return Library(home, WordEncoder(), today=lambda: TODAY)


def _figures(home: Path) -> dict[str, Any]:
    before, began, spent = _memory(), time.perf_counter(), time.process_time()
    library = _library(home)
    figures: dict[str, Any] = {
        "open_s": time.perf_counter() - began,
        "open_cpu_s": time.process_time() - spent,
    }
    with library:
        figures["passages"] = library._catalog.size()
        figures["cpu_ms"] = _costs(library)
        figures["memory"] = {name: size - before[name] for name, size in _memory().items()}
        figures["cpu_ms"]["numpy, vectors alone"] = _plainly(library)
        figures["while_writing_ms"] = _while_writing(library)
        figures["many_updates"] = _after_updates(library, home / "vectors")
        began = time.perf_counter()
    figures["close_s"] = time.perf_counter() - began
    figures["disk_mb"] = {name: _disk_mb(home / name) for name in ("documents", "vectors")}
    return figures


def _costs(library: Library) -> dict[str, dict[str, float]]:
    asked = questions(_QUESTIONS)
    vectors = {text: library._encoder.encode([text])[0].tolist() for text, _, _ in asked}
    sparse = {text: _words(library, text) for text, _, _ in asked}
    index = library._index

    def hybrid(text: str, scope: Scope) -> None:
        index.nearest(vectors[text], scope, _DEPTH)
        index.matching(sparse[text], scope, _DEPTH)

    ways: dict[str, Callable[[str, str, str], object]] = {
        "engine, machine and kind": lambda q, m, k: hybrid(q, Scope(k, m, on=TODAY)),
        "engine, every filter": lambda q, m, k: hybrid(
            q, Scope(k, m, ("sop", "manual"), languages=("en",), reader="operator", on=TODAY)
        ),
        "engine, in force today": lambda q, *_: hybrid(q, Scope(on=TODAY)),
        "library, machine and kind": lambda q, m, k: library.search(q, machine=m, machine_kind=k),
        "library, in force today": lambda q, *_: library.search(q),
    }
    return {name: _told(_cpu_ms(way, asked)) for name, way in ways.items()}


def _words(library: Library, text: str) -> SparseVector:
    counts, size = library._catalog.counts(terms(text)), library._catalog.size()
    return query_vector({term: idf(size, counts.get(term, 0)) for term in terms(text)})


def _plainly(library: Library) -> dict[str, float]:
    """One product of all vectors with the question's, and the best of it: no filter, no terms."""
    stored = library._catalog.vectors(sorted(library._catalog.ids()))
    matrix, asked = np.stack(list(stored.values())), questions(_QUESTIONS)
    vectors = {text: library._encoder.encode([text])[0] for text, _, _ in asked}
    return _told(_cpu_ms(lambda q, *_: np.argpartition(matrix @ vectors[q], -_DEPTH), asked))


def _cpu_ms(act: Callable[[str, str, str], object], asked: Iterable[Question]) -> list[float]:
    """CPU of all threads, the quickest of three runs of each question."""
    return [cpu_seconds(partial(act, *question)) * 1e3 for question in asked]


def _told(values: list[float]) -> dict[str, float]:
    return {"p50": median(values), "p95": quantiles(values, n=20)[-1], "max": max(values)}


def _while_writing(library: Library) -> dict[str, float]:
    """How long a search takes, by the clock, while another thread puts 5,000 passages."""
    made = _points(5000, first=10**6)
    writer = threading.Thread(target=library._index.put, args=(made,))
    waited, asked = [], questions(_QUESTIONS)
    writer.start()
    while writer.is_alive():
        for text, machine, kind in asked[:5]:
            began = time.perf_counter()
            library.search(text, machine=machine, machine_kind=kind)
            waited.append((time.perf_counter() - began) * 1e3)
    writer.join()
    library._index.remove([point.id for point in made])
    return _told(waited)


def _after_updates(library: Library, vectors: Path) -> dict[str, float]:
    """What a thousand small changes, each settled, leave behind."""
    before, began = _disk_mb(vectors), time.perf_counter()
    for number in range(_UPDATES):
        _change(library._index, number)
    took = time.perf_counter() - began
    asked = questions(_QUESTIONS)
    after = _cpu_ms(lambda q, m, k: library.search(q, machine=m, machine_kind=k), asked)
    grown = _disk_mb(vectors) - before
    return {"ms_each": took / _UPDATES * 1e3, "grown_mb": grown, "search_p50_ms": median(after)}


def _change(index: PassageIndex, number: int) -> None:
    made = _points(_AT_ONCE, first=2 * 10**6 + number * _AT_ONCE)
    index.put(made)
    index.remove([point.id for point in made])
    index.settle()


def _points(count: int, *, first: int) -> list[Point]:
    drawn = np.random.default_rng(SEED)
    payload: Payload = {"status": "draft", "machines": ["*"], "machine_kinds": ["*"]}
    terms_of = SparseVector(tuple(range(60)), (1.0,) * 60)
    return [
        Point(f"{first + number:032x}", drawn.normal(size=DIMENSION).tolist(), terms_of, payload)
        for number in range(count)
    ]


def _memory() -> dict[str, float]:
    """MB of this process: its own, and mapped files, which the system can take back."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {line[0].rstrip(":"): int(line[1]) / 1024 for line in lines if line[-1] == "kB"}
    return {"own": sizes["RssAnon"], "mapped": sizes["RssFile"]}


def _disk_mb(folder: Path) -> float:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) / 1e6


if __name__ == "__main__":
    main()
