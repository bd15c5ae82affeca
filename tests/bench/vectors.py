"""100,000 passages in the embedded engine: what a question costs, opening, memory, disk.

The library is built once (some minutes) and kept under bench-results/; another build is made when
what it is made of, or how passages are cut and weighed, has changed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from rag.passages import READING
from rag.terms import ANALYSIS
from tests.bench import vectors_data
from tests.bench.measure import Measurement

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "bench-results" / "vectors"
_LIMIT_MS, _LIMIT_S = 10.0, 10.0
_ISSUE = "wanted at most"


def at_100_000() -> list[Measurement]:
    """CPU a question and the rest, measured in a process that does nothing else."""
    figures = json.loads(_child("ask", _home()))
    return [*_questions(figures["cpu_ms"]), *_upkeep(figures)]


def _questions(cpu_ms: dict[str, dict[str, float]]) -> list[Measurement]:
    plain = cpu_ms.pop("numpy, vectors alone")["p50"]
    rows = []
    for name, told in cpu_ms.items():
        title = f"index, 100,000: {name}"
        rows += [
            _cost(f"{title}, p50", "CPU ms", told["p50"], _LIMIT_MS, _ISSUE),
            _cost(f"{title}, p50", "CPU ms", told["p50"], plain, "NumPy, vectors alone"),
            _cost(f"{title}, p95", "CPU ms", told["p95"], _LIMIT_MS, _ISSUE),
        ]
    return rows


def _upkeep(figures: dict[str, Any]) -> list[Measurement]:
    memory, disk, updates = figures["memory"], figures["disk_mb"], figures["many_updates"]
    vectors_mb = figures["passages"] * vectors_data.DIMENSION * 4 / 1e6
    searched = figures["cpu_ms"]["library, machine and kind"]["p50"]
    return [
        _cost("index, 100,000: opening", "s", figures["open_s"], _LIMIT_S, _ISSUE),
        _cost("index, 100,000: closing and sealing", "s", figures["close_s"], _LIMIT_S, _ISSUE),
        _cost("index, 100,000: own memory", "MB", memory["own"], vectors_mb, "vectors alone"),
        _cost("index, 100,000: mapped memory", "MB", memory["mapped"], vectors_mb, "vectors alone"),
        _cost("index, 100,000: disk", "MB", disk["vectors"], disk["documents"], "document store"),
        _cost(
            "index, 100,000: search while 5,000 are put, p50",
            "ms",
            figures["while_writing_ms"]["p50"],
            figures["while_writing_ms"]["max"],
            "the longest",
        ),
        _cost(
            "index, 100,000: search after 1,000 changes, p50",
            "CPU ms",
            updates["search_p50_ms"],
            searched,
            "before them",
        ),
        _cost("index, 100,000: grown by 1,000 changes", "MB", updates["grown_mb"], 100, _ISSUE),
    ]


def _cost(name: str, unit: str, ours: float, baseline: float, words: str) -> Measurement:
    return Measurement(name, unit, ours, baseline, words, more_is_better=False)


def _home() -> Path:
    """The library, built unless it is there."""
    made_of = Path(vectors_data.__file__).read_bytes() + f"{ANALYSIS}/{READING}".encode()
    home = BUILT / hashlib.sha256(made_of).hexdigest()[:12]
    if not home.exists():
        shutil.rmtree(BUILT, ignore_errors=True)
        building = BUILT / "building"
        building.mkdir(parents=True)
        _child("build", building)
        building.rename(home)
    return home


def _child(what: str, home: Path) -> str:
    command = [sys.executable, "-m", "tests.bench.vectors_child", what, str(home)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
