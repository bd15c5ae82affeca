"""`andon compare` on trouble codes, maintenance notes, steel plates and the shipped events."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from finetune.progress import silent
from finetune.task import Task, TaskKind, shipped_task
from service.comparison.conducting import Order, conducted
from service.comparison.nouns import ArmResult, Report
from tests.bench.classifier_data import DATA, Texts, states, steel, trouble_codes
from tests.bench.measure import LONG, Measurement

DEAREST = {TaskKind.TEXT: "hybrid", TaskKind.TABULAR: None if LONG else "random forest"}
"""Candidate; with LoRA these take a quarter of an hour more, and `lora` measures it."""
MOST = 10_000 if LONG else 600
"""Rows of a set of texts, drawn once."""


def all_figures() -> list[Measurement]:
    """The approaches beside each other on each set, by their representatives."""
    with tempfile.TemporaryDirectory() as place:
        return [one for order in _orders(Path(place)) for one in _figures(_run(order))]


def _orders(place: Path) -> Iterator[Order]:
    shipped = shipped_task("error_code")
    tasks = [(shipped, _events(shipped, place / "events.csv"))]
    if DATA.is_dir():
        tasks += [
            (Task("obd", TaskKind.TEXT), _texts(trouble_codes(), place / "obd.csv")),
            (Task("maintie", TaskKind.TEXT), _texts(states(), place / "maintie.csv")),
            (Task("steel", TaskKind.TABULAR), _plates(place / "steel.csv")),
        ]
    for task, rows in tasks:
        yield Order(task.name, task, rows, place / "home", up_to=DEAREST[task.kind])


def _run(order: Order) -> Report:
    return conducted(order, windows=None, progress=silent)


def _figures(report: Report) -> Iterator[Measurement]:
    """Quality beside chance, what a thousand items cost beside fine-tuning, and both in turn."""
    named = f"compare, {report.task}"
    standing = [arm for arm in report.arms if arm.chosen]
    dearest = standing[-1]
    for arm in standing:
        what = f"{named}: {_named(arm, report)}"
        yield Measurement(
            f"{what}: macro-F1", "", arm.quality.macro_f1, arm.quality.chance_macro_f1, "chance"
        )
        yield Measurement(
            f"{what}: one item, p50", "ms", arm.p50_ms, dearest.p50_ms, dearest.name,
            more_is_better=False,
        )  # fmt: skip
    for cascade in report.cascades:
        yield Measurement(
            f"{named}: {cascade.first}, then {cascade.then}: macro-F1", "",
            cascade.quality.macro_f1, cascade.quality.macro_f1 - cascade.gain,
            "the better one alone",
        )  # fmt: skip


def _named(arm: ArmResult, report: Report) -> str:
    """With a word where it is what the report recommends."""
    name = f"{arm.approach.value}/{arm.name}"
    return f"{name} (recommended)" if report.decision.arm == name else name


def _events(task: Task, path: Path) -> Path:
    """Of the shipped rows as many as are wanted, evenly."""
    with (task.data or path).open(newline="", encoding="utf-8") as file:
        columns, *rows = csv.reader(file)
    return _written(path, columns, rows[:: -(-len(rows) // MOST)])


def _texts(every: Texts, path: Path) -> Path:
    texts = every.sample(MOST, seed=0)
    rows = zip(texts.texts, texts.labels.tolist(), texts.groups, strict=True)
    return _written(path, ("text", "label", "group"), [(a, f"c{b}", c) for a, b, c in rows])


def _plates(path: Path) -> Path:
    table, labels = steel()
    columns = [*(f"f{at}" for at in range(table.shape[1])), "label"]
    rows = [
        (*row, f"defect {label}")
        for row, label in zip(table.tolist(), labels.tolist(), strict=True)
    ]
    return _written(path, columns, rows)


def _written(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path
