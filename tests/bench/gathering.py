"""Suites one after the other, each in a process of its own, into one record of the whole run.

A suite that fails, hangs or fills the memory takes no other with it: the record says what it said.
The record is written anew after every suite, so that a run that is ended keeps what it had.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.bench.measure import Measurement

LIBRARIES = (
    *("paho-mqtt", "pymodbus", "orjson", "numpy", "scikit-learn", "torch", "transformers"),
    *("peft", "openvino", "onnxruntime", "qdrant-edge-py", "qdrant-client", "fastapi"),
)
LONGEST_S = 3600.0
LAST_WORDS = 800


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one suite gave."""

    name: str
    seconds: float
    load: float
    """Mean number of processes that wanted to run in the minute before it."""
    measurements: tuple[Measurement, ...]
    fault: str = ""
    """Why there are no figures."""


def gathered(names: Iterable[str]) -> Iterator[Gathered]:
    """Each suite in turn, as soon as it has ended."""
    for name in names:
        load, began = os.getloadavg()[0], time.monotonic()
        measurements, fault = _apart(name)
        yield Gathered(name, time.monotonic() - began, load, tuple(measurements), fault)


def record(suites: Iterable[Gathered], *, started_at: datetime) -> dict[str, Any]:
    """The run as it is written down: when, where, with what, and all figures."""
    return {
        "measured_at": started_at.isoformat(timespec="seconds"),
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": _machine(),
        "versions": dict(_versions()),
        "suites": [
            {
                "name": suite.name,
                "seconds": round(suite.seconds, 1),
                "load": round(suite.load, 1),
                "fault": suite.fault,
                "measurements": [{**asdict(one), "ratio": one.ratio} for one in suite.measurements],
            }
            for suite in suites
        ],
    }


def _apart(name: str) -> tuple[list[Measurement], str]:
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        command = [sys.executable, "-m", "tests.bench.child", name, str(figures)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return [], f"It took more than {LONGEST_S / 60:.0f} minutes."
        if done.returncode or not figures.exists():
            said = (done.stderr.strip() or done.stdout.strip())[-LAST_WORDS:]
            return [], f"It ended with {done.returncode}: {said}"
        return [Measurement(**one) for one in json.loads(figures.read_text())], ""


def _commit() -> str:
    """The revision that was measured, with a star where files were changed since."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=*", "--exclude=*"], capture_output=True, text=True
    )
    return said.stdout.strip()


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
    }


def _processor() -> str:
    """Its name, and what of it decides how fast the models run."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = dict(line.split("\t", 1) for line in lines if "\t" in line)
    told = {key.strip(): rest.split(":", 1)[-1].strip() for key, rest in said.items()}
    flags = {*told.get("flags", "").split()} & {"avx2", "avx512f", "amx_bf16", "amx_int8"}
    return " ".join([told.get("model name", platform.machine()), *sorted(flags)])


def _versions() -> Iterator[tuple[str, str]]:
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
