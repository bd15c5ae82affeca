"""`make bench`: all measurements of the project in one run, as tables and as JSON.

`make bench ONLY="classifier few-shot"` runs these suites alone. `python -m tests.bench.page` then
puts the newest whole run into docs/benchmarks.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench.gathering import Gathered, gathered, record
from tests.bench.suites import SUITES

RESULTS = Path("bench-results")
WIDTH = 116
"""Columns that the tables need, also where the output goes into a file."""


def main() -> None:
    """Measure, show and write after every suite; exit 1 when one of them failed."""
    console = Console(width=max(Console().width, WIDTH))
    names = _wanted(sys.argv[1:])
    started = datetime.now(UTC)
    path = RESULTS / f"{started:%Y%m%dT%H%M%SZ}.json"
    RESULTS.mkdir(exist_ok=True)
    suites: list[Gathered] = []
    with _progress(console) as progress:
        task = progress.add_task(names[0], total=len(names))
        for suite in gathered(names):
            suites.append(suite)
            path.write_text(json.dumps(record(suites, started_at=started), indent=2) + "\n")
            console.print(_table(suite))
            following = names[len(suites)] if len(suites) < len(names) else "all"
            progress.update(task, advance=1, description=following)
    console.print(f"Written to {path}.")
    sys.exit(any(suite.fault for suite in suites))


def _wanted(names: Sequence[str]) -> list[str]:
    strange = sorted({*names} - SUITES.keys())
    if strange:
        sys.exit(f"There is no {', '.join(strange)} to measure; there are {', '.join(SUITES)}.")
    return [*(names or SUITES)]


def _progress(console: Console) -> Progress:
    columns = (TextColumn("measuring {task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def _table(suite: Gathered) -> Table:
    title = f"{suite.name}: {suite.seconds:.0f} s, load {suite.load:.1f} before"
    table = Table(title=title, title_justify="left", caption=suite.fault or None)
    for heading in ("what", "unit", "ours", "baseline", "", "times better"):
        table.add_column(heading)
    for one in suite.measurements:
        figures = f"{one.ours:,.3f}", f"{one.baseline:,.3f}" if one.baseline_name else ""
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(one.name, one.unit, *figures, one.baseline_name, ratio)
    return table


if __name__ == "__main__":
    main()
