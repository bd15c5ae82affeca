"""andon outbox, and what `andon ingest --forward` does beside collecting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    complaints,
    console,
    print_json,
)

if TYPE_CHECKING:
    from ingest.outbox import Outbox
    from ingest.settings import IngestSettings

outbox_app = typer.Typer(help="What the centre has not confirmed yet.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group of commands."""
    app.add_typer(outbox_app, name="outbox")


@contextmanager
def passing_on(home: Path, settings: IngestSettings) -> Iterator[None]:
    """Pass records on to the centre that the settings name while the block runs, if they do.

    Raises:
        SettingsFault: the centre, its key or its CA cannot be used, or there is no outbox to use.
    """
    if not settings.forward_url:
        _warn_of_what_waits(home)
        yield
        return
    from ingest.errors import SettingsFault
    from ingest.forward import forwarding
    from ingest.history import history_path
    from ingest.peer import Peer
    from service.settings import ServiceSettings, read_settings

    if settings.history_url:
        raise SettingsFault(
            "A cell keeps its outbox in the history file, in one transaction with the record; "
            "ANDON_HISTORY_URL puts the history elsewhere.",
            remedy="Unset ANDON_HISTORY_URL at the cell, or do without --forward.",
        )
    service = read_settings(ServiceSettings)
    peer = Peer(settings.forward_url, service.api_key_file, service.ca_file)
    with forwarding(history_path(home), peer, settings) as outbox:
        if figures := outbox.figures():
            complaints.say(
                f"Passing on to {figures.url} as {figures.cell}; {figures.waiting} records wait."
            )
        yield


@outbox_app.command()
def show(*, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """How many records wait for which centre, and since when."""
    from ingest.history import history_path
    from ingest.outbox import outbox_figures

    figures = outbox_figures(history_path(home))
    if as_json:
        print_json(
            {
                "url": figures.url if figures else None,
                "cell": figures.cell if figures else None,
                "waiting": figures.waiting if figures else 0,
                "oldest": figures.oldest.isoformat() if figures and figures.oldest else None,
            }
        )
    elif figures is None:
        console.say("Nothing is passed on: andon ingest --forward URL does that.")
    else:
        since = f", the oldest since {figures.oldest.isoformat()}" if figures.oldest else ""
        console.say(f"{figures.waiting} records of {figures.cell} wait for {figures.url}{since}.")


@outbox_app.command()
def retry(*, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Offer the centre again what it refused: dead letters whose source starts with forward:."""
    with _opened(home) as outbox:
        count = outbox.retry()
    if as_json:
        print_json({"queued": count})
    else:
        console.say(f"{count} refused records wait for the centre again.")


@outbox_app.command()
def end(*, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Pass nothing on any more and forget what waits; the history keeps its records."""
    with _opened(home) as outbox:
        count = outbox.end()
    if as_json:
        print_json({"forgotten": count})
    else:
        console.say(f"Nothing is passed on any more; {count} records that waited stay here only.")


def _opened(home: Path) -> Outbox:
    from ingest.errors import SettingsFault
    from ingest.history import history_path
    from ingest.outbox import Outbox, outbox_figures

    path = history_path(home)
    if outbox_figures(path) is None:
        raise SettingsFault(
            f"The history {path} has no outbox.",
            remedy="Name its folder with --home or ANDON_HOME; andon ingest --forward makes one.",
        )
    return Outbox(path)


def _warn_of_what_waits(home: Path) -> None:
    from ingest.history import history_path
    from ingest.outbox import outbox_figures

    if figures := outbox_figures(history_path(home)):
        complaints.say(
            f"What is stored here still queues up for {figures.url}, and this collector passes "
            "nothing on: give --forward, or give it up with andon outbox end."
        )
