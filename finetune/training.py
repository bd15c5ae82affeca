"""From a task and its data to a stored model: fit, choose, judge once, store, read back."""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import numpy as np

from finetune.artefact import seal
from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import Part
from finetune.card import LabelFigures, Limits, card
from finetune.dataset import Dataset, read_dataset
from finetune.encoder import Encoder
from finetune.engine import CARD, SEEN, Engine, read_engine, write_engine, write_json
from finetune.examples import Examples, Floats, Rows, softmax
from finetune.ladder import Progress, Rung, Setting, choose, refitted, tabular_rungs, text_rungs
from finetune.models import ModelStore
from finetune.neighbours import Neighbours
from finetune.report import CandidateFigures, TrainReport
from finetune.score import abstention_threshold, label_f1, score
from finetune.split import Split
from finetune.task import Task, TaskKind
from finetune.threads import bounded
from ingest.errors import ModelFault

log = logging.getLogger(__name__)

LIBRARIES = ("numpy", "peft", "scikit-learn", "skops", "tokenizers", "torch", "transformers")
AGREE = 1e-3
"""Largest difference of a probability between the model in memory and the one read back."""
COMPARED = 64


@dataclass(frozen=True, slots=True)
class _Bench:
    """Everything that one training works with."""

    data: Dataset
    examples: Examples
    split: Split
    setting: Setting
    encoder: Encoder | None


def silent(_what: str, _share: float) -> None:
    """Progress that nobody watches."""


def train(
    task: Task,
    data: Path,
    store: ModelStore,
    *,
    seed: int = 0,
    progress: Progress = silent,
    threads: int = 2,
    promote: bool = True,
    lora: LoraSettings | None = None,
) -> TrainReport:
    """Fit every candidate, choose one on the validation, judge it on the test, store it.

    Raises:
        SettingsFault: a file or the encoder is missing.
        DataFault: the data cannot be used.
        ModelFault: the stored model does not answer as the fitted one.
    """
    with bounded(threads):
        bench = _bench(read_dataset(task, data), store, seed=seed, progress=progress, lora=lora)
        rungs = _rungs(bench)
        rung = choose(rungs, bench.setting.validation.labels, seed=seed)
        outcome = _judged(bench, rungs, rung)
        report = _stored(bench, outcome, store)
    if promote:
        store.promote(task.name, report.version)
    log.info("model trained", extra={"task": task.name, "version": report.version})
    return report


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The choice and its figures."""

    rung: Rung
    members: Mapping[str, float]
    """Temperatures by candidate, as the engine wants them."""
    report: TrainReport
    labels: tuple[LabelFigures, ...]


def _bench(
    data: Dataset,
    store: ModelStore,
    *,
    seed: int,
    progress: Progress,
    lora: LoraSettings | None,
) -> _Bench:
    split = data.split(seed=seed)
    encoder = store.encoder() if data.task.kind is TaskKind.TEXT else None
    examples = data.examples
    if encoder is not None:
        progress("reading", 0.0)
        examples = Examples(examples.texts, encoder.encode(examples.texts))
        progress("reading", 1.0)
    train, validation = (
        Part(examples.take(rows), data.labels[rows]) for rows in (split.train, split.validation)
    )
    setting = Setting(train, validation, len(data.task.labels), seed, progress, lora)
    return _Bench(data, examples, split, setting, encoder)


def _rungs(bench: _Bench) -> list[Rung]:
    if bench.encoder is None:
        return list(tabular_rungs(bench.setting))
    return list(text_rungs(bench.setting, bench.encoder))


def _judged(bench: _Bench, rungs: Sequence[Rung], rung: Rung) -> _Outcome:
    """The one look at the test."""
    rows, split = bench.split.test, bench.split
    scores = rung.fitted.scores(bench.examples.take(rows))
    probabilities, labels = softmax(scores / rung.temperature), bench.data.labels[rows]
    validation = bench.setting.validation.labels
    report = TrainReport(
        task=bench.data.task.name,
        version="",
        split=f"{split.how}: {len(split.train)} rows train, {len(split.validation)} choose, "
        f"{len(rows)} test",
        chosen=rung.name,
        candidates=tuple(
            CandidateFigures(
                one.name, one.accuracy(validation), one.macro_f1(validation), one.seconds
            )
            for one in rungs
        ),
        test=score(probabilities, labels),
        notes={"seed": bench.setting.seed, "rows": len(bench.data.labels)},
    )
    members = {one.name: one.temperature for one in rungs if one.name in {"lora", "hybrid"}}
    chosen = {rung.name: rung.temperature}
    return _Outcome(
        rung,
        {**members, **chosen} if rung.name == "average" else chosen,
        report,
        _label_figures(bench.data.task, probabilities, labels),
    )


def _label_figures(task: Task, probabilities: Floats, labels: Rows) -> tuple[LabelFigures, ...]:
    figures = label_f1(probabilities.argmax(axis=1), labels, classes=len(task.labels))
    counts = np.bincount(labels, minlength=len(task.labels))
    return tuple(
        LabelFigures(label.name, int(count), float(f1))
        for label, count, f1 in zip(task.labels, counts, figures, strict=True)
    )


def _stored(bench: _Bench, outcome: _Outcome, store: ModelStore) -> TrainReport:
    """Write the model, read it back as a stranger would, and compare."""
    engine = _engine(bench, outcome)

    def fill(folder: Path, version: str) -> None:
        report = replace(outcome.report, version=version)
        write_engine(engine, folder, encoder=bench.encoder, about=_about(bench, report))
        limits = Limits(engine.threshold, engine.unknown_below)
        text = card(report, engine.task, limits, outcome.labels)
        (folder / CARD).write_text(text, encoding="utf-8")
        write_json(folder / SEEN, sorted(set(bench.data.fingerprints())))
        seal(folder)
        _refuse_difference(engine, read_engine(folder, bench.encoder)[0], bench.examples)

    bench.setting.progress("storing", 0.0)
    version = store.add(engine.task.name, fill)
    bench.setting.progress("storing", 1.0)
    return replace(outcome.report, version=version)


def _engine(bench: _Bench, outcome: _Outcome) -> Engine:
    """The chosen recipe on all rows, with the limits that the validation gave."""
    setting, rung = bench.setting, outcome.rung
    everything = replace(setting, train=Part(bench.examples, bench.data.labels))
    threshold = abstention_threshold(rung.probabilities, setting.validation.labels)
    neighbours, unknown_below = None, -1.0
    if bench.encoder is not None:
        near = Neighbours.of(setting.train.examples.vectors, seed=setting.seed)
        unknown_below = near.threshold(setting.validation.examples.vectors)
        neighbours = Neighbours.of(bench.examples.vectors, seed=setting.seed)
    return Engine(
        bench.data.task,
        rung.name,
        refitted(rung, everything),
        outcome.members,
        threshold,
        bench.data.columns,
        neighbours,
        unknown_below,
    )


def _about(bench: _Bench, report: TrainReport) -> dict[str, Any]:
    return {
        "version": report.version,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_sha256": bench.data.sha256,
        "libraries": {
            "python": platform.python_version(),
            **{name: installed_version(name) for name in LIBRARIES},
        },
        "report": report.as_dict(),
    }


def _refuse_difference(written: Engine, read: Engine, examples: Examples) -> None:
    some = examples.take(range(min(COMPARED, len(examples))))
    difference = np.abs(written.probabilities(some) - read.probabilities(some)).max()
    if not difference < AGREE:
        raise ModelFault(
            f"The stored model does not answer as the fitted one: a probability differs by "
            f"{difference:.2g}."
        )
