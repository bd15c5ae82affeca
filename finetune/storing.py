"""The chosen candidate on all rows, as a folder that answers like the model in memory."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from finetune.artefact import seal
from finetune.card import CardFacts, write_card
from finetune.course import STORING, Course, every_row, libraries
from finetune.engine import SEEN, Engine, read_engine, write_engine, write_json
from finetune.examples import Examples
from finetune.judged import JUDGED, judged_as_dict
from finetune.judging import Verdict, fit
from finetune.models import ModelStore
from finetune.neighbours import Neighbours
from finetune.report import TrainReport
from ingest.errors import ModelFault

AGREE = 1e-3
"""Largest difference of a probability between the model in memory and the one read back."""
COMPARED = 64


def stored(course: Course, verdict: Verdict, report: TrainReport, store: ModelStore) -> TrainReport:
    """Write the model, read it back as a stranger would, and compare.

    Raises:
        ModelFault: it does not answer as the fitted one.
    """
    engine = engine_of(course, verdict)

    def fill(folder: Path, version: str) -> None:
        named = replace(report, version=version)
        write_engine(engine, folder, encoder=course.encoder, about=_about(course, named))
        if len(course.split.test):
            write_card(folder, _card_facts(named, engine, verdict))
        write_json(folder / SEEN, sorted(set(course.data.fingerprints())))
        write_json(folder / JUDGED, judged_as_dict(verdict.frozen))
        seal(folder)
        read = read_engine(folder, course.encoder)[0]
        _refuse_difference(engine, read, course.examples)
        if course.encoder is not None:
            rows = course.examples, course.data.labels
            store.runtimes.equip(read, course.encoder, folder, rows=rows)

    version = store.add(engine.task.name, fill, frozen=course.frozen)
    course.steps.begin(STORING)(1.0)
    return replace(report, version=version)


def engine_of(course: Course, verdict: Verdict) -> Engine:
    """The chosen recipe on all rows, with the limits that the held rows gave."""
    rung, seed = verdict.rung, course.wish.seed
    return Engine(
        course.data.task,
        rung.name,
        fit(course, rung, every_row(course.data), verdict.temperatures, step=STORING),
        verdict.temperatures,
        verdict.limits,
        course.data.columns,
        Neighbours.of(course.examples, seed=seed),
    )


def _card_facts(report: TrainReport, engine: Engine, verdict: Verdict) -> CardFacts:
    return CardFacts(
        report,
        engine.task,
        verdict.limits,
        verdict.outcomes,
        verdict.labels,
        verdict.probabilities,
        verdict.truth,
    )


def _about(course: Course, report: TrainReport) -> dict[str, Any]:
    return {
        "version": report.version,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "training": course.identity,
        "data_sha256": course.data.sha256,
        "usual": _usual(course.examples),
        "frozen": asdict(course.frozen.seal()),
        "libraries": libraries(),
        "report": report.as_dict(),
    }


def _usual(examples: Examples) -> list[float]:
    """The median of each number; an explanation puts a signal back to it."""
    if not examples.table.size:
        return []
    known = np.ma.masked_invalid(examples.table)
    usual = np.ma.median(known, axis=0)  # type: ignore[no-untyped-call]
    return [float(one) for one in usual.filled(0.0)]


def _refuse_difference(written: Engine, read: Engine, examples: Examples) -> None:
    some = examples.take(range(min(COMPARED, len(examples))))
    difference = np.abs(written.probabilities(some) - read.probabilities(some)).max()
    if not difference < AGREE:
        raise ModelFault(
            f"The stored model does not answer as the fitted one: a probability differs by "
            f"{difference:.2g}."
        )
