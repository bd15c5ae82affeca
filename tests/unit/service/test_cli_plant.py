"""The commands of `andon plant` change files only when all is right, and say what they did."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.errors import SettingsFault
from ingest.plant import load_plant
from ingest.registers import RegisterTable
from service.cli.main import app

PLANT = '[[machines]]\nid = "press-3"\nline = "line-1"\nkind = "hydraulic-press"\n'
LIST = "Bezeichnung;Register;Typ;Faktor\nDruck;40011;INT;0,1\nSollwert;40012;???;1\n"
NEW = ("plant", "add-machine", "press-4", "--line", "line-1", "--kind", "hydraulic-press")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plant in the folder `site` below the working folder, and a vendor's list."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "plant.toml").write_text(PLANT)
    (tmp_path / "vendor.csv").write_text(LIST)
    return tmp_path


def andon(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_vendors_list_becomes_a_machine_of_the_plant(folder: Path) -> None:
    """Import and addition, and the path is right seen from the plant description."""
    imported = andon("plant", "import-registers", "vendor.csv", "--out", "maps/press.csv")
    assert imported.exit_code == 0
    assert "Assumed: numbers are written with decimal commas" in imported.output
    assert "1 registers written to maps/press.csv, 1 rows left out." in imported.output
    plant = ("--plant", "site/plant.toml")
    controller = ("--url", "tcp://10.0.0.4", "--registers", "maps/press.csv", "--unit", "3")
    added = andon(*NEW, *controller, *plant)
    assert added.exit_code == 0
    assert 'registers = "../maps/press.csv"' in added.output
    unit = load_plant(folder / "site" / "plant.toml").machine("press-4").modbus
    assert unit is not None
    (register,) = unit.registers
    assert (register.signal, register.table, register.address, register.scale) == (
        *("druck", RegisterTable.HOLDING, 10, 0.1),
    )


def test_what_was_done_is_told_to_programs(folder: Path) -> None:
    """As JSON."""
    arguments = ("plant", "import-registers", "vendor.csv", "--out", "maps/press.csv", "--json")
    told = json.loads(andon(*arguments).output)
    assert (told["out"], told["signals"]) == ("maps/press.csv", ["druck"])
    assert told["columns"]["address"] == "Register"
    assert told["left_out"] == [
        {"line": 3, "reason": "type '???' is not known", "row": "Sollwert | 40012 | ??? | 1"}
    ]
    added = json.loads(andon(*NEW, "--plant", "site/plant.toml", "--json").output)
    assert tomllib.loads(added["added"])["machines"][0]["id"] == "press-4"


def test_a_list_of_which_nothing_can_be_taken_writes_nothing(folder: Path) -> None:
    """The answer is no: exit 1."""
    (folder / "vendor.csv").write_text("Name,Register,Type\nx,one,INT\n")
    result = andon("plant", "import-registers", "vendor.csv", "--out", "maps/press.csv")
    assert result.exit_code == 1
    assert "nothing was written" in result.output
    assert not (folder / "maps").exists()


def test_a_register_file_is_not_overwritten_unasked(folder: Path) -> None:
    """It may have been edited since."""
    (folder / "press.csv").write_text("mine")
    arguments = ("plant", "import-registers", "vendor.csv", "--out", "press.csv")
    assert "is there already" in str(andon(*arguments).exception)
    assert (folder / "press.csv").read_text() == "mine"
    assert andon(*arguments, "--force").exit_code == 0
    assert "druck" in (folder / "press.csv").read_text()


@pytest.mark.parametrize("half", [("--url", "tcp://10.0.0.4"), ("--registers", "press.csv")])
def test_half_a_controller_is_refused(folder: Path, half: tuple[str, ...]) -> None:
    """An address without registers, or registers without an address."""
    fault = andon(*NEW, *half, "--plant", "site/plant.toml").exception
    assert isinstance(fault, SettingsFault)
    assert "Give both --url and --registers" in str(fault)
    assert (folder / "site" / "plant.toml").read_text() == PLANT


def test_the_schema_is_printed_for_editors() -> None:
    """One JSON document."""
    told = json.loads(andon("plant", "schema").output)
    assert told["$schema"].startswith("https://json-schema.org/")
    assert "machines" in told["properties"]
