"""The benchmarks gather every suite, lose none for another, and the page shows a whole run."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bench import gathering, suites
from tests.bench.gathering import Gathered, gathered, record
from tests.bench.measure import Measurement
from tests.bench.page import tables

BENCH = Path(suites.__file__).parent
FIGURE = Measurement("a | b: <i>rate</i>", "1/s", 1234.5, 0.0, "")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("place", suites.SUITES.values(), ids=suites.SUITES)
def test_every_suite_is_there(place: str) -> None:
    """A suite is imported only when it runs, so a wrong name would be found late."""
    module, function = place.split(":")
    written = ast.parse((BENCH / f"{module}.py").read_text())
    assert function in {node.name for node in written.body if isinstance(node, ast.FunctionDef)}


def test_a_suite_that_fails_takes_no_other_with_it() -> None:
    """Each runs in a process of its own, and what the failing one said is kept."""
    found = list(gathered(["absent", "absent"]))
    assert [one.name for one in found] == ["absent", "absent"]
    assert all("absent" in one.fault and not one.measurements for one in found)


def test_a_suite_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour; here at once."""
    monkeypatch.setattr(gathering, "LONGEST_S", 0.01)
    (found,) = gathered(["notes"])
    assert "took more than" in found.fault


def test_the_record_is_json_and_says_where_it_ran() -> None:
    """A ratio to nothing is null: JSON knows no infinity."""
    made = record([Gathered("ingest", 1.0, 0.5, (FIGURE,))], started_at=NOON)
    read = json.loads(json.dumps(made, allow_nan=False))
    assert read["suites"][0]["measurements"][0]["ratio"] is None
    assert {"processor", "cores", "memory_gib", "python"} <= read["machine"].keys()
    assert read["versions"]["numpy"][0].isdigit()


def test_the_page_has_a_table_a_suite() -> None:
    """Names keep to their cells, and what was not measured says why."""
    run = record(
        [Gathered("ingest", 1.0, 0.5, (FIGURE,)), Gathered("mqtt", 2.0, 0.5, (), "no\nbroker")],
        started_at=NOON,
    )
    shown = tables(run)
    assert "| a / b: <i>rate</i> | 1/s | 1,234 |  |  |  |" in shown
    assert "### mqtt" in shown
    assert "**Not measured.** no broker" in shown
