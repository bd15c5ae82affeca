"""andon evidence, summarize and prompts: what is going on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.errors import NotKnown, SettingsFault
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    PlantOption,
    complaints,
    console,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.vocabulary import Evidence, Summary
    from service.cli.recorded import Recording

prompts = typer.Typer(no_args_is_help=True, help="The prompts that a model is given.")

UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
UNSAID_SHARE = 4
"""Without a word about what is normal, the first quarter of a file is."""
EARLIEST, LATEST = 1970, 9000
"""Years that a summary may end in: looking back from there stays within the calendar."""
LONGEST_S = 10 * 365 * UNITS_S["d"]
BASELINE_TIMES = 3
"""How many times as long the time is that is taken for normal."""

LanguageOption = Annotated[str, typer.Option("--language", help="Language: en or de.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(evidence)
    app.command()(summarize)
    app.add_typer(prompts, name="prompts")


def evidence(
    file: Annotated[Path, typer.Argument(help="CSV: first column time, the others signals.")],
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="A CSV recorded while all was well.")
    ] = None,
    baseline_rows: Annotated[
        int | None,
        typer.Option("--baseline-rows", min=1, help="Take the first rows of the file as normal."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="A column that is no signal. Labels are never read."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """What stands out in a recorded file, against what is normal."""
    from ingest.baseline import learn
    from ingest.evidence import extract
    from service.cli.recorded import LABELS, read_recording

    if baseline is not None and baseline_rows is not None:
        raise SettingsFault(
            "What is normal is said twice.", remedy="Give --baseline FILE or --baseline-rows N."
        )
    without = (*LABELS, *(ignore or ()))
    recording = read_recording(file, ignore=without)
    if recording.skipped:
        complaints.print(f"Columns without numbers: {', '.join(recording.skipped)}")
    rows = 0 if baseline else baseline_rows or _first_rows(recording)
    normal = read_recording(baseline, ignore=without) if baseline else recording
    items = extract(recording.window(rows), learn(normal.window(0, rows or None)), {})
    if as_json:
        print_json([evidence_json(item) for item in items])
    else:
        _show(items)


def _first_rows(recording: Recording) -> int:
    rows = max(1, len(recording.times) // UNSAID_SHARE)
    complaints.print(
        f"The first {rows} rows are taken to be normal; --baseline-rows says otherwise."
    )
    return rows


def summarize(
    machine: Annotated[str, typer.Argument(help="Machine id.")],
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    since: Annotated[str, typer.Option("--since", help="How far back: 30s, 15m, 1h, 1d.")] = "1h",
    until: Annotated[
        str | None, typer.Option("--until", help="End, as ISO 8601; now unless given.")
    ] = None,
    language: LanguageOption = "en",
    prompt: Annotated[str, typer.Option("--prompt", help="Prompt id.")] = "issue-summary",
    *,
    as_json: JsonOption = False,
) -> None:
    """What is going on at a machine: a few sentences, each with its evidence."""
    end = _moment(until) if until else datetime.now(UTC)
    start = end - timedelta(seconds=_seconds(since))
    summary = _summary(
        machine, start, end, plant=plant, home=home, prompt=prompt, language=language
    )
    if as_json:
        print_json(summary_json(summary))
    else:
        _tell(summary)


@prompts.command("list")
def list_prompts(*, as_json: JsonOption = False) -> None:
    """Every prompt with version, language and hash."""
    from rich.table import Table

    found = _library().list()
    if as_json:
        print_json([{**p.front.model_dump(by_alias=True), "hash": p.hash} for p in found])
        return
    table = Table("id", "language", "version", "hash", "title")
    for p in found:
        table.add_row(p.front.id, p.front.language, p.front.version, p.hash, p.front.title)
    console.print(table)


@prompts.command("show")
def show_prompt(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Prompt id.")],
    language: LanguageOption = "en",
) -> None:
    """One prompt as its file stands."""
    path = _library().get(identity, language).path
    console.print(path.read_text(encoding="utf-8"), markup=False, highlight=False)


def _library() -> Any:
    from prompting.library import PromptLibrary
    from prompting.settings import PromptingSettings
    from service.settings import read_settings

    return PromptLibrary(read_settings(PromptingSettings).prompts_folder)


def _summary(
    machine: str,
    start: datetime,
    end: datetime,
    *,
    plant: Path,
    home: Path,
    prompt: str,
    language: str,
) -> Summary:
    from ingest.baseline import learn
    from ingest.evidence import extract
    from ingest.history import history_path
    from ingest.plant import load_plant
    from ingest.sqlite import SqliteHistory
    from prompting.settings import PromptingSettings
    from prompting.summarizer import Summarizer
    from prompting.writers.choice import writer_of
    from service.settings import read_settings

    description = load_plant(plant)
    known = description.machine(machine)
    database = history_path(home)
    if not database.exists():
        raise NotKnown(f"There is no history at {database}.", remedy="Run andon ingest first.")
    with SqliteHistory(database) as history:
        before = history.window(machine, start - BASELINE_TIMES * (end - start), start)
        window = history.window(machine, start, end)
    items = extract(window, learn(before), known.signals)
    summarizer = Summarizer(
        writer_of(read_settings(PromptingSettings)),
        _library(),
        timezone=description.timezone,
        machines=[other.id for other in description.machines],
    )
    return summarizer.summarize(
        items, scope=machine, start=start, end=end, prompt=prompt, language=language
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text[:-1]) * UNITS_S[text[-1:]]
    except (KeyError, ValueError) as fault:
        raise SettingsFault(
            f"{text!r} is no length of time.", remedy="Such as 15m or 1h."
        ) from fault
    if not 0 < seconds <= LONGEST_S:
        raise SettingsFault(
            f"{text!r} is no length of time that can be looked back.", remedy="Such as 15m or 1h."
        )
    return seconds


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as fault:
        raise SettingsFault(f"{text!r} is no time.", remedy="Write it as ISO 8601.") from fault
    if not EARLIEST <= moment.year <= LATEST:
        raise SettingsFault(f"{text!r} is before {EARLIEST} or after {LATEST}.")
    return moment


def evidence_json(item: Evidence) -> dict[str, Any]:
    """One item as DESIGN prints it: times as ISO 8601 in UTC."""
    return {
        "id": item.id,
        "kind": item.kind.value,
        "machine": item.machine,
        "signals": list(item.signals),
        "start": item.start.isoformat(),
        "end": item.end.isoformat(),
        "severity": item.severity.value,
        "direction": item.direction,
        "active": item.active,
        "statement": item.statement,
        "numbers": {r: {"value": q.value, "unit": q.unit} for r, q in item.numbers.items()},
        "rows": [{"table": r.table, "first": r.first, "last": r.last} for r in item.rows],
        "codes": list(item.codes),
        "quotes": list(item.quotes),
    }


def summary_json(summary: Summary) -> dict[str, Any]:
    """A summary with its evidence and how it came about."""
    return {
        "scope": summary.scope,
        "start": summary.start.isoformat(),
        "end": summary.end.isoformat(),
        "headline": summary.headline,
        "statements": [{"text": s.text, "evidence": list(s.evidence)} for s in summary.statements],
        "evidence": [evidence_json(item) for item in summary.evidence],
        "engine": summary.engine,
        "model": summary.model,
        "prompt": summary.prompt,
        "replaced": list(summary.replaced),
        "note": summary.note,
    }


def _show(items: Sequence[Evidence]) -> None:
    from rich.table import Table

    table = Table("id", "start", "end", "severity", "what")
    for item in items:
        start, end = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (item.start, item.end))
        table.add_row(item.id, start, end, item.severity.value, item.statement)
    console.print(table if items else "Nothing stands out.", markup=False)


def _tell(summary: Summary) -> None:
    console.print(summary.headline, style="bold", markup=False, highlight=False)
    for statement in summary.statements:
        cited = f"  [{', '.join(statement.evidence)}]" if statement.evidence else ""
        console.print(f"{statement.text}{cited}", markup=False, highlight=False)
    engine = f"{summary.engine} {summary.model}".strip()
    console.print(f"{engine}, {summary.prompt}", style="dim", markup=False, highlight=False)
    for line in (*summary.replaced, summary.note):
        if line:
            console.print(line, style="dim", markup=False, highlight=False)
