"""A calibrated model of a task on disk and in memory: what was chosen, and all it needs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.artefact import verify
from finetune.candidates.recipe import Known
from finetune.candidates.recipes import recipe
from finetune.encoder import Encoder
from finetune.examples import Examples, Fitted, Floats, softmax
from finetune.limits import Limits, limits_from
from finetune.neighbours import Neighbours
from finetune.task import Task, task_as_dict, task_from
from finetune.untrusted_json import read_json
from ingest.errors import AndonFault, SettingsFault

MODEL, LABELS, TOKENIZER = "model.json", "labels.json", "tokenizer.json"
CARD, SEEN = "card.md", "seen.json"


@dataclass(frozen=True, slots=True)
class Engine:
    """The chosen candidate with its calibration and its limits."""

    task: Task
    name: str
    """Of the candidate."""
    fitted: Fitted
    temperatures: Mapping[str, float]
    """By candidate: of the chosen one, and of the members of an average."""
    limits: Limits
    """Where it stops answering."""
    columns: tuple[str, ...] = ()
    neighbours: Neighbours | None = None

    def probabilities(self, examples: Examples) -> Floats:
        """Calibrated, one column a label in the task's order."""
        return softmax(self.fitted.scores(examples) / self.temperatures[self.name])


def write_engine(
    engine: Engine, folder: Path, *, encoder: Encoder | None, about: Mapping[str, Any]
) -> None:
    """Put a model into an empty folder; it is not sealed yet."""
    engine.fitted.write(folder)
    described = {
        "task": task_as_dict(engine.task),
        "engine": engine.name,
        "temperatures": dict(engine.temperatures),
        "columns": list(engine.columns),
        "limits": engine.limits.as_dict(),
        "encoder": None if encoder is None else _identity(encoder),
        **about,
    }
    write_json(folder / MODEL, described)
    write_json(folder / LABELS, list(engine.task.label_names))
    if engine.neighbours is not None:
        engine.neighbours.write(folder)
    if encoder is not None:
        shutil.copyfile(encoder.folder.path / TOKENIZER, folder / TOKENIZER)


def read_engine(folder: Path, encoder: Encoder | None) -> tuple[Engine, dict[str, Any]]:
    """A sealed model and its description.

    Raises:
        SettingsFault: its files are not what was sealed, or it needs another encoder.
    """
    sealed = verify(folder)
    try:
        read = _read(folder, encoder)
    except AndonFault:
        raise
    except Exception as fault:  # libraries that parse files of strangers fail in any way
        raise SettingsFault(
            f"The model in {folder} is not of a form that we write: {fault!r}."
        ) from fault
    sealed.confirm()
    return read


def needs_encoder(folder: Path) -> bool:
    """Whether a model cannot be read without the encoder; looks at nothing but its description."""
    try:
        return bool(read_json(folder / MODEL).get("encoder"))
    except (SettingsFault, AttributeError):
        return False


def _read(folder: Path, encoder: Encoder | None) -> tuple[Engine, dict[str, Any]]:
    about = read_json(folder / MODEL)
    task = task_from(about["task"])
    if read_json(folder / LABELS) != list(task.label_names):
        raise SettingsFault(f"The labels of the model in {folder} are in another order.")
    _refuse_foreign_encoder(about["encoder"], encoder, folder)
    limits = limits_from(about["limits"])
    engine = Engine(
        task,
        about["engine"],
        _read_fitted(about, folder, encoder, classes=len(task.labels)),
        about["temperatures"],
        limits,
        tuple(about["columns"]),
        Neighbours.read(folder) if limits.unknown_below is not None else None,
    )
    return engine, about


def _read_fitted(
    about: Mapping[str, Any], folder: Path, encoder: Encoder | None, *, classes: int
) -> Fitted:
    known = Known(classes, encoder, about["temperatures"])
    return recipe(about["engine"]).read(folder, known)


def _identity(encoder: Encoder) -> dict[str, str]:
    tokenizer = (encoder.folder.path / TOKENIZER).read_bytes()
    return {
        "name": encoder.name,
        "sha256": encoder.sha256,
        "tokenizer_sha256": hashlib.sha256(tokenizer).hexdigest(),
    }


def _refuse_foreign_encoder(
    wanted: Mapping[str, str] | None, encoder: Encoder | None, folder: Path
) -> None:
    if wanted is None:
        return
    given = {} if encoder is None else _identity(encoder)
    for part in ("sha256", "tokenizer_sha256"):
        if given.get(part) != wanted[part]:
            raise SettingsFault(
                f"The model in {folder} was trained on the encoder {wanted['name']}, "
                f"which is not the one in use.",
                remedy="Set ANDON_ENCODER to that encoder, or train again.",
            )


def write_json(path: Path, content: Any) -> None:
    """As readable text."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
