"""`make bench`: measurements as a table, and as JSON under bench-results/.

`make bench ONLY="classifier few-shot"` runs these alone; those that take long run only so.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import (
    alarms,
    classifier,
    classifier_few,
    classifier_small,
    documents,
    ingest,
    modbus,
    mqtt,
    notes,
    postgres,
    prompting,
    retrieval,
    serving,
    training,
    vectors,
)
from tests.bench.measure import Measurement

RESULTS = Path("bench-results")
WIDTH = 116
"""Columns that the table needs, also where the output goes into a file."""
LIBRARIES = (
    "paho-mqtt",
    "orjson",
    "numpy",
    "torch",
    "transformers",
    "scikit-learn",
    "qdrant-edge-py",
)


Suite = Callable[[], list[Measurement]]
SUITES: dict[str, Suite] = {
    "ingest": ingest.all_figures,
    "mqtt": mqtt.all_figures,
    "modbus": modbus.all_figures,
    "postgres": postgres.all_figures,
    "prompting": prompting.all_figures,
    "documents": documents.all_figures,
    "index": vectors.at_100_000,
    "retrieval": retrieval.all_figures,
    "alarms": alarms.counting,
    "notes": notes.extraction,
    "training": training.error_code,
    "classifier": classifier.all_figures,
    "serving": serving.serving,
}
LONG: dict[str, Suite] = {
    "lora": classifier_small.all_figures,
    "few-shot": classifier_few.few_shot,
    "rivals": retrieval.rivals,
}
"""Ten minutes and more each."""


def main() -> None:
    """Measure, show, write."""
    console = Console(width=max(Console().width, WIDTH))
    measurements: list[Measurement] = []
    for name, measure in _wanted(sys.argv[1:]).items():
        with console.status(f"measuring {name} ..."):
            measurements += measure()
    console.print(_table(measurements))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(_record(measurements), indent=2) + "\n")
    console.print(f"Written to {path}.")


def _wanted(names: list[str]) -> dict[str, Suite]:
    every = {**SUITES, **LONG}
    strange = sorted(set(names) - every.keys())
    if strange:
        sys.exit(f"There is no {', '.join(strange)} to measure; there are {', '.join(every)}.")
    return {name: every[name] for name in names} or SUITES


def _table(measurements: list[Measurement]) -> Table:
    table = Table()
    for heading in ("what", "unit", "ours", "baseline", "", "times better"):
        table.add_column(heading)
    for one in measurements:
        figures = f"{one.ours:,.3f}", f"{one.baseline:,.3f}"
        table.add_row(one.name, one.unit, *figures, one.baseline_name, f"{one.ratio:.2f}")
    return table


def _record(measurements: list[Measurement]) -> dict[str, object]:
    return {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "versions": {name: version(name) for name in LIBRARIES},
        "measurements": [{**asdict(one), "ratio": one.ratio} for one in measurements],
    }


if __name__ == "__main__":
    main()
