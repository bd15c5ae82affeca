"""Options and output that every command shares."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.terminal import Terminal

PlantOption = Annotated[
    Path, typer.Option("--plant", envvar="ANDON_PLANT", help="The plant description.")
]
HomeOption = Annotated[
    Path, typer.Option("--home", envvar="ANDON_HOME", help="Folder of the history and the models.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LanguageOption = Annotated[str, typer.Option("--language", help="Language: en or de.")]

DEFAULT_PLANT = Path("plant.toml")
DEFAULT_HOME = Path(".andon")

_WIDEST = 1000
"""More columns than any table of ours has."""

console = Terminal()
"""For people: results."""
complaints = Terminal(stderr=True)
"""For people: progress and errors."""


def print_table(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    wrapped: Collection[str] | None = None,
    wide: bool = False,
) -> None:
    """A table for people, its cells shown as they are and never read as markup.

    Args:
        names: the columns.
        rows: a text for each.
        wrapped: the columns that may break their lines; None: all.
        wide: whether the table may be wider than the terminal; no number is broken in two then.
    """
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in names:
        table.add_column(name, no_wrap=wrapped is not None and name not in wrapped)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    if wide:
        table.width = Measurement.get(console, console.options.update(width=_WIDEST), table).maximum
    console.print(table, crop=not wide)


def print_json(result: Any) -> None:
    """Print a result for a program: one JSON document on standard output."""
    sys.stdout.write(json.dumps(result, indent=2, ensure_ascii=False, default=str) + "\n")
