"""Real model folders that cost nothing: a regression on one number, judged as a test wants it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from finetune.artefact import seal
from finetune.candidates.tabular import Tabular
from finetune.card import FITTED_ON
from finetune.engine import Engine, write_engine, write_json
from finetune.examples import Examples
from finetune.frozen import FrozenRow, FrozenTest, Judgement
from finetune.judged import JUDGED, judged_as_dict
from finetune.limits import Limits, Reference
from finetune.models import ModelStore
from finetune.task import Label, Task, TaskKind

NAMES = ("good", "short", "warped")
TASK = Task("mine", TaskKind.TABULAR, tuple(Label(name) for name in NAMES))
PLACES = (-4.0, 0.0, 4.0)
"""Numbers of which each stands for one label."""
ROWS = 30


def judgement(row: int, said: str, *, names: Sequence[str] = NAMES, sure: float = 0.9) -> Judgement:
    """What a model says to a frozen row whose right label follows from its number."""
    rest = (1 - sure) / (len(names) - 1)
    probabilities = {name: sure if name == said else rest for name in names}
    return Judgement(f"{row:016x}", NAMES[row % len(NAMES)], probabilities)


def judged(*, wrong: Collection[int] = (), rows: int = ROWS) -> tuple[Judgement, ...]:
    """Right on all rows but those; what is wrong is the next label."""
    return tuple(judgement(row, NAMES[(row + (row in wrong)) % len(NAMES)]) for row in range(rows))


def frozen_of(rows: Sequence[Judgement]) -> FrozenTest:
    """The frozen test that these judgements are of."""
    return FrozenTest(
        [
            FrozenRow(one.fingerprint, one.fingerprint, one.label, features={"x": float(number)})
            for number, one in enumerate(rows)
        ]
    )


def small_engine(*, turned: int = 0, task: Task = TASK) -> Engine:
    """Tells three numbers apart; `turned` says which label each of them gets."""
    table = np.repeat(np.asarray(PLACES), 8)[:, None]
    labels = (np.repeat(np.arange(3), 8) + turned) % 3
    name = "logistic regression"
    fitted = Tabular.fit(name, (Examples(table=table), labels), classes=3, seed=0)
    reference = Reference(ROWS, (1 / 3,) * 3, (0.1,) * 10, 0.8, review=0.1, unknown=0.0)
    return Engine(task, name, fitted, {name: 1.0}, Limits(0.2, 0.9, None, 0.1, reference), ("x",))


def add_version(
    store: ModelStore,
    *,
    turned: int = 0,
    task: Task = TASK,
    said: Sequence[Judgement] | None = None,
    training: str = "",
) -> str:
    """A new version of a task, not in use; `training` is the one that it comes from."""
    rows = judged() if said is None else said
    frozen = frozen_of(rows)
    right = float(np.mean([one.predicted == one.label for one in rows])) if rows else 0.0
    test = {"accuracy": right, "macro_f1": right, "ece": 0.1, "coverage_at_90": 1.0}
    sealed = frozen.seal()
    about = {
        "report": {"rows": ROWS, "test": test, FITTED_ON: ROWS},
        "training": {"key": training},
        "trained_at": "2026-11-23T00:00:00+00:00",
        "frozen": {"rows": sealed.rows, "sha256": sealed.sha256},
    }

    def fill(folder: Path, version: str) -> None:
        engine = small_engine(turned=turned, task=task)
        write_engine(engine, folder, encoder=None, about={**about, "version": version})
        write_json(folder / JUDGED, judged_as_dict(rows))
        write_json(folder / "seen.json", [])
        (folder / "card.md").write_text(f"# {task.name} {version}\n", encoding="utf-8")
        seal(folder)

    return store.add(task.name, fill, frozen=frozen)
