"""How good the model in use is on labelled rows that it may not have seen."""

from __future__ import annotations

import json
import time
from pathlib import Path

from finetune.dataset import read_dataset
from finetune.engine import SEEN
from finetune.features import Windows
from finetune.models import ModelStore
from finetune.report import CandidateFigures, TrainReport
from finetune.score import score


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
    figures = score(engine.probabilities(examples), rows.labels)
    seconds = time.monotonic() - started
    seen = set(json.loads((store.folder(task, classifier.version) / SEEN).read_text("utf-8")))
    return TrainReport(
        task=task,
        version=classifier.version,
        split=f"all {len(rows.labels)} rows of {data.name}",
        chosen=engine.name,
        candidates=(CandidateFigures(engine.name, figures.accuracy, figures.macro_f1, seconds),),
        test=figures,
        notes={"seen_in_training": sum(row in seen for row in rows.fingerprints())},
    )
