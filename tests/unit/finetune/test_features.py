"""The numbers of a process window."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from finetune.features import STATISTICS, window_features
from finetune.task import shipped_task
from ingest.vocabulary import Series, Window

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def window(**values: list[float]) -> Window:
    series = {
        name: Series(name, "", list(range(len(numbers))), numbers, list(range(len(numbers))))
        for name, numbers in values.items()
    }
    return Window("m", NOON, NOON, series)


def test_each_signal_gives_five_numbers() -> None:
    """Mean, population deviation, extremes and the change over the window."""
    assert window_features(window(oil=[1.0, 5.0, 3.0])) == {
        "oil.mean": 3.0,
        "oil.std": math.sqrt(8 / 3),
        "oil.min": 1.0,
        "oil.max": 5.0,
        "oil.last_minus_first": 2.0,
    }


def test_state_silence_and_nonsense_are_left_out() -> None:
    """A state is no process value, an empty series has no numbers, NaN is not counted."""
    found = window_features(window(state=[6.0], empty=[], odd=[math.nan, 2.0, math.inf]))
    assert set(found) == {f"odd.{name}" for name in STATISTICS}
    assert found["odd.mean"] == 2.0


def test_the_shipped_data_has_these_columns() -> None:
    """What a window gives at run time is what was trained on."""
    task = shipped_task("defect_type")
    assert task.data is not None
    header = task.data.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    columns = [name for name in header if "." in name]
    assert columns
    assert {name.split(".")[1] for name in columns} == set(STATISTICS)
    assert "state" not in {name.split(".")[0] for name in columns}
