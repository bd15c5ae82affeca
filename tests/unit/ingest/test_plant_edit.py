"""A machine is added to a plant description that stays right, or nothing is written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ingest.errors import PlantFault, SettingsFault
from ingest.plant import load_plant
from ingest.plant_edit import Controller, NewMachine, add_machine
from ingest.plant_file import schema

PLANT = """\
# The plant of hall 4.
[plant]
name = "Hall 4"   # as it is called

machines_of_old = []
[[machines]]
id = "press-3"          # the old one
line = "line-1"
  kind = "hydraulic-press"
"""
RIGHT = PLANT.replace("machines_of_old = []\n", "")
REGISTERS = "signal,table,address,type\noil_temp,holding,1,int16\n"


def plant_in(folder: Path, text: str = RIGHT) -> Path:
    (folder / "map.csv").write_text(REGISTERS)
    path = folder / "plant.toml"
    path.write_bytes(text.encode())
    return path


def new(**more: Any) -> NewMachine:
    return NewMachine("press-4", "line-1", "hydraulic-press", Controller(**more) if more else None)


def test_a_machine_is_added_behind_what_stands_there(tmp_path: Path) -> None:
    """Comments and layout stay to the byte, and the file says what was asked for."""
    path = plant_in(tmp_path)
    added = add_machine(
        path,
        new(url="tcp://10.0.0.4", registers="map.csv", unit=7, period_s=0.25, address_base=1),
    )
    text = path.read_text()
    assert text == f"{RIGHT}\n{added}"
    press = load_plant(path).machine("press-4")
    assert (press.line, press.kind) == ("line-1", "hydraulic-press")
    assert press.modbus is not None
    assert (press.modbus.url, press.modbus.unit, press.modbus.period_s) == (
        *("tcp://10.0.0.4", 7, 0.25),
    )
    assert press.modbus.registers[0].address == 0


def test_machines_are_added_one_after_the_other(tmp_path: Path) -> None:
    """With and without a controller."""
    path = plant_in(tmp_path, '[plant]\nname = "New"\n')
    for number in range(3):
        controller = Controller("tcp://10.0.0.4", "map.csv") if number == 1 else None
        add_machine(path, NewMachine(f"m-{number}", "line-1", "press", controller))
    machines = load_plant(path).machines
    assert [(machine.id, machine.modbus is None) for machine in machines] == [
        *(("m-0", True), ("m-1", False), ("m-2", True)),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RIGHT.rstrip("\n"), RIGHT + "\n[[machines]]\n"),
        (RIGHT.replace("\n", "\r\n"), RIGHT.replace("\n", "\r\n") + "\r\n[[machines]]\r\n"),
        ("\ufeff" + RIGHT, "\ufeff" + RIGHT + "\n[[machines]]\n"),
    ],
)
def test_the_ends_of_lines_stay_as_they_are(tmp_path: Path, text: str, expected: str) -> None:
    """A last line without an end, the ends of Windows, a mark at the beginning."""
    path = plant_in(tmp_path, text)
    add_machine(path, new())
    assert path.read_bytes().decode().startswith(expected)
    assert load_plant(path).machine("press-4").modbus is None


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (NewMachine("press-3", "l", "k"), "Machine 'press-3' stands in .* already"),
        (NewMachine("press 4", "l", "k"), "press 4' is not added .* without spaces"),
        (NewMachine('p"\n[[x]]', "l", "k"), "is not added"),
        (new(url="udp://10.0.0.4", registers="map.csv"), "must begin with tcp://"),
        (new(url="tcp://10.0.0.4", registers="no.csv"), "no.csv does not exist"),
        (new(url="tcp://10.0.0.4", registers="bad.csv"), "bad.csv:2: address = 'one'"),
        (new(url="tcp://10.0.0.4", registers="map.csv", unit=256), "unit = 256"),
        (new(url="tcp://10.0.0.4", registers="map.csv", period_s=0.0), "period_s = 0.0"),
        (new(url="tcp://10.0.0.4", registers="map.csv", address_base=2), "address_base = 2"),
    ],
)
def test_a_machine_that_would_be_wrong_is_not_added(
    tmp_path: Path, machine: NewMachine, message: str
) -> None:
    """The reason is named, and the file is what it was."""
    path = plant_in(tmp_path)
    (tmp_path / "bad.csv").write_text(REGISTERS.replace(",1,", ",one,"))
    with pytest.raises(SettingsFault, match=message):
        add_machine(path, machine)
    assert path.read_text() == RIGHT
    assert len(list(tmp_path.iterdir())) == 3


def test_a_plant_with_faults_is_mended_first(tmp_path: Path) -> None:
    """They are named as `andon check` names them."""
    path = plant_in(tmp_path, PLANT)
    with pytest.raises(PlantFault, match=r"plant\.toml:5: unknown key 'machines_of_old'"):
        add_machine(path, new())
    assert path.read_text() == PLANT


def test_an_array_that_cannot_grow_is_named(tmp_path: Path) -> None:
    """TOML forbids further tables behind an array that was written in one piece."""
    text = 'machines = [{ id = "a", line = "l", kind = "k" }]\n'
    path = plant_in(tmp_path, text)
    with pytest.raises(SettingsFault, match=r"is not added .* is no TOML"):
        add_machine(path, new())
    assert path.read_text() == text


def test_a_link_and_the_rights_of_the_file_stay(tmp_path: Path) -> None:
    """What is replaced is the file that the link leads to; its registers lie beside the link."""
    (tmp_path / "real").mkdir()
    real = plant_in(tmp_path / "real")
    (tmp_path / "real" / "map.csv").rename(tmp_path / "map.csv")
    real.chmod(0o640)
    link = tmp_path / "plant.toml"
    link.symlink_to(real)
    add_machine(link, new(url="tcp://10.0.0.4", registers="map.csv"))
    assert link.is_symlink()
    assert "press-4" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == [
        *("map.csv", "plant.toml", "plant.toml", "real"),
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the setting that names another."""
    with pytest.raises(SettingsFault, match="--plant or ANDON_PLANT"):
        add_machine(tmp_path / "plant.toml", new())


@pytest.mark.parametrize("addition", ["", '[[brokers]]\nid = "b"\nurl = "mqtts://10.0.0.2"\n'])
def test_the_demo_plant_fits_the_schema(repository: Path, addition: str) -> None:
    """What editors check is what `andon check` takes."""
    text = (repository / "plant.toml").read_text() + addition
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    assert list(validator.iter_errors(tomllib.loads(text))) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('name = "Demo plant"', "name = 7"),
        ("unit = 2", "unit = 256"),
        ("unit = 2", "units = 2"),
        ("version = 5", "version = 3"),
        ('id = "press-3"', ""),
        ('id = "press-3"', 'id = "press 3"'),
    ],
)
def test_the_schema_refuses_what_the_check_refuses(
    repository: Path, right: str, wrong: str
) -> None:
    """Types, ranges, unknown keys, missing ones and patterns."""
    text = (repository / "plant.toml").read_text()
    assert right in text
    plant = tomllib.loads(text.replace(right, wrong, 1))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(plant))


def test_the_schema_tells_editors_what_a_key_means() -> None:
    """The words beside the field."""
    known = schema()["$defs"]["ModbusTable"]["properties"]
    assert known["max_gap"]["description"].startswith("Unused registers")
