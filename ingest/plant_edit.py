"""A machine more in `plant.toml`: every byte that stood there stays, and only a right file is kept.

The new tables are put behind the text as it is. The whole is read and checked before anything is
written, and then takes the place of the old file in one step.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from ingest.errors import PlantFault, SettingsFault
from ingest.plant import reading_faults
from ingest.plant_reader import PlantReader
from ingest.text_file import read_bytes


@dataclass(frozen=True, slots=True)
class Controller:
    """How a new machine is polled over Modbus."""

    url: str
    registers: str
    """Relative to the plant's folder, or absolute."""
    unit: int = 1
    period_s: float = 1.0
    address_base: int = 0


@dataclass(frozen=True, slots=True)
class NewMachine:
    """What a machine is described by when it is added."""

    id: str
    line: str
    kind: str
    controller: Controller | None = None


def add_machine(path: Path, machine: NewMachine) -> str:
    """Write the machine into the plant description and give the lines that were added.

    Raises:
        SettingsFault: the file cannot be read, has the machine already, or would be wrong with it.
        PlantFault: the file has faults as it is.
    """
    with reading_faults(path):
        content = read_bytes(path)
        text = content.decode("utf-8-sig")
    _refuse_known(path, text, machine)
    added = _lines_for(text, machine)
    _refuse_wrong(path, text + added, machine)
    _replace(path.resolve(), content + added.encode())  # a link stays one
    return added.strip().replace("\r\n", "\n") + "\n"


def _refuse_known(path: Path, text: str, machine: NewMachine) -> None:
    reader = PlantReader(path, text)
    plant = reader.read()
    faults = [d for d in reader.defects if d.message != "there are no [[machines]]"]
    if faults:
        raise PlantFault(faults)
    if machine.id in {known.id for known in plant.machines}:
        raise SettingsFault(
            f"Machine {machine.id!r} stands in {path} already.", remedy="Choose another id."
        )


def _lines_for(text: str, machine: NewMachine) -> str:
    """The tables of the machine, as they are put behind the text."""
    table = tomlkit.table()
    table.update({"id": machine.id, "line": machine.line, "kind": machine.kind})
    if machine.controller is not None:
        table.add(tomlkit.nl())
        table.append("modbus", _modbus(machine.controller))
    machines = tomlkit.aot()
    machines.append(table)
    lines = tomlkit.document().append("machines", machines).as_string().strip() + "\n"
    before = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return (before + lines).replace("\n", "\r\n" if "\r\n" in text else "\n")


def _modbus(controller: Controller) -> Table:
    table = tomlkit.table()
    table.update(
        {
            "url": controller.url,
            "unit": controller.unit,
            "period_s": controller.period_s,
            "registers": controller.registers,
        }
    )
    if controller.address_base:
        table["address_base"] = controller.address_base
    return table


def _refuse_wrong(path: Path, text: str, machine: NewMachine) -> None:
    reader = PlantReader(path, text)
    reader.read()
    if reader.defects:
        # The lines of the plant are not written yet; those of a register file are there.
        faults = [d.message if d.path == path else str(d) for d in reader.defects]
        raise SettingsFault(
            f"Machine {machine.id!r} is not added to {path}: " + "; ".join(faults) + "."
        )


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the place of the file; who reads meanwhile sees one or the other."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
