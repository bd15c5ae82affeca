"""Window tasks: the numbers of a process window, and time spans as rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from finetune.dataset import inspect_data, read_dataset, task_for
from finetune.features import MORE, STATISTICS, Sight, as_row, sight_features
from finetune.task import Derived, Operation, Task, TaskKind
from finetune.window_table import episodes
from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import Evidence, EvidenceKind, Series, Severity, Window
from tests.unit.finetune.conftest import WriteCsv

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TASK = Task("mine", TaskKind.WINDOW)
LIMITS = SimpleNamespace(low_low=None, low=None, high=3.0, high_high=None, period_s=None)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def evidence(kind: EvidenceKind, *signals: str, code: str = "", seconds: float = 60) -> Evidence:
    return Evidence(
        "E0001", kind, "m", signals, NOON, at(seconds), Severity.WARNING, "", {}, (),
        codes=(code,) if code else (),
    )  # fmt: skip


def sight(values: list[float], *pieces: Evidence) -> Sight:
    times = [NOON.timestamp() + 60 * step for step in range(len(values))]
    series = {"oil": Series("oil", "", times, values, [0] * len(values))}
    return Sight(Window("m", NOON, at(600), series), pieces, {"oil": LIMITS})


def test_a_window_gives_statistics_of_its_signals() -> None:
    """The five of old, and how it moved; the slope is per hour."""
    found = sight_features(sight([1.0, 2.0, math.nan, 2.0, 5.0]))
    assert set(found) == {f"oil.{name}" for name in (*STATISTICS, *MORE)}
    assert found["oil.range"] == 4.0
    assert found["oil.p50"] == 2.0
    assert found["oil.changes"] == pytest.approx(2 / 3)
    assert found["oil.roughness"] == pytest.approx(4 / 3)
    assert found["oil.over_limit"] == 0.25
    assert found["oil.slope"] == pytest.approx(60 * np.polyfit([0, 1, 3, 4], [1, 2, 2, 5], 1)[0])


def test_a_signal_that_says_one_thing_does_not_move() -> None:
    """No division by nothing."""
    found = sight_features(sight([4.0]))
    assert (found["oil.slope"], found["oil.changes"], found["oil.roughness"]) == (0.0, 0.0, 0.0)
    assert sight_features(sight([])) == {}


def test_evidence_is_counted_by_signal_and_kind() -> None:
    """What is not there counts as none, unlike a signal that is not there."""
    found = sight_features(
        sight(
            [1.0],
            evidence(EvidenceKind.DRIFT, "oil", seconds=30),
            evidence(EvidenceKind.DRIFT, "oil"),
            evidence(EvidenceKind.ALARM, code="E217"),
        )
    )
    assert found["oil@drift.count"] == 2
    assert found["oil@drift.seconds"] == 90
    assert found["oil@drift.severity"] == 2
    assert found["@alarm.count"] == found["@code.E217"] == 1
    row = as_row(found, ["oil.mean", "oil@step.count", "water.mean"])
    assert row.tolist()[:2] == [1.0, 0.0]
    assert math.isnan(row[2])


def history(machine: str, start: datetime, end: datetime) -> Sight:
    """A press that drifts in every third window."""
    if machine != "press-3":
        raise NotKnown(f"There is no machine {machine}.")
    hour = int((start - NOON).total_seconds()) // 3600
    found = sight([hour % 3 + step / 10 for step in range(5)] if hour < 40 else [])
    pieces = (evidence(EvidenceKind.DRIFT, "oil"),) if hour % 3 == 2 else ()
    return Sight(found.window, pieces, found.limits)


def span_rows(count: int = 36) -> list[dict[str, str]]:
    return [
        {
            "machine": "press-3",
            "start": at(3600 * hour).isoformat(),
            "end": at(3600 * hour + 600).isoformat(),
            "label": ("calm", "warm", "drifting")[hour % 3],
        }
        for hour in range(count)
    ]


def test_time_spans_are_rows_of_numbers(write_csv: WriteCsv) -> None:
    """From a file with a header of four columns; no task file is needed."""
    path = write_csv(span_rows())
    task = task_for("mine", declared=None, data=path)
    data = read_dataset(task, path, windows=history)
    assert task.kind is TaskKind.WINDOW
    assert "oil@drift.count" in data.columns
    drifts = data.examples.table[:, data.columns.index("oil@drift.count")]
    assert drifts.tolist() == [0.0, 0.0, 1.0] * 12
    assert data.split(seed=0).how == "by episode of a machine"
    assert data.inspection.unused == ()
    numbers = write_csv([row | {"heat": "1.5"} for row in span_rows()], "numbers.csv")
    assert task_for("mine", declared=None, data=numbers).kind is TaskKind.TABULAR
    again = read_dataset(task, path, windows=history, columns=("oil.mean", "oil@step.count"))
    assert again.examples.table[0].tolist() == [pytest.approx(0.2), 0.0]


def test_a_glob_and_derived_features_hold_for_windows(write_csv: WriteCsv) -> None:
    """Statistics only, and one that is made of two of them."""
    spread = Derived("spread", ("oil.max", "oil.min"), Operation.DIFFERENCE)
    task = Task("mine", TaskKind.WINDOW, features="oil.m*", derived=(spread,))
    data = read_dataset(task, write_csv(span_rows()), windows=history)
    assert data.columns == ("oil.max", "oil.mean", "oil.min", "spread")
    assert np.allclose(data.examples.table[:, -1], 0.4)


def test_bad_time_spans_are_named_all_at_once(write_csv: WriteCsv) -> None:
    """Each kind with its rows."""
    rows = span_rows()
    rows[1]["start"] = "2026-01-01T13:00:00"
    rows[2]["end"] = "yesterday"
    rows[3]["end"] = rows[3]["start"]
    rows[4]["machine"] = "press-4"
    rows[5]["machine"] = ""
    rows[6] |= {"start": at(3600 * 50).isoformat(), "end": at(3600 * 51).isoformat()}
    inspection = inspect_data(TASK, write_csv(rows), windows=history)
    assert [(one.code, one.rows) for one in inspection.faults] == [
        ("bad_time", (1,)),
        ("bad_time", (2,)),
        ("no_machine", (5,)),
        ("empty_window", (3,)),
        ("unknown_machine", (4,)),
        ("no_readings", (6,)),
    ]
    assert "column start: row 2 ('2026-01-01T13:00:00')" in inspection.faults[0].words


def test_a_window_task_without_a_history_says_so(write_csv: WriteCsv, tmp_path: Path) -> None:
    """As it does without its columns."""
    with pytest.raises(DataFault, match="no history was given to task mine"):
        read_dataset(TASK, write_csv(span_rows()))
    rows = [{"machine": "press-3", "label": "a"} for _ in range(12)]
    with pytest.raises(DataFault, match="no column start, end; there are machine, label"):
        read_dataset(TASK, write_csv(rows), windows=history)


def test_windows_of_one_episode_stand_together() -> None:
    """Those that overlap, or follow each other under one label, but not without end."""
    spans = [("m", at(start), at(start + 60)) for start in (0, 30, 100, 400, 0)]
    spans[4] = ("other", at(0), at(60))
    names = episodes(spans, ["a", "b", "b", "b", "a"])
    assert names[0] == names[1] == names[2]
    assert len(set(names)) == 3
    chain = [("m", at(60 * step), at(60 * step + 60)) for step in range(20)]
    assert len(set(episodes(chain, ["a"] * 20))) == 4
    assert len(set(episodes(chain, [str(step // 2) for step in range(20)]))) == 10
    assert len(set(episodes([None, *chain[:1]], ["a", "a"]))) == 2
