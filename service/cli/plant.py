"""andon plant: a machine more, a vendor's register list, the schema for editors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ingest.errors import SettingsFault
from service.cli.options import (
    DEFAULT_PLANT,
    JsonOption,
    PlantOption,
    console,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from ingest.plant_edit import Controller
    from ingest.vendor_import import Imported

plant_commands = typer.Typer(no_args_is_help=True, help="The plant description and its registers.")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(plant_commands, name="plant")


@plant_commands.command("add-machine")
def add_machine(
    machine: Annotated[str, typer.Argument(help="Its id, like press-4.")],
    line: Annotated[str, typer.Option(help="The line it stands on.")],
    kind: Annotated[str, typer.Option(help="Ties it to manuals and codes: hydraulic-press.")],
    *,
    url: Annotated[str, typer.Option(help="Its controller: tcp://10.0.0.7:502.")] = "",
    registers: Annotated[
        Path | None, typer.Option(help="Its register file; needed with --url.")
    ] = None,
    unit: Annotated[int, typer.Option(help="Its Modbus unit.")] = 1,
    period: Annotated[float, typer.Option(help="Seconds from poll to poll.")] = 1.0,
    address_base: Annotated[
        int, typer.Option(help="What the register file calls the first register: 0 or 1.")
    ] = 0,
    plant: PlantOption = DEFAULT_PLANT,
    as_json: JsonOption = False,
) -> None:
    """Write a machine into the plant description, if the whole is right with it."""
    from dataclasses import replace

    from ingest import plant_edit

    controller = _controller(plant, url, registers)
    if controller is not None:
        controller = replace(controller, unit=unit, period_s=period, address_base=address_base)
    added = plant_edit.add_machine(plant, plant_edit.NewMachine(machine, line, kind, controller))
    if as_json:
        print_json({"plant": str(plant), "machine": machine, "added": added})
        return
    console.say(f"Added to {plant}:\n\n{added}")


def _controller(plant: Path, url: str, registers: Path | None) -> Controller | None:
    from ingest.plant_edit import Controller

    if not url and registers is None:
        return None
    if not url or registers is None:
        raise SettingsFault(
            "A controller needs its address and its register file.",
            remedy="Give both --url and --registers, or neither.",
        )
    if registers.is_absolute():
        return Controller(url, registers.as_posix())
    # What was typed is seen from here, what is written is seen from the plant description.
    seen = os.path.relpath(registers.absolute(), plant.absolute().parent)
    return Controller(url, Path(seen).as_posix())


@plant_commands.command()
def schema() -> None:
    """Print the JSON schema of plant.toml, by which editors check and complete it."""
    from ingest.plant_file import schema as schema_of_plant

    print_json(schema_of_plant())


@plant_commands.command("import-registers")
def import_registers(
    vendor: Annotated[Path, typer.Argument(help="The vendor's register list, a CSV.")],
    out: Annotated[Path, typer.Option(help="The register file to write.")],
    *,
    encoding: Annotated[str | None, typer.Option(help="Of the list, like cp1252.")] = None,
    table: Annotated[
        Literal["holding", "input", "coil", "discrete"] | None,
        typer.Option(help="Of registers that state none."),
    ] = None,
    base: Annotated[
        int | None, typer.Option(min=0, max=1, help="What the list calls the first register.")
    ] = None,
    notation: Annotated[
        Literal["plain", "counted"] | None,
        typer.Option(help="Whether 40001 is an address or the vendors' count."),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Of registers that state none, like uint16.")
    ] = None,
    order: Annotated[
        Literal["ABCD", "CDAB", "BADC", "DCBA"] | None,
        typer.Option(help="Of values of several registers that state none."),
    ] = None,
    divide: Annotated[bool, typer.Option("--divide", help="Scales divide: raw / scale.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a register file of a vendor's list; every assumption and every row left out is told."""
    from ingest.text_file import read_bytes
    from ingest.vendor_import import ImportOptions
    from ingest.vendor_import import import_registers as imported_from

    if out.exists() and not force:
        raise SettingsFault(f"{out} is there already.", remedy="Name another or say --force.")
    options = ImportOptions(encoding, table, base, notation, type_, order, divide)
    imported = imported_from(read_bytes(vendor), options)
    if imported.signals:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(imported.csv, encoding="utf-8")
    if as_json:
        print_json(_told(imported, out))
    else:
        _tell(imported, out)
    if not imported.signals:
        raise typer.Exit(1)


def _told(imported: Imported, out: Path) -> dict[str, object]:
    return {
        "out": str(out) if imported.signals else None,
        "signals": list(imported.signals),
        "columns": dict(imported.columns),
        "unused_columns": list(imported.unused),
        "assumed": list(imported.assumed),
        "left_out": [
            {"line": row.line, "reason": row.reason, "row": row.text} for row in imported.left_out
        ],
    }


def _tell(imported: Imported, out: Path) -> None:
    columns = ", ".join(f"{ours} from {theirs!r}" for ours, theirs in imported.columns.items())
    console.say(f"Columns: {columns}")
    if imported.unused:
        console.say("Not used: " + ", ".join(repr(header) for header in imported.unused))
    for words in imported.assumed:
        console.say(f"Assumed: {words}")
    if imported.left_out:
        rows = ([str(row.line), row.reason, row.text] for row in imported.left_out)
        print_table(("line", "left out because", "row"), rows)
    count = len(imported.signals)
    if not count:
        console.say("No register could be taken; nothing was written.")
        return
    console.say(f"{count} registers written to {out}, {len(imported.left_out)} rows left out.")
