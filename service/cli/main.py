"""`andon`: one command for everything; faults become one clear message and an exit code."""

from __future__ import annotations

import sys

import typer

from ingest.errors import AndonFault, SettingsFault
from service.cli import demo, docs, floor, models, serving, summaries
from service.cli.options import complaints

app = typer.Typer(
    name="andon",
    help="What is going on, what kind of fault is it, what do I do: for the machines of a plant.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for group in (demo, serving, floor, summaries, docs, models):
    group.register(app)


def main() -> None:
    """Run the command line; exit 2 for a fault in settings, 1 for every other fault."""
    try:
        app()
    except AndonFault as fault:
        complaints.print(str(fault), style="bold red", markup=False, highlight=False)
        sys.exit(2 if isinstance(fault, SettingsFault) else 1)
