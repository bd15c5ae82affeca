"""A plant of 200 machines with 20 different faults: `andon check` finds all, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.main import app

MACHINE = """
[[machines]]
id = "m-{n}"
line = "line-{line}"
kind = "hydraulic-press"

[machines.modbus]
url = "tcp://10.0.{line}.{n}:502"
unit = 1
period_s = 1.0
timeout_s = 2.0
registers = "maps/m-{n}.csv"

[[machines.signals]]
id = "oil_temp"
low = 15.0
high = 65.0

[[machines.signals]]
id = "extra"
"""
REGISTERS = """\
signal,table,address,bit,type,order,scale,nan,enum,unit
state,holding,0,,uint16,,,,0=stopped;1=running,
oil_temp,input,10,,int16,,0.1,0x8000,,degC
pressure,input,12,,float32,CDAB,,,,bar
running,holding,1,3,bool,,,,,
counter,holding,65534,,uint32,DCBA,,,,
"""


@dataclass(frozen=True)
class Fault:
    """One line changed, and what is said about it."""

    right: str
    wrong: str
    message: str
    above: int = 0
    """How far above the changed line it is reported: at the head of its table."""


IN_THE_PLANT = (
    Fault("unit = 1", "unit = 300", "unit = 300: input should be less than or equal to 255"),
    Fault('url = "tcp://', 'url = "udp://', "must begin with tcp://"),
    Fault("period_s = 1.0", "period_s = 0", "period_s = 0: input should be greater than"),
    Fault("period_s = 1.0", "perriod_s = 1.0", "unknown key 'perriod_s'"),
    Fault("timeout_s = 2.0", "timeout_s = 2,0", "is no TOML"),
    Fault('id = "m-{n}"', 'id = "m-1"', "machine 'm-1' stands in line 3 already"),
    Fault('id = "m-{n}"', 'id = "m {n}"', "without spaces"),
    Fault('kind = "hydraulic-press"', "", "key 'kind' is missing", above=3),
    Fault('maps/m-{n}.csv"', 'maps/m_{n}.csv"', "does not exist"),
    Fault('id = "extra"', 'id = "oil_temp"', "signal 'oil_temp' stands twice"),
)
IN_A_MAP = (
    Fault("input,12", "input,9", "'pressure' (input 9 to 10) overlaps 'oil_temp' (10 to 10)"),
    Fault("65534", "65535", "uint32 at 65535 runs over the last address 65535"),
    Fault("float32", "float24", "type = 'float24'"),
    Fault("CDAB", "CBAD", "order = 'CBAD'"),
    Fault("0.1,0x8000", "0,0x8000", "scale = 0 would make every value the same"),
    Fault("0x8000", "0x18000", "nan = '0x18000' is no value of a int16"),
    Fault(",1,3,", ",1,16,", "the bits of a bool go from 0 to 15"),
    Fault("0=stopped;1=running", "0=stopped;0=running", "enum: code 0 stands twice"),
    Fault("pressure,", "oil_temp,", "signal 'oil_temp' stands in line 3 already"),
    Fault(",uint32,DCBA,,,,", ",uint32,DCBA", "has 6 cells, the header has 10"),
)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """200 machines without a fault, each with a register map of its own."""
    (tmp_path / "maps").mkdir()
    for n in range(1, 201):
        (tmp_path / "maps" / f"m-{n}.csv").write_text(REGISTERS)
    text = "".join(MACHINE.format(n=n, line=n // 10) for n in range(1, 201))
    (tmp_path / "plant.toml").write_text(text)
    return tmp_path / "plant.toml"


def planted(plant: Path) -> dict[tuple[str, int], str]:
    """Plant every fault into a machine of its own: file and line to what must be said."""
    expected: dict[tuple[str, int], str] = {}
    length = MACHINE.count("\n")
    lines = plant.read_text().split("\n")
    for n, fault in enumerate(IN_THE_PLANT, 1):
        number = 10 * n
        first = (number - 1) * length
        right = fault.right.format(n=number)
        at = next(i for i in range(first, first + length) if right in lines[i])
        lines[at] = lines[at].replace(right, fault.wrong.format(n=number))
        expected[str(plant), at + 1 - fault.above] = fault.message
    plant.write_text("\n".join(lines))
    for n, fault in enumerate(IN_A_MAP, 1):
        path = plant.parent / "maps" / f"m-{10 * n + 95}.csv"
        assert REGISTERS.count(fault.right) == 1
        path.write_text(REGISTERS.replace(fault.right, fault.wrong))
        line = REGISTERS[: REGISTERS.index(fault.right)].count("\n") + 1
        expected[str(path), line] = fault.message
    assert len(expected) == 20
    return expected


def test_a_large_plant_without_a_fault_is_read_whole(plant: Path) -> None:
    """Else the faults below would prove nothing."""
    result = CliRunner().invoke(app, ["check", str(plant)])
    assert result.exit_code == 0
    assert "200 machines, no faults." in " ".join(result.output.split())
    meant = "pressure (float32 CDAB)"
    assert result.output.count("read input 10 to 13 (function 4): oil_temp (int16 x 0.1") == 200
    assert result.output.count(meant) == 200


def test_twenty_faults_are_found_with_file_and_line(plant: Path) -> None:
    """For people."""
    expected = planted(plant)
    result = CliRunner().invoke(app, ["check", str(plant)])
    assert result.exit_code == 2
    assert "20 fault(s) in the plant description" in result.output
    said = result.output.splitlines()
    for (path, line), message in expected.items():
        (found,) = [words for words in said if words.startswith(f"{path}:{line}: ")]
        assert message in found


def test_twenty_faults_are_found_by_a_program(plant: Path) -> None:
    """As JSON: the same places, no other, in the order of the files."""
    expected = planted(plant)
    result = CliRunner().invoke(app, ["check", str(plant), "--json"])
    assert result.exit_code == 2
    told = json.loads(result.output)
    assert told["ok"] is False
    found = {(fault["file"], fault["line"]): fault["message"] for fault in told["faults"]}
    assert len(told["faults"]) == 20
    assert set(found) == set(expected)
    for place, message in expected.items():
        assert message in found[place]
