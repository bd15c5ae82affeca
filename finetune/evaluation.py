"""How good the model in use is on labelled rows that it may not have seen."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

from finetune.dataset import read_dataset
from finetune.engine import SEEN
from finetune.features import Windows
from finetune.limits import outcomes
from finetune.models import ModelStore
from finetune.report import CandidateFigures, TrainReport, rounded
from finetune.score import label_figures, score


def evaluate(
    task: str,
    data: Path,
    store: ModelStore,
    *,
    version: str | None = None,
    windows: Windows | None = None,
) -> TrainReport:
    """Figures of a stored model on a file; says how many of the rows it was trained on.

    Raises:
        NotKnown: there is no such model.
        SettingsFault, DataFault: the model or the data cannot be used.
    """
    classifier = store.load(task, version)
    engine = classifier.engine
    rows = read_dataset(
        classifier.task, data, columns=engine.columns, windows=windows, for_training=False
    )
    started = time.monotonic()
    examples = classifier.with_vectors(rows.examples)
    probabilities = engine.probabilities(examples)
    near = None if engine.neighbours is None else engine.neighbours.familiarity(examples)
    figures = score(probabilities, rows.labels)
    found = outcomes(probabilities, rows.labels, near, limits=engine.limits)
    seconds = time.monotonic() - started
    seen = set(json.loads((store.folder(task, classifier.version) / SEEN).read_text("utf-8")))
    return TrainReport(
        task=task,
        version=classifier.version,
        split=f"all {len(rows.labels)} rows of {data.name}",
        chosen=engine.name,
        candidates=(CandidateFigures(engine.name, figures.accuracy, figures.macro_f1, seconds),),
        test=figures,
        notes={
            "seen_in_training": sum(row in seen for row in rows.fingerprints()),
            "outcomes": found.as_dict(),
            "labels": [
                rounded(asdict(one))
                for one in label_figures(probabilities, rows.labels, rows.task.label_names)
            ],
        },
    )
