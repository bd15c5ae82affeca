"""What `andon docs evaluate --apply` found best for one collection, kept beside its documents."""

from __future__ import annotations

import logging
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import StoreFault
from rag.passages import READING
from rag.settings import RagSettings
from rag.terms import ANALYSIS

log = logging.getLogger(__name__)
FILE = "tuning.json"
_LARGEST = 100_000
"""Bytes; ours has some hundred."""


class Tuning(BaseModel):
    """How scores are weighed and when an answer is declined, and on what this was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    basis: str
    """What the figures depend on: another encoder or other passages make them void."""
    measured_at: datetime
    questions: int = Field(ge=1)
    unanswerable: int = Field(ge=0)
    fusion: Literal["min-max", "rrf", "sparse", "dense"]
    fusion_dense_weight: float = Field(ge=0, le=1)
    support_min: float = Field(ge=0, le=1)
    support_cosine_weight: float = Field(ge=0, le=1)


WEIGHED = ("fusion", "fusion_dense_weight", "support_min", "support_cosine_weight")
"""The settings that a tuning stands in for."""


def basis(encoder: str, settings: RagSettings) -> str:
    """Names all that makes scores what they are."""
    bm25 = f"{settings.bm25_k1:g}/{settings.bm25_b:g}/{settings.bm25_average_words:g}"
    return f"{encoder} {ANALYSIS} {READING}/{settings.passage_words} {bm25}"


def tuned(settings: RagSettings, documents: Path, *, encoder: str) -> RagSettings:
    """The settings with what was measured for the library in that folder.

    What a person set by name stays; a file that is damaged, or that was measured with another
    encoder or other passages, is left out with a warning.
    """
    tuning = _read(documents / FILE)
    if tuning is None:
        return settings
    if tuning.basis != basis(encoder, settings):
        _ignored(documents / FILE, f"measured for {tuning.basis}")
        return settings
    found = tuning.model_dump(include=set(WEIGHED) - settings.model_fields_set)
    return settings.model_copy(update=found)


def write_tuning(documents: Path, tuning: Tuning) -> Path:
    """Put it in force from the next opening of the library; the old one stays until it is there.

    Raises:
        StoreFault: it cannot be written.
    """
    path = documents / FILE
    try:
        documents.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=documents, prefix=f".{FILE}.")
        with os.fdopen(handle, "w", encoding="utf-8") as draft:
            draft.write(tuning.model_dump_json(indent=2) + "\n")
            draft.flush()
            os.fsync(draft.fileno())
        Path(name).replace(path)
    except OSError as fault:
        raise StoreFault(f"{path}: it cannot be written: {fault.strerror}.") from fault
    return path


def _read(path: Path) -> Tuning | None:
    try:
        with path.open("rb") as file:
            return Tuning.model_validate_json(file.read(_LARGEST))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as fault:
        _ignored(path, str(fault).splitlines()[0])
        return None


def _ignored(path: Path, reason: str) -> None:
    log.warning(
        "tuning left out, the settings hold; measure again with andon docs evaluate --apply",
        extra={"file": str(path), "reason": reason},
    )
