"""`andon probe` shows everything that the registers of a real controller could mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from typer.testing import CliRunner

from ingest.registers import Register, RegisterTable
from ingest.words import RegisterType, WordOrder
from service.cli.main import app
from tests.simulated import machine_at, served

CDAB = WordOrder.CDAB
REGISTERS = (
    Register("temp", RegisterTable.HOLDING, 40, RegisterType.FLOAT32, CDAB),
    Register("digits", RegisterTable.HOLDING, 42, RegisterType.UINT32),
    Register("name", RegisterTable.HOLDING, 44, RegisterType.UINT64),
)
VALUES = {"temp": 61.5, "digits": 0x12345600, "name": int.from_bytes(b"PUMP 3\0\0")}


def probed(port: int, *options: str) -> str:
    place = ["--unit", "7", "--address", "40", "--count", "8"]
    result = CliRunner().invoke(app, ["probe", f"tcp://127.0.0.1:{port}", *place, *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_interpretation_is_told_to_a_program(free_port: Callable[[], int]) -> None:
    """Each type at each address in each order that differs."""
    port = free_port()
    with served([machine_at(port, REGISTERS)], VALUES):
        told: list[dict[str, Any]] = json.loads(probed(port, "--json"))
    found = {(entry["address"], entry["type"]): entry["values"] for entry in told}
    assert found[40, "float32"]["CDAB"] == 61.5
    assert found[42, "bcd32"]["ABCD"] == 12345600
    assert found[44, "string"]["ABCD"] == "PUMP 3"
    assert found[41, "bool"]["ABCD"] == "01000010 01110110"
    assert found[40, "uint16"] == {"ABCD": 0, "BADC": 0}
    assert {kind for _, kind in found} == set(RegisterType)
    assert set(found[42, "int32"]) == set(WordOrder)
    assert (45, "float64") not in found


def test_every_interpretation_is_shown_to_a_person(free_port: Callable[[], int]) -> None:
    """As a table."""
    port = free_port()
    with served([machine_at(port, REGISTERS)], VALUES):
        shown = probed(port)
    for words in ("61.5", "1115029504", "12345600", "PUMP 3", "bcd32", "0000 4276", "float16"):
        assert words in shown
