"""Recorded files become rows of time and values, whatever their separator and clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from ingest.errors import SettingsFault
from simulators.recording import load_recording

CSV = """datetime;Pressure;Flow Rate;anomaly
2020-03-09 10:14:33;0.5;30.1;0
2020-03-09 10:14:34;;30.2;0
nonsense;0.7;30.3;1
2020-03-09 10:14:36;0.8;31.0;1
"""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A small recording in the manner of a test bed."""
    file = tmp_path / "bed.csv"
    file.write_text(CSV)
    return file


def test_a_csv_is_read_with_labels_left_out(recorded: Path) -> None:
    """The separator is found, a bad time is skipped and counted, an empty cell is no value."""
    recording = load_recording(recorded, drop=["anomaly"], rename={"Flow Rate": "flow"})
    rows = list(recording.rows())
    assert rows[0] == (
        datetime(2020, 3, 9, 10, 14, 33, tzinfo=UTC),
        {"Pressure": 0.5, "flow": 30.1},
    )
    assert rows[1][1] == {"flow": 30.2}
    assert [moment.second for moment, _ in rows] == [33, 34, 36]
    assert recording.skipped == 1


def test_a_time_without_a_zone_is_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Whatever zone the replaying computer is in; a time with a zone is converted."""
    request.addfinalizer(time.tzset)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    file = tmp_path / "zones.csv"
    file.write_text("t,a\n2020-03-09 10:00:00,1\n")
    assert load_recording(file).times == [datetime(2020, 3, 9, 10, tzinfo=UTC)]
    file.write_text("t,a\n2020-03-09T10:00:00+01:00,1\n")
    assert load_recording(file).times == [datetime(2020, 3, 9, 9, tzinfo=UTC)]


def test_epoch_seconds_are_a_time(tmp_path: Path) -> None:
    """A numeric first column is seconds since 1970."""
    file = tmp_path / "epoch.csv"
    file.write_text("t,a\n1583748873,1\n1583748874.5,2\n")
    times = load_recording(file).times
    assert times[0] == datetime(2020, 3, 9, 10, 14, 33, tzinfo=UTC)
    assert (times[1] - times[0]).total_seconds() == 1.5


def test_parquet_is_read_like_csv(recorded: Path, tmp_path: Path) -> None:
    """The same rows from the other format, the time in the index or not."""
    table = pd.read_csv(recorded, sep=";")
    table = table[table["datetime"] != "nonsense"]
    table["datetime"] = pd.to_datetime(table["datetime"])
    table.to_parquet(tmp_path / "flat.parquet")
    table.set_index("datetime").to_parquet(tmp_path / "indexed.parquet")
    flat, indexed = (load_recording(tmp_path / f"{n}.parquet") for n in ("flat", "indexed"))
    assert list(flat.rows()) == list(indexed.rows())
    assert list(flat.rows()) == list(load_recording(recorded).rows())


@pytest.mark.parametrize(
    ("name", "drop"), [("bed.csv", ["no_such"]), ("missing.csv", []), ("lonely.csv", [])]
)
def test_what_cannot_be_replayed_is_refused_by_name(
    name: str, drop: list[str], recorded: Path, tmp_path: Path
) -> None:
    """A missing file, a missing column and a file without signals each say so."""
    (tmp_path / "lonely.csv").write_text("t\n1\n")
    with pytest.raises(SettingsFault, match=name):
        load_recording(tmp_path / name, drop=drop)
