"""The newest whole run as tables in docs/benchmarks.md: `python -m tests.bench.page [FILE]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.suites import SUITES

PAGE = Path("docs/benchmarks.md")
RESULTS = Path("bench-results")
BEGIN, END = "<!-- the last run begins -->", "<!-- the last run ends -->"


def main() -> None:
    """Put the tables between their marks."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else _newest()
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{tables(json.loads(source.read_text()))}{END}{after}")


def tables(run: Mapping[str, Any]) -> str:
    """One run in Markdown: where and with what it ran, then a table a suite."""
    return "\n".join(_lines(run)) + "\n"


def _newest() -> Path:
    """The newest record that holds every suite."""
    for path in sorted(RESULTS.glob("*.json"), reverse=True):
        held = {suite["name"] for suite in json.loads(path.read_text()).get("suites", ())}
        if held >= SUITES.keys():
            return path
    sys.exit(f"No run in {RESULTS} holds every suite: run make bench, or name a file.")


def _lines(run: Mapping[str, Any]) -> Iterator[str]:
    machine = run["machine"]
    yield ""
    yield (
        f"{run['measured_at']} to {run['ended_at']}, revision `{run['commit']}`, "
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}; "
        + ", ".join(f"{name} {number}" for name, number in run["versions"].items())
        + "."
    )
    for suite in run["suites"]:
        yield from _table(suite)
    yield ""


def _table(suite: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"### {suite['name']}"
    yield ""
    yield f"{suite['seconds']:.0f} s; load {suite['load']:.1f} before it."
    if suite["fault"]:
        yield f"**Not measured.** {' '.join(suite['fault'].split())}"
        return
    yield ""
    yield "| what | unit | ours | beside | | times better |"
    yield "|---|---|---|---|---|---|"
    for one in suite["measurements"]:
        beside = _figure(one["baseline"]) if one["baseline_name"] else ""
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        cells = one["name"], one["unit"], _figure(one["ours"]), beside, one["baseline_name"], ratio
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    main()
