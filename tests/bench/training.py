"""The candidates of the shipped text task, dear against cheap, on the same split."""

from __future__ import annotations

import tempfile
from pathlib import Path

from finetune.models import ModelStore
from finetune.task import shipped_task
from finetune.training import train
from tests.bench.measure import Measurement


def error_code() -> list[Measurement]:
    """Macro-F1 on the validation dialects, every candidate against words with a linear model."""
    task = shipped_task("error_code")
    if task.data is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        report = train(task, task.data, ModelStore(Path(folder)), seed=0)
    figures = {candidate.name: candidate.macro_f1 for candidate in report.candidates}
    cheap = figures["tfidf"]
    return [
        Measurement(f"error_code: {name}", "macro-F1", figures[name], cheap, "tfidf")
        for name in ("majority", "hybrid", "lora", "average")
    ]
