"""andon history and dead-letters: what was collected, and what could not be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    console,
    print_json,
)
from service.cli.times import moment_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ingest.history import History

SourceOption = Annotated[
    str, typer.Option(help="Only of sources that hold this: a topic, '@broker:', 'spBv1.0/'.")
]

history_app = typer.Typer(help="What the machines said.", no_args_is_help=True)
letters_app = typer.Typer(help="What could not be read, and why.", no_args_is_help=True)


@history_app.callback()
def _history_group() -> None:
    """What the machines said."""


def register(app: typer.Typer) -> None:
    """Add these groups of commands."""
    app.add_typer(history_app, name="history")
    app.add_typer(letters_app, name="dead-letters")


def existing_history(home: Path) -> AbstractContextManager[History]:
    """The history of a home; SettingsFault where there is none yet."""
    from ingest.opening import opened_history
    from ingest.settings import IngestSettings
    from service.settings import read_settings

    return opened_history(home, read_settings(IngestSettings), make=False)


@history_app.command()
def export(
    *,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    machine: Annotated[str | None, typer.Option(help="Only this machine.")] = None,
    start: Annotated[str | None, typer.Option(help="From this time on (ISO 8601).")] = None,
    end: Annotated[str | None, typer.Option(help="Up to this time, without it.")] = None,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format")] = "csv",
    rollup: Annotated[
        Literal["minute", "hour"] | None,
        typer.Option(help="Rollups in place of readings: mean, lowest, highest ..."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write readings, or rollups of them, to a CSV or Parquet file."""
    from ingest.export import write_readings, write_rollups
    from ingest.upkeep import HOUR, MINUTE

    first, last = (moment_of(text) if text else None for text in (start, end))
    with existing_history(home) as history:
        if machine is not None:
            _look_for(machine, history)
        if rollup is None:
            kind = "readings"
            count = write_readings(history.export(machine, first, last), out, form)
        else:
            kind, step = "rollups", HOUR if rollup == "hour" else MINUTE
            count = write_rollups(history.rollups(step, machine, first, last), out, form)
    if as_json:
        print_json({"file": str(out), "format": form, kind: count})
    else:
        console.say(f"{count} {kind} in {out}")


def _look_for(machine: str, history: History) -> None:
    """NotKnown with the names that are known, so that a misspelt one makes no empty file."""
    from ingest.errors import NotKnown

    known = history.machines()
    if machine not in known:
        names = f"It knows {', '.join(known)}." if known else "It is empty."
        raise NotKnown(f"The history knows no machine {machine!r}.", remedy=names)


@letters_app.command("list")
def list_letters(
    *,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    source: SourceOption = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """The newest dead letters with their reasons."""
    with existing_history(home) as history:
        letters = history.dead_letters(limit, source=source)
    entries = [
        {
            "id": letter.id,
            "received_time": letter.received_time.isoformat(),
            "source": letter.source,
            "reason": letter.reason,
            "payload": letter.payload[:500].decode("utf-8", "backslashreplace"),
        }
        for letter in letters
    ]
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        console.say(
            f"{entry['id']}  {entry['received_time']}  {entry['source']}\n    {entry['reason']}"
        )
    console.print(f"{len(entries)} dead letters", markup=False)


@letters_app.command("replay")
def replay_letters(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100_000,
    source: SourceOption = "",
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Try dead letters again with the plant as it is described now."""
    from dataclasses import asdict

    from ingest.codec import Codec
    from ingest.dead_letters import replay
    from ingest.plant import load_plant
    from ingest.settings import IngestSettings
    from service.settings import read_settings

    loaded = load_plant(plant)
    settings = read_settings(IngestSettings)
    with existing_history(home) as history:
        codec = Codec.of(loaded, settings, births=history.births())
        result = replay(history, codec, history.dead_letters(limit, source=source))
    if as_json:
        print_json(asdict(result))
        return
    console.print(
        f"{result.replayed} of {result.tried} dead letters could be read: "
        f"{result.stored} records stored, {result.duplicates} known already.",
        markup=False,
        highlight=False,
    )
