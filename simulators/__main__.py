"""`python -m simulators`: run, replay, windows, and the builders of library and corpus."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ingest.errors import AndonFault, SettingsFault

_BUILDERS = ("library", "corpus")
"""Commands whose modules read their own arguments."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 2 for wrong settings, 1 for every other fault."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # a client's odd request is no event
    try:
        if given and given[0] in _BUILDERS:
            return int(import_module(f"simulators.{given[0]}").main(given[1:]) or 0)
        return _command(given)
    except AndonFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 2 if isinstance(fault, SettingsFault) else 1
    except KeyboardInterrupt:
        return 1


def _command(given: list[str]) -> int:
    asked = _parser().parse_args(given)
    if asked.command == "run":
        from simulators.run import RunOptions, check, play

        fields = {k: v for k, v in vars(asked).items() if k not in ("command", "check")}
        (check if asked.check else play)(RunOptions(**fields))
    elif asked.command == "replay":
        from simulators.replay import ReplayOptions, replay

        fields = {k: v for k, v in vars(asked).items() if k != "command"}
        replay(ReplayOptions(**fields))
    else:
        from simulators.windows import write_windows

        write_windows(asked.out, asked.plant, seed=asked.seed, runs=asked.runs)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="play a scenario on the wires of a plant"))
    _add_replay(commands.add_parser("replay", help="put a recorded file on the wire"))
    _add_windows(commands.add_parser("windows", help="write training data of defect_type"))
    for name in _BUILDERS:
        commands.add_parser(name, help=f"build the {name}", add_help=False)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--plant", type=Path, default=Path("plant.toml"))
    run.add_argument("--scenario", default="demo", help="name of a scenario, or a .toml file")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--speed", type=_speed, default=1.0, help="virtual seconds in a second")
    run.add_argument("--truth", type=Path, help="write the ground truth here")
    run.add_argument("--broker", help="URL, instead of the plant's")
    run.add_argument("--modbus-port-base", type=int, help="first port, instead of the plant's")
    run.add_argument("--check", action="store_true", help="look at plant and scenario, and end")
    ends = run.add_mutually_exclusive_group()
    ends.add_argument(
        "--exit-at-end", dest="at_end", action="store_const", const="exit", default="modbus"
    )
    ends.add_argument(
        "--linger", dest="at_end", action="store_const", const="modbus", help="the default"
    )
    ends.add_argument("--go-on", dest="at_end", action="store_const", const="both")


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("file", type=Path, help="CSV or Parquet: time first, then signals")
    replay.add_argument("--plant", type=Path, default=Path("plant.toml"))
    replay.add_argument("--machine", help="id in the plant; default: the name of the file")
    replay.add_argument("--rate", default="1", help="times real time, or max")
    replay.add_argument("--topic", help="default: andon/<line>/<machine>/telemetry")
    replay.add_argument("--broker", help="URL, instead of the plant's")
    replay.add_argument("--drop", default="", help="columns to leave out, separated by commas")
    replay.add_argument(
        "--rename", action="append", default=[], metavar="COLUMN=SIGNAL", help="may be repeated"
    )
    replay.add_argument(
        "--times", choices=("recorded", "now"), default="recorded", help="now: the last row is now"
    )
    wires = replay.add_mutually_exclusive_group()
    wires.add_argument("--mqtt", dest="wire", action="store_const", const="mqtt", default="mqtt")
    wires.add_argument("--modbus", dest="wire", action="store_const", const="modbus")


def _add_windows(windows: argparse.ArgumentParser) -> None:
    windows.add_argument("--plant", type=Path, default=Path("plant.toml"))
    windows.add_argument("--seed", type=int, default=7_000_000)
    windows.add_argument("--runs", type=int, default=48, help="of every machine, two faults each")
    windows.add_argument("--out", type=Path, required=True)


def _speed(text: str) -> float:
    speed = float(text)
    if not 0.1 <= speed <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.1 and 1000")
    return speed


if __name__ == "__main__":
    sys.exit(main())
