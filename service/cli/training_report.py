"""What a training or an evaluation found, as a table with its reasons or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from service.cli.options import console, print_json, print_table

if TYPE_CHECKING:
    from finetune.report import CandidateFigures, TrainReport


def show(report: TrainReport, *, as_json: bool) -> None:
    """For a program or for a person."""
    if as_json:
        print_json(report.as_dict())
        return
    rows = (_row(one, chosen=one.name == report.chosen) for one in report.candidates)
    print_table(("candidate", "accuracy", "macro-F1", "seconds"), rows)
    for sentence in _sentences(report):
        console.say(sentence)


def _row(one: CandidateFigures, *, chosen: bool) -> list[str]:
    mark = " *" if chosen else " (ended)" if one.ended else ""
    figures = f"{one.accuracy:.3f}", f"{one.macro_f1:.3f}", f"{one.seconds:.1f}"
    return [f"{one.name}{mark}", *figures]


def _sentences(report: TrainReport) -> Iterator[str]:
    from finetune.targets import targets_told

    notes = report.notes
    yield from _beforehand(notes)
    if why := notes.get("why"):
        yield f"Why {report.chosen}:"
        yield from (f"  {reason}" for reason in why)
    test = report.test
    yield (
        f"{report.task} {report.version}, {report.split}. On {test.n} rows: accuracy "
        f"{test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f}, calibration error {test.ece:.3f}, "
        f"answered at 90 % accuracy {test.coverage_at_90:.0%}."
    )
    if seen := notes.get("seen_in_training"):
        yield f"{seen} of these rows were in its training: the figures promise too much for them."
    yield from targets_told(notes.get("targets", {}))
    yield from _afterwards(report.version, notes)


def _beforehand(notes: Mapping[str, Any]) -> Iterator[str]:
    """Of the rows, and of a training that went on."""
    if resumed := notes.get("resumed"):
        yield f"Went on from a training that was stopped: {resumed} fits were done already."
    if discarded := notes.get("discarded"):
        yield f"Not what was written, so made again: {', '.join(discarded)}."
    if people := notes.get("rows_from_feedback"):
        yield f"{people} of the rows are what people corrected."
    yield from notes.get("data_warnings", ())
    yield from notes.get("split_notes", ())


def _afterwards(version: str, notes: Mapping[str, Any]) -> Iterator[str]:
    """Whether it is in use."""
    gate = notes.get("gate")
    if gate is None:
        return
    if gate["passed"]:
        yield f"{version} is in use."
        return
    yield f"{version} is stored and NOT put into use:"
    yield from (f"  {reason}" for reason in gate["reasons"])
