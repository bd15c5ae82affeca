"""Few texts a class: the hybrid beside SetFit, on the same rows and the same encoder."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finetune.candidates.linear import Linear
from finetune.encoder import Encoder, load_encoder
from finetune.examples import Examples
from finetune.wording import tidy
from tests.bench.classifier_data import DATA, Texts, trouble_codes
from tests.bench.measure import LONG, Measurement

VERSION = "1.2.0"
HOME = Path("bench-results/setfit")
"""Its virtual environment, made once."""
STEPS = {8: -1, 16: -1, 32: 220, 64: 220} if LONG else {8: -1, 32: 220}
"""By texts a class; -1: as many as the paper's settings mean. More takes hours on two cores."""
FOLDS = 8
"""One of so many parts is what all sizes are judged on."""
SEED = 0


@dataclass(frozen=True, slots=True)
class Course:
    """A few rows to learn from and the rows to answer."""

    size: int
    train: Texts
    unseen: Texts


@dataclass(frozen=True, slots=True)
class Outcome:
    """Share of right answers, and CPU seconds of the training."""

    accuracy: float
    seconds: float


def few_shot() -> list[Measurement]:
    """Accuracy and CPU time at each size, one seed."""
    if not (DATA / "codes").is_dir():
        return []
    python, encoder = installed(), load_encoder(None, threads=1)
    found = []
    for course in courses(trouble_codes()):
        mine, theirs = ours(course, encoder), setfit(course, encoder, python)
        limit = STEPS[course.size]
        name = f"SetFit, {'as in its paper' if limit < 0 else f'{limit} steps'}"
        what = f"obd, {course.size} a class"
        found += [
            Measurement(f"{what}: accuracy", "share", mine.accuracy, theirs.accuracy, name),
            Measurement(
                f"{what}: training", "CPU s", mine.seconds, theirs.seconds, name,
                more_is_better=False,
            ),
        ]  # fmt: skip
    return found


def courses(rows: Texts) -> list[Course]:
    """The same unseen rows for all sizes; no wording stands on both sides."""
    fold = rows.folds(FOLDS, seed=SEED)[0]
    order = np.random.default_rng(SEED).permutation(fold.train)
    labels = rows.labels[order]
    return [
        Course(
            size,
            rows.take(np.concatenate([order[labels == label][:size] for label in set(labels)])),
            rows.take(fold.held),
        )
        for size in STEPS
    ]


def ours(course: Course, encoder: Encoder) -> Outcome:
    """The hybrid; the time of the encoder counts."""
    began = time.process_time()
    train = _examples(course.train, encoder)
    model = Linear.fit(train, course.train.labels, classes=course.train.classes, hybrid=True)
    seconds = time.process_time() - began
    found = model.scores(_examples(course.unseen, encoder)).argmax(axis=1)
    return Outcome(float((found == course.unseen.labels).mean()), seconds)


def setfit(course: Course, encoder: Encoder, python: Path) -> Outcome:
    """SetFit from the package index, fine-tuning the same encoder."""
    wanted = {
        "model": str(encoder.folder.path.resolve()),
        "texts": course.train.texts,
        "labels": course.train.labels.tolist(),
        "unseen": course.unseen.texts,
        "steps": STEPS[course.size],
        "seed": SEED,
        "threads": 1,
    }
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "asked.json"), Path(folder, "answered.json")
        asked.write_text(json.dumps({**wanted, "folder": folder}))
        child = Path(__file__).with_name("setfit_child.py")
        _quietly([str(python), str(child), str(asked), str(answered)])
        told = json.loads(answered.read_text())
    right = np.array(told["found"]) == course.unseen.labels
    return Outcome(float(right.mean()), told["seconds"])


def installed() -> Path:
    """The interpreter of an environment that has SetFit; torch first, so that it is the CPU's."""
    python = HOME / "bin" / "python"
    if not python.exists():
        _quietly([sys.executable, "-m", "venv", str(HOME)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", "constraints.txt"]
    _quietly([*pip, "torch"])
    _quietly([*pip, f"setfit=={VERSION}"])
    return python


def _examples(rows: Texts, encoder: Encoder) -> Examples:
    texts = tuple(tidy(text) for text in rows.texts)
    return Examples(texts, encoder.encode(texts))


def _quietly(command: list[str]) -> None:
    """Run it; what it said is shown only if it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} ...: {done.stderr[-2000:]}")
