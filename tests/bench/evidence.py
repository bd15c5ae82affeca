"""What evidence costs beside a rolling median, and how well it finds the labelled rows of SKAB."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_running import RunningEvidence
from ingest.plant import SignalSpec
from ingest.vocabulary import Evidence, Series, Severity, Window
from service.cli.recorded import read_recording
from tests.bench.measure import Measurement, cpu_seconds

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SAMPLES, NORMAL, MINUTE = 1_000_000, 100_000, 60
SPECS = {"oil_temp": SignalSpec("oil_temp", "degC", high=80.0)}
NORMAL_ROWS = 400


@dataclass(frozen=True, slots=True)
class Found:
    """F1 over the rows behind the normal ones, averaged over the recordings."""

    all_items: float
    warnings: float
    """Of items of severity warning and above alone."""
    files: int


def evidence_of_a_million() -> Measurement:
    """CPU seconds from a million samples of one signal to its evidence, learning included."""
    times, values = _signal()
    normal, window = _window(times[:NORMAL], values[:NORMAL]), _window(times, values)
    assert extract(window, learn(normal), SPECS)
    return Measurement(
        "evidence: 1e6 samples of a signal",
        "CPU s",
        cpu_seconds(lambda: extract(window, learn(normal), SPECS)),
        cpu_seconds(lambda: pd.Series(values).rolling(600).median(), times=1),
        "pandas rolling median",
        more_is_better=False,
    )


def evidence_of_a_minute() -> Measurement:
    """CPU seconds to add a minute to a window of eight hours, beside digesting the whole of it."""
    times, values = _signal()
    length = 8 * 3600
    baseline = learn(_window(times[:NORMAL], values[:NORMAL]))
    whole = _window(times[:length], values[:length])
    running = RunningEvidence(baseline, SPECS, keep_s=length)
    spent = []
    for first in range(0, length, MINUTE):
        inside = slice(first, first + MINUTE)
        minute = _window(times[inside], values[inside])
        began = time.process_time()
        running.add(minute)
        spent.append(time.process_time() - began)
    at_once = RunningEvidence(baseline, SPECS, keep_s=length)
    return Measurement(
        "evidence: one more minute",
        "CPU s",
        float(np.median(spent)),
        cpu_seconds(lambda: at_once.add(whole), times=1),
        "eight hours at once",
        more_is_better=False,
    )


def skab(folder: Path) -> Found:
    """The benchmark's own protocol over its `valve1` runs: 400 normal rows, nothing tuned."""
    scores = [_score(path) for path in sorted(folder.glob("valve1_*.csv"))]
    both = np.mean(scores, axis=0)
    return Found(float(both[0]), float(both[1]), len(scores))


def _score(path: Path) -> tuple[float, float]:
    recording = read_recording(path)
    with path.open(encoding="utf-8") as file:
        wrong = [float(row["anomaly"]) > 0 for row in csv.DictReader(file, delimiter=";")]
    times, truth = np.array(recording.times), np.array(wrong)
    items = extract(recording.window(NORMAL_ROWS), learn(recording.window(0, NORMAL_ROWS)), {})
    loud = [item for item in items if item.severity is not Severity.INFO]
    return _f1(times, truth, items), _f1(times, truth, loud)


def _f1(times: np.ndarray, truth: np.ndarray, items: Iterable[Evidence]) -> float:
    told = np.zeros(len(times), dtype=bool)
    for item in items:
        told |= (times >= item.start.timestamp()) & (times <= item.end.timestamp())
    truth, told = truth[NORMAL_ROWS:], told[NORMAL_ROWS:]
    right, wanted, given = (float(np.sum(one)) for one in (truth & told, truth, told))
    return 2.0 * right / max(1.0, wanted + given)


def _signal() -> tuple[np.ndarray, np.ndarray]:
    values = 50 + np.random.default_rng(1).normal(0, 0.5, SAMPLES)
    values[700_000:] += 6
    return START.timestamp() + np.arange(SAMPLES, dtype=np.float64), values


def _window(times: np.ndarray, values: np.ndarray) -> Window:
    rows = np.arange(len(times))
    series = Series("oil_temp", "degC", times, values, rows)  # type: ignore[arg-type]
    start, end = (datetime.fromtimestamp(times[at], UTC) for at in (0, -1))
    return Window("press-3", start, end + timedelta(seconds=1), {"oil_temp": series})
