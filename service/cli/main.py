"""`andon`: one command for everything; faults become one clear message and an exit code."""

from __future__ import annotations

import sys

import typer

from ingest.errors import AndonFault, SettingsFault
from service.cli import (
    compare,
    demo,
    docs,
    feedback,
    floor,
    models,
    plant,
    prompts,
    prompts_test,
    routes,
    serving,
    summaries,
    training,
)
from service.cli.options import complaints
from service.logs import log_of_commands

TOLERANT = ("doctor", "check", "probe")
"""Commands that read no settings, or whose task is to say what is wrong with them."""

app = typer.Typer(
    name="andon",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def check_names(context: typer.Context) -> None:
    """What is going on, what kind of fault is it, what do I do: for the machines of a plant."""
    if context.invoked_subcommand in TOLERANT:
        return
    from service.settings import refuse_unknown_settings

    refuse_unknown_settings()


for group in (
    demo,
    serving,
    floor,
    plant,
    summaries,
    prompts,
    prompts_test,
    docs,
    training,
    models,
    compare,
    routes,
    feedback,
):
    group.register(app)


def main() -> None:
    """Run the command line; exit 2 for a fault in settings, 1 for every other fault."""
    log_of_commands()
    try:
        app()
    except AndonFault as fault:
        complaints.print(str(fault), style="bold red", markup=False, highlight=False)
        sys.exit(2 if isinstance(fault, SettingsFault) else 1)
    except OSError as fault:
        if fault.filename is None:  # no file of the operator's: our own fault, with its trace
            raise
        words = f"{fault.filename} cannot be used: {fault.strerror}. Name another, or mend it."
        complaints.print(words, style="bold red", markup=False, highlight=False)
        sys.exit(2)
