"""andon evidence and andon summarize: what is going on."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.instructions import instructions
from service.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PLANT,
    HomeOption,
    JsonOption,
    LanguageOption,
    PlantOption,
    complaints,
    console,
    print_json,
    print_table,
)
from service.cli.prompts import shelf_of_prompts
from service.cli.records import existing_history
from service.cli.times import moment_of, seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.plant import Plant
    from ingest.vocabulary import Evidence, Summary
    from service.cli.recorded import Recording
    from service.gathering import Gathered, Scope

UNSAID_SHARE = 4
"""Without a word about what is normal, the first quarter of a file is."""
BASELINE_TIMES = 3
"""How many times as long the time is that is taken for normal."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(evidence)
    app.command()(summarize)
    app.add_typer(instructions, name="instructions")


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
    usual = learn(normal.window(0, rows or None))
    if not any(signal.norms for signal in usual.signals.values()):
        complaints.print(
            "No signal is judged: what is taken to be normal is too short, or has no numbers."
        )
    items = extract(recording.window(rows), usual, {})
    if as_json:
        from service.schemas import EvidenceOut

        print_json([EvidenceOut.model_validate(item).model_dump(mode="json") for item in items])
    else:
        _show(items)


def _first_rows(recording: Recording) -> int:
    rows = max(1, len(recording.times) // UNSAID_SHARE)
    complaints.print(
        f"The first {rows} rows are taken to be normal; --baseline-rows says otherwise."
    )
    return rows


def summarize(
    scope: Annotated[
        str, typer.Argument(metavar="MACHINE|LINE", help="Machine id, or the id of a line.")
    ],
    plant: PlantOption = DEFAULT_PLANT,
    home: HomeOption = DEFAULT_HOME,
    since: Annotated[str, typer.Option("--since", help="How far back: 30s, 15m, 1h, 1d.")] = "1h",
    until: Annotated[
        str | None, typer.Option("--until", help="End, as ISO 8601; now unless given.")
    ] = None,
    language: LanguageOption = "en",
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt", help="Prompt id: issue-summary, engineer-explanation, shift-handover ..."
        ),
    ] = "issue-summary",
    *,
    with_evidence: Annotated[
        bool, typer.Option("--evidence", help="The evidence below it, as a table.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What is going on at a machine or a line: a few sentences, each with its evidence."""
    from ingest.plant import load_plant
    from service.cli.told import tell

    end = moment_of(until) if until else datetime.now(UTC)
    start = end - timedelta(seconds=seconds_of(since))
    description = load_plant(plant)
    summary = _summary(
        description, scope, Span(start, end), home=home, prompt=prompt, language=language
    )
    if as_json:
        from service.schemas import SummaryOut

        print_json(SummaryOut.model_validate(summary).model_dump(mode="json"))
        return
    tell(summary, language=language, timezone=description.timezone)
    if with_evidence:
        _show(summary.evidence)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when."""

    start: datetime
    end: datetime


def _summary(
    plant: Plant, name: str, span: Span, *, home: Path, prompt: str, language: str
) -> Summary:
    from prompting.settings import PromptingSettings
    from prompting.summarizer import Summarizer
    from prompting.writers.choice import asker_of
    from service.gathering import Scope
    from service.settings import read_settings

    asker = asker_of(read_settings(PromptingSettings), home=home)
    with closing(asker) if asker else nullcontext():
        summarizer = Summarizer(
            asker,
            shelf_of_prompts(),
            timezone=plant.timezone,
            machines=[machine.id for machine in plant.machines],
            names=plant.names,
        )
        scope = Scope.named(plant, name)
        style = summarizer.style(prompt, language)
        found = _gathered(plant, scope, span, home=home, style=style)
        return summarizer.summarize(
            found.evidence,
            scope=name,
            start=span.start,
            end=span.end,
            prompt=prompt,
            language=language,
            watched=found.watched,
        )


def _gathered(plant: Plant, scope: Scope, span: Span, *, home: Path, style: str) -> Gathered:
    """From the history; what the service keeps of cards and instructions lies beside it."""
    from ingest.evidence_settings import EvidenceSettings
    from prompting.telling import HANDOVER
    from service.cards_store import CardStore
    from service.database import Database
    from service.gathering import gathered, handed_over
    from service.instructions import InstructionStore
    from service.lookout import Lookout

    length = span.end - span.start
    settings = EvidenceSettings.fitting(length.total_seconds())
    normal = BASELINE_TIMES * length
    with existing_history(home) as history:
        lookout = Lookout(plant, history, settings=settings)
        if style != HANDOVER:
            return gathered(scope, span.start, span.end, lookout=lookout, normal=normal)
        with Database(home / "history.db") as database:
            return handed_over(
                scope,
                span.start,
                span.end,
                lookout=lookout,
                normal=normal,
                cards=CardStore(database),
                instructions=InstructionStore(database),
            )


def _show(items: Sequence[Evidence]) -> None:
    if not items:
        console.print("Nothing stands out.", markup=False)
        return
    rows = (
        [item.id, _clock(item.start), _clock(item.end), item.severity.value, item.statement]
        for item in items
    )
    print_table(("id", "start", "end", "severity", "what"), rows)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
