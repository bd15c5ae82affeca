"""The windows of defect_type: reproducible, enough of each class, the columns of run time."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finetune.features import window_features as features_at_run_time
from ingest.plant import Machine
from ingest.vocabulary import Series, Window
from simulators.faults import FaultKind
from simulators.windows import rows_of_run, window_features

SEED = 7_000_000


@pytest.fixture(scope="module")
def shipped(repository: Path) -> list[dict[str, str]]:
    """The committed CSV."""
    with (repository / "finetune" / "tasks" / "defect_type.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_class_has_sixty_windows(
    shipped: list[dict[str, str]], catalogue: tuple[FaultKind, ...]
) -> None:
    """Good parts are there from every machine kind, every defect at least sixty times."""
    counted = Counter(row["label"] for row in shipped)
    assert set(counted) == {row.defect for row in catalogue if row.defect} | {"good"}
    assert min(counted.values()) >= 60
    good = {row["machine_kind"] for row in shipped if row["label"] == "good"}
    assert good == {row.machine_kind for row in catalogue}


def test_the_shipped_windows_come_from_this_code(
    shipped: list[dict[str, str]],
    machines: tuple[Machine, ...],
    catalogue: tuple[FaultKind, ...],
) -> None:
    """The first run, simulated again, gives the rows that are committed."""
    again = list(rows_of_run(machines, catalogue, seed=SEED))
    for row, cells in zip(again, shipped, strict=False):
        assert (row.group, row.label) == (cells["group"], cells["label"])
        for name, value in row.features.items():
            assert float(cells[name]) == pytest.approx(value, rel=1e-4, abs=1e-9)


def test_the_columns_are_those_of_run_time() -> None:
    """finetune computes the same statistics from a Window, with code of its own."""
    samples = [{"oil_temp": t, "cycle_time": 12 - t} for t in (48.0, 48.5, 47.0, 52.25)]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    series = {
        name: Series(
            name, "", [0.0, 5.0, 10.0, 15.0], [sample[name] for sample in samples], [1, 2, 3, 4]
        )
        for name in samples[0]
    }
    window = Window("press-3", moment, moment, series)
    assert features_at_run_time(window) == pytest.approx(window_features(samples))
