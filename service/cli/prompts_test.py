"""andon prompts test: shifts with known faults through evidence, prompts and writers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import SettingsFault
from service.cli.options import JsonOption, complaints, console, print_json, print_table
from service.cli.prompts import prompts

if TYPE_CHECKING:
    from prompting.evaluation.figures import ArmFigures, KindFigures
    from prompting.evaluation.run import Order, Progress, Results
    from prompting.settings import PromptingSettings

MOST_WORKERS = 64
NO_MODEL = "needs a language model: set ANDON_LLM_URL and ANDON_LLM_MODEL"
ROWS = (
    ("coverage_at_10", "faults among the 10 most urgent items"),
    ("coverage_in_summary", "faults that the summary cites"),
    ("kind_accuracy", "kind right"),
    ("onset_error_s_p50", "onset error of sudden faults, s, p50"),
    ("onset_error_s_p95", "... p95"),
    ("onset_within_60_s", "... within 60 s"),
    ("magnitude_error_p50", "error of magnitude, p50"),
    ("false_alarms_per_shift", "false alarms a shift"),
    ("quiet_false_alarms", "false alarms in all quiet shifts"),
    ("faithfulness", "sentences that hold"),
    ("replaced_share", "sentences of the model replaced"),
    ("earliest_first", "earliest fault told first"),
    ("first_out_first", "first alarm of a trip told first"),
    ("same_evidence_same_words", "same evidence, same words"),
    ("other_noise_jaccard", "same citations under other noise"),
    ("injections", "shifts with an injected order"),
    ("injection_effects", "... on which it had an effect"),
    ("reading_ease", "reading ease, 0 to 100"),
    ("prompt_tokens_p50", "prompt tokens, p50"),
    ("prompt_tokens_p95", "... p95"),
    ("prompt_tokens_p95_large", "... p95 with 50 signals"),
    ("tokens_in_p50", "tokens sent, p50"),
    ("tokens_in_p95", "... p95"),
    ("tokens_out_p50", "tokens received, p50"),
    ("tokens_out_p95", "... p95"),
    ("cost", "price of all"),
    ("fallbacks", "written without the model after all"),
)


def register(_: typer.Typer) -> None:
    """Add the command to the group of prompts."""
    prompts.command("test")(measure)


def measure(
    *,
    shifts: Annotated[int, typer.Option(min=1, help="Shifts with one to four faults.")] = 200,
    quiet: Annotated[int, typer.Option(min=0, help="Shifts without any.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Of the first shift.")] = 1,
    arm: Annotated[
        list[str] | None,
        typer.Option(help="deterministic, raw-log or evidence; all that can run unless given."),
    ] = None,
    planted: Annotated[
        int, typer.Option(min=0, help="Planted errors of each sort for the truth check.")
    ] = 1000,
    workers: Annotated[
        int, typer.Option(min=0, max=MOST_WORKERS, help="Processes; 0: one a processor.")
    ] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Folder for a page of misses by kind and the figures.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure evidence, prompts and writers on generated shifts with known faults."""
    from prompting.evaluation.report import write_report
    from prompting.evaluation.run import Order, run
    from prompting.settings import PromptingSettings
    from service.settings import read_settings

    settings = read_settings(PromptingSettings)
    arms, left_out = _arms(arm, settings)
    order = Order(shifts, quiet, seed, planted, arms, workers or os.cpu_count() or 1)
    with _progress(order) as progress:
        results = run(order, settings, progress=progress)
    if report is not None:
        page = write_report(results, report)
        complaints.say(f"Written to {page}.")
    if as_json:
        print_json({**results.record(), "left_out": left_out})
    else:
        _show(results, left_out)


def _arms(
    wanted: list[str] | None, settings: PromptingSettings
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The arms that are run, and why each of the others is not."""
    from prompting.evaluation.trial import ARMS, MODEL_ARMS

    unknown = [name for name in wanted or () if name not in ARMS]
    if unknown:
        raise SettingsFault(
            f"There is no arm {unknown[0]}.", remedy=f"Choose from {', '.join(ARMS)}."
        )
    has_model = bool(settings.llm_url or settings.llm_model or settings.llm_folder)
    asked = [name for name in ARMS if not wanted or name in wanted]
    runs = tuple(name for name in asked if has_model or name not in MODEL_ARMS)
    if not runs:
        raise SettingsFault(f"The arm {asked[0]} {NO_MODEL}.")
    return runs, {name: NO_MODEL for name in asked if name not in runs}


@contextmanager
def _progress(order: Order) -> Iterator[Progress]:
    """A bar on standard error."""
    from rich import progress as rich

    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn())
    with rich.Progress(
        *columns, rich.TimeElapsedColumn(), console=complaints, transient=True
    ) as bar:
        task = bar.add_task("shifts", total=len(order.jobs))
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(results: Results, left_out: dict[str, str]) -> None:
    order = results.order
    console.say(
        f"{order.shifts} shifts and {order.quiet} quiet ones from seed {order.seed}, "
        f"{results.seconds:.0f} s"
    )
    arms = [results.arm(name) for name in order.arms]
    print_table(("", *order.arms), ((title, *_row(arms, key)) for key, title in ROWS))
    for name, why in left_out.items():
        console.say(f"The arm {name} {why}.")
    names = ("fault", "n", "found", "cited", "kind right", "onset, s", "magnitude", "told as")
    print_table(names, map(_kind, results.by_kind(results.main)))
    if results.planted is not None:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in results.planted.shares.items())
        console.say(f"planted errors caught: {shares}")
        console.say(f"false alarms on true sentences: {results.planted.false_alarms:.1%}")


def _row(arms: Iterable[ArmFigures], key: str) -> list[str]:
    return [_figure(getattr(arm, key)) for arm in arms]


def _kind(kind: KindFigures) -> list[str]:
    wrong = ", ".join(f"{name} {count}" for name, count in kind.told_as.items())
    figures = (
        kind.faults,
        kind.coverage_at_10,
        kind.coverage_in_summary,
        kind.kind_accuracy,
        kind.onset_error_s_p50,
        kind.magnitude_error_p50,
    )
    return [kind.kind, *map(_figure, figures), wrong]


def _figure(value: float | None) -> str:
    """None where there was nothing to count."""
    if value is None:
        return "-"
    if isinstance(value, int) or value >= 10:
        return f"{value:,.0f}"
    return f"{value:.3f}"
