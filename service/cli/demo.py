"""andon demo, simulate and replay: machines that are not there."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, NoReturn

import typer

from ingest.errors import SettingsFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    PlantOption,
    complaints,
    console,
)

ScenarioOption = Annotated[str, typer.Option(help="Name of a scenario of the simulators.")]
SeedOption = Annotated[int, typer.Option(help="Draws faults, texts and noise.")]
SpeedOption = Annotated[
    float, typer.Option(min=0.1, max=100, help="Machine seconds in a second of the clock.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)
    app.command()(simulate)
    app.command()(replay)


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Play to the end, check, exit.")] = False,
    scenario: ScenarioOption = "demo",
    seed: SeedOption = 1,
    speed: SpeedOption = 10.0,
    report: Annotated[Path | None, typer.Option(help="Write the result here as JSON.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8080,
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Everything, simulated, in one command: broker, machines, collector, service and page."""
    from service.demo.run import DemoOptions, prepare
    from service.demo.show import report_table

    if report is not None and not report.parent.is_dir():
        raise SettingsFault(f"There is no folder {report.parent} for the report.")
    options = DemoOptions(plant, home, scenario, seed, speed, port, once)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, in order
    try:
        with TemporaryDirectory(prefix="andon-demo-plant-") as folder:
            result = prepare(options, complaints, folder=Path(folder)).run()
    except KeyboardInterrupt:
        complaints.print("Ended by Ctrl-C; everything that was started has been stopped.")
        return
    if report is not None:
        report.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    console.print(report_table(result))
    if not result.passed:
        raise typer.Exit(1)


def simulate(
    *,
    scenario: ScenarioOption = "demo",
    seed: SeedOption = 1,
    speed: SpeedOption = 1.0,
    truth: Annotated[Path | None, typer.Option(help="Write the ground truth here.")] = None,
    plant: PlantOption = DEFAULT_PLANT,
) -> None:
    """The machines alone, on the broker and the Modbus ports of the plant description."""
    arguments = ["run", "--plant", str(plant), "--scenario", scenario]
    arguments += ["--seed", str(seed), "--speed", f"{speed:g}"]
    _simulators([*arguments, *(["--truth", str(truth)] if truth else [])])


def replay(
    file: Annotated[Path, typer.Argument(help="A recorded CSV or Parquet file.")],
    *,
    rate: Annotated[str, typer.Option(metavar="X|max", help="Times real time, or max.")] = "1",
    modbus: Annotated[
        bool, typer.Option("--modbus/--mqtt", help="As registers, or as telemetry.")
    ] = False,
    machine: Annotated[
        str | None, typer.Option(help="Its id in the plant; the name of the file if not given.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Instead of the demo's convention.")] = None,
    broker: Annotated[str | None, typer.Option(help="URL, instead of the plant's.")] = None,
    drop: Annotated[str, typer.Option(help="Columns to leave out, separated by commas.")] = "",
    rename: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=SIGNAL", help="May be repeated.")
    ] = None,
    times: Annotated[
        Literal["recorded", "now"], typer.Option(help="now: the last row is now.")
    ] = "recorded",
    plant: PlantOption = DEFAULT_PLANT,
) -> None:
    """A recorded file onto the wire."""
    stated = {"--machine": machine, "--topic": topic, "--broker": broker, "--drop": drop}
    options = [f"{name}={value}" for name, value in stated.items() if value]
    options += [f"--rename={pair}" for pair in rename or ()]
    options += [f"--rate={rate}", f"--times={times}", f"--plant={plant}"]
    _simulators(["replay", *options, "--modbus" if modbus else "--mqtt", "--", str(file)])


def _simulators(arguments: list[str]) -> NoReturn:
    """Become the simulators, a separate program: who ends this process ends the machines."""
    command = [sys.executable, "-m", "simulators", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted
