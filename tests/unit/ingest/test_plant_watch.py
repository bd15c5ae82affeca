"""A changed description is noticed, read once, and only taken over when it is right."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from ingest.plant import Plant, load_plant
from ingest.plant_watch import PlantWatch

REGISTERS = "signal,table,address,type\noil_temp,input,10,int16\n"
PLANT = """\
[[machines]]
id = "press-3"
line = "line-1"
kind = "press"

[machines.modbus]
url = "tcp://127.0.0.1:5020"
registers = "press.csv"
"""
SECOND = '\n[[machines]]\nid = "mill-1"\nline = "line-1"\nkind = "mill"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A right description in its folder."""
    (tmp_path / "press.csv").write_text(REGISTERS)
    (tmp_path / "plant.toml").write_text(PLANT)
    return tmp_path / "plant.toml"


def change(path: Path, text: str) -> None:
    """Another text and, whatever the resolution of the file system's clock, another time."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def looked(watch: PlantWatch, looks: int = 5) -> list[Plant]:
    return [plant for plant in (watch.look() for _ in range(looks)) if plant is not None]


def test_what_did_not_change_is_not_read(path: Path) -> None:
    """However often one looks."""
    assert looked(PlantWatch(load_plant(path))) == []


def test_a_changed_description_is_given_once(path: Path) -> None:
    """And each later change again."""
    watch = PlantWatch(load_plant(path))
    for text in (PLANT + SECOND, PLANT):
        change(path, text)
        (plant,) = looked(watch)
        assert plant == load_plant(path)
    assert (watch.taken_over, watch.trouble) == (2, "")


def test_a_changed_register_file_counts_too(path: Path) -> None:
    """It is part of the description."""
    watch = PlantWatch(load_plant(path))
    change(path.with_name("press.csv"), REGISTERS + "pressure,input,11,int16\n")
    (plant,) = looked(watch)
    assert list(plant.machine("press-3").signals) == ["oil_temp", "pressure"]


def test_a_file_that_is_still_being_written_is_left_alone(path: Path) -> None:
    """It is read when two looks have found the same."""
    watch = PlantWatch(load_plant(path))
    for end in range(20, len(SECOND), 20):
        change(path, PLANT + SECOND[:end])
        assert watch.look() is None
    change(path, PLANT + SECOND)
    assert [plant is None for plant in (watch.look(), watch.look(), watch.look())] == [
        True,
        False,
        True,
    ]


def test_faults_are_said_once_with_file_and_line_and_the_old_plant_stays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All of them in one line of the log; the right file is taken over afterwards."""
    watch = PlantWatch(load_plant(path))
    change(path, PLANT.replace("press.csv", "new.csv") + SECOND + "colour = 1\n")
    assert looked(watch) == []
    (record,) = caplog.records
    assert f"{path}:8: registers = 'new.csv'" in record.getMessage()
    assert f"{path}:14: unknown key" in record.getMessage()
    assert watch.trouble
    caplog.clear()
    change(path, PLANT)
    assert len(looked(watch)) == 1
    assert watch.trouble == ""


def test_a_missing_file_that_comes_mends_the_description(path: Path) -> None:
    """A file is watched from when it is named, not from when it is there."""
    watch = PlantWatch(load_plant(path))
    change(path, PLANT.replace("press.csv", "new.csv"))
    assert looked(watch) == []
    path.with_name("new.csv").write_text(REGISTERS)
    assert len(looked(watch)) == 1


def test_a_description_that_is_taken_away_is_said_and_one_put_back_is_read(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The collector goes on with what it knows."""
    watch = PlantWatch(load_plant(path))
    path.rename(path.with_name("away"))
    assert looked(watch) == []
    assert "cannot be read" in caplog.text
    path.with_name("away").rename(path)
    looked(watch)
    assert watch.trouble == ""


def test_a_name_that_no_file_can_have_is_a_fault_and_not_the_end_of_looking(path: Path) -> None:
    """It is watched like every other, for the next one may be right."""
    watch = PlantWatch(load_plant(path))
    change(path, PLANT.replace("press.csv", "press\\u0000"))
    assert looked(watch) == []
    assert "no file can have this name" in watch.trouble
    change(path, PLANT)
    assert len(looked(watch)) == 1


def test_whoever_asks_gets_it_read_at_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SIGHUP says that somebody wants to see the result now."""
    caplog.set_level(logging.INFO)
    watch = PlantWatch(load_plant(path))
    watch.ask()
    assert watch.look() == load_plant(path)
    assert watch.look() is None
    assert "plant is read again" in caplog.text


def test_a_table_of_codes_in_a_file_of_its_own_is_watched_too(path: Path) -> None:
    """A register map names it."""
    codes = path.with_name("codes.csv")
    codes.write_text("code,text\n0,off\n")
    (path.parent / "press.csv").write_text(
        "signal,table,address,type,enum\nmode,input,10,uint16,codes.csv\n"
    )
    watch = PlantWatch(load_plant(path))
    change(codes, "code,text\n0,stopped\n")
    (plant,) = looked(watch)
    modbus = plant.machine("press-3").modbus
    assert modbus is not None
    assert modbus.registers[0].labels == ((0, "stopped"),)
