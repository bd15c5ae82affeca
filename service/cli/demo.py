"""andon demo, simulate and replay: machines that are not there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

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
    app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(replay)


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

    options = DemoOptions(plant, home, scenario, seed, speed, port, once)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, in order
    try:
        result = prepare(options, complaints).run()
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
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A recorded CSV or Parquet file.")],
) -> None:
    """A recorded file onto the wire; options as of `python -m simulators replay --help`."""
    _simulators(["replay", str(file), *context.args])


def _simulators(arguments: list[str]) -> None:
    """Run the simulators as the separate program that they are."""
    try:
        code = subprocess.run(
            [sys.executable, "-m", "simulators", *arguments], check=False
        ).returncode
    except KeyboardInterrupt:
        return
    if code:
        raise typer.Exit(code)
