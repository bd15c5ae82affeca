"""Register maps that overlap or leave the address space: each file says its own faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.errors import PlantFault
from service.cli.main import app

CASES = sorted(Path(__file__).parent.glob("*.csv"))
PLANT = """\
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[machines.modbus]
url = "tcp://127.0.0.1:1"
registers = "{registers}"
"""


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_a_map_that_cannot_be_is_refused_with_every_line(case: Path, tmp_path: Path) -> None:
    """Exactly the faults that the file announces, and exit 2."""
    announced = [
        (int(line), message)
        for line, message in re.findall(r"^# fault (\d+): (.+)$", case.read_text(), re.M)
    ]
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT.format(registers=case))
    result = CliRunner().invoke(app, ["check", str(plant)])
    assert result.exit_code == 2
    found = re.findall(rf"^{re.escape(str(case))}:(\d+): (.+)$", result.output, re.M)
    assert len(found) == len(announced) > 0
    for line, message in announced:
        assert any(int(at) == line and text.startswith(message) for at, text in found), message


def test_no_collector_starts_on_such_a_map(tmp_path: Path) -> None:
    """It would read wrong values, not none."""
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT.format(registers=CASES[0]))
    home = tmp_path / "home"
    result = CliRunner().invoke(app, ["ingest", "--plant", str(plant), "--home", str(home)])
    assert isinstance(result.exception, PlantFault)
    assert not home.exists()
