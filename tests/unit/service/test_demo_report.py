"""The demo's report must not be kinder than the truth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.demo.report import DemoReport, IngestTotals, match_faults

GRACE = timedelta(seconds=10)
FAULT = {
    "machine": "press-3",
    "kind": "cooler_fouled",
    "started_at": "2026-11-22T10:00:00+00:00",
    "ended_at": "2026-11-22T10:00:30+00:00",
    "procedure": {"document": "SOP-HP-01", "page": 2},
}


def card(**changes: Any) -> dict[str, Any]:
    """A card that answers FAULT rightly, with changes."""
    right = {
        "id": "I1",
        "machine": "press-3",
        "opened_at": "2026-11-22T10:00:08+00:00",
        "diagnosis": {"label": "cooler_fouled"},
        "procedure": {"declined": False, "citations": [{"document": "SOP-HP-01", "page": 2}]},
    }
    return {**right, **changes}


def report(issues: list[dict[str, Any]], **totals: int) -> DemoReport:
    """A report of one fault over these cards."""
    outcomes, unmatched = match_faults([FAULT], issues, grace=GRACE)
    counted = {"published": 5, "received": 6, "stored": 5, "duplicates": 1, "dead_lettered": 0}
    return DemoReport(
        scenario="demo",
        seed=1,
        seconds_to_first_card=1.0,
        ingest=IngestTotals(**{**counted, **totals}),
        modbus=IngestTotals(0, 3, 3, 0, 0),
        faults=outcomes,
        false_alarms=len(unmatched),
        unmatched=unmatched,
    )


def test_a_right_card_passes() -> None:
    """Machine, diagnosis and procedure right, nothing lost."""
    result = report([card()])
    assert result.passed
    assert result.faults[0].delay_s == 8.0
    assert result.as_json()["ingest"]["lost"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"machine": "press-4"},
        {"opened_at": "2026-11-22T09:59:50+00:00"},
        {"opened_at": "2026-11-22T10:00:41+00:00"},
        {"diagnosis": {"label": "pump_worn"}},
        {"diagnosis": None},
        {"procedure": None},
        {"procedure": {"declined": True, "citations": []}},
        {"procedure": {"declined": False, "citations": [{"document": "SOP-HP-01", "page": 1}]}},
        {"procedure": {"declined": False, "citations": [{"document": "HP-MAN", "page": 2}]}},
    ],
)
def test_a_wrong_card_fails(wrong: dict[str, Any]) -> None:
    """Each way of being wrong fails the run."""
    assert not report([card(**wrong)]).passed


def test_no_card_and_a_card_for_nothing_fail() -> None:
    """A missed fault and a false alarm are both counted."""
    assert not report([]).passed
    extra = report([card(), card(id="I2", machine="mill-1")])
    assert (extra.false_alarms, extra.passed) == (1, False)


@pytest.mark.parametrize("totals", [{"stored": 4}, {"received": 9}])
def test_lost_or_unbalanced_records_fail(totals: dict[str, int]) -> None:
    """A right diagnosis does not excuse a lost message."""
    assert not report([card()], **totals).passed


def test_an_empty_run_proves_nothing() -> None:
    """No fault injected is no pass, except in the scenario that means to be quiet."""
    empty = DemoReport(
        "demo", 1, None, IngestTotals(0, 0, 0, 0, 0), IngestTotals(0, 0, 0, 0, 0), (), 0
    )
    assert not empty.passed
