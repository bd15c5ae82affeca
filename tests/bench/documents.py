"""Indexing beside the encoder alone, and a folder in which nothing has changed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from finetune.encoder import load_encoder
from rag.library import Library
from rag.passages import embedded_text
from simulators.library import DOCUMENTS
from tests.bench.measure import Measurement
from tests.unit.rag.hashing import HashingEncoder

COPIES = 12
MANY = 1_000
UNCHANGED_S = 2.0


def all_figures() -> list[Measurement]:
    """Both."""
    return [*indexing(), *unchanged()]


def indexing() -> list[Measurement]:
    """Passages a second, read, embedded, stored and searchable, against those embedded alone.

    The encoder gets all texts in one call, which is the best that it can do with them, before and
    after; the quicker of the two counts. CPU is of all threads of this process.
    """
    encoder = load_encoder(None)
    encoder.encode(["warm"] * 8)
    with TemporaryDirectory() as folder:
        documents = _copies(Path(folder) / "documents", copies=COPIES)
        texts = _texts(Path(folder) / "texts", documents)
        before = _spent(lambda: encoder.encode(texts))
        with Library(Path(folder) / "home", encoder) as library:
            spent = _spent(lambda: library.sync(documents))
    alone = [min(pair) for pair in zip(before, _spent(lambda: encoder.encode(texts)), strict=True)]
    name = f"documents: indexing {len(texts)} passages"
    return [
        Measurement(f"{name}, {of}", "passages/s", len(texts) / ours, len(texts) / best, "encoder")
        for of, ours, best in zip(("by the clock", "by CPU"), spent, alone, strict=True)
    ]


def _texts(home: Path, documents: Path) -> list[str]:
    """What is embedded of these documents."""
    with Library(home, HashingEncoder()) as library:
        library.sync(documents)
        return [
            embedded_text(document.title, passage)
            for document in library.documents()
            for passage in library.passages(document.id)
        ]


def unchanged() -> list[Measurement]:
    """A second look at a thousand documents, a second after the first and once they have rested."""
    with TemporaryDirectory() as folder:
        documents = _copies(Path(folder) / "documents", copies=MANY, most=MANY)
        with Library(Path(folder) / "home", HashingEncoder()) as library:
            library.sync(documents)
            hashed, _ = _spent(lambda: library.sync(documents))
            time.sleep(2.5)
            library.sync(documents)
            rested, _ = _spent(lambda: library.sync(documents))
    name = f"documents: unchanged folder of {MANY:,}"
    return [
        Measurement(f"{name}, {words}", "s", spent, UNCHANGED_S, "limit", more_is_better=False)
        for words, spent in (("just written", hashed), ("at rest", rested))
    ]


def _copies(folder: Path, *, copies: int, most: int = 10_000) -> Path:
    """Our own manuals, each under other ids and titles, so that no text is there twice."""
    folder.mkdir()
    files = sorted(DOCUMENTS.glob("*.md"))
    written = 0
    for copy in range(copies):
        for path in files[: most - written]:
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"^id: (.*)$", rf"id: \1-{copy}", text, count=1, flags=re.MULTILINE)
            text = re.sub(r"^title: (.*)$", rf"title: \1 {copy}", text, count=1, flags=re.MULTILINE)
            (folder / f"{path.stem}-{copy}.md").write_text(text, encoding="utf-8")
            written += 1
    return folder


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu
