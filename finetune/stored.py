"""What is said of one version of a task in a list, without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.artefact import read_manifest
from finetune.engine import MODEL
from finetune.frozen import Seal
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One version of one task as it lies on disk."""

    task: str
    version: str
    current: bool
    chosen: str
    accuracy: float
    macro_f1: float
    ece: float = 0.0
    coverage_at_90: float = 0.0
    previous: bool = False
    """A rollback goes to it."""
    shadow: bool = False
    trained_at: str = ""
    rows: int = 0
    """That it was trained and judged on."""
    gate: str = ""
    """`passed`, `refused` or `forced`; empty: not asked."""
    fault: str = ""
    """Why it cannot be used; then it has no figures."""


def described(folder: Path) -> dict[str, Any]:
    """The description of a version of today's format.

    Raises:
        SettingsFault: it is of another format, or cannot be read.
    """
    read_manifest(folder)
    about = read_json(folder / MODEL)
    if not isinstance(about, dict):
        raise SettingsFault(f"{folder / MODEL} says nothing of its model.")
    return about


def stored_model(folder: Path, **place: Any) -> StoredModel:
    """A version with its figures, or with the reason why it has none.

    Args:
        folder: of the version.
        place: what the task's other files say of it: `current`, `previous`, `shadow`, `gate`.
    """
    named = {"task": folder.parent.name, "version": folder.name, **place}
    try:
        figures = _figures(described(folder))
    except SettingsFault as fault:
        return StoredModel(**named, chosen="", accuracy=0.0, macro_f1=0.0, fault=str(fault))
    except (KeyError, TypeError, ValueError) as fault:
        words = f"{folder / MODEL} says nothing of its model: {fault!r}. Train the task again."
        return StoredModel(**named, chosen="", accuracy=0.0, macro_f1=0.0, fault=words)
    return StoredModel(**named, **figures)


def seal_of(folder: Path) -> Seal | None:
    """What the frozen test was when that version was judged; None where it does not say."""
    try:
        said = described(folder)["frozen"]
        return Seal(int(said["rows"]), str(said["sha256"]))
    except (SettingsFault, KeyError, TypeError, ValueError):
        return None


def _figures(about: Mapping[str, Any]) -> dict[str, Any]:
    report = about["report"]
    test = report["test"]
    measures = ("accuracy", "macro_f1", "ece", "coverage_at_90")
    return {
        "chosen": str(about["engine"]),
        **{name: float(test.get(name, 0.0)) for name in measures},
        "trained_at": str(about.get("trained_at", "")),
        "rows": int(report.get("rows", 0)),
    }
