"""Options and output that every command shares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

PlantOption = Annotated[
    Path, typer.Option("--plant", envvar="ANDON_PLANT", help="The plant description.")
]
HomeOption = Annotated[
    Path, typer.Option("--home", envvar="ANDON_HOME", help="Folder of the history and the models.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

DEFAULT_PLANT = Path("plant.toml")
DEFAULT_HOME = Path(".andon")

console = Console()
"""For people: results."""
complaints = Console(stderr=True)
"""For people: progress and errors."""


def print_json(result: Any) -> None:
    """Print a result for a program: one JSON document on standard output."""
    sys.stdout.write(json.dumps(result, indent=2, ensure_ascii=False, default=str) + "\n")
