"""What a verdict is about: the answer as it was given, and the words or numbers it stood on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ingest.vocabulary import Diagnosis, EvidenceKind, Issue

CLASSIFIER = "classifier"
CODE_TABLE = "code-table"
"""Engines of a diagnosis."""
_WORDED = (EvidenceKind.ALARM, EvidenceKind.NOTE)


@dataclass(frozen=True, slots=True)
class Judged:
    """Kept beside the verdict, because a card goes on and a prediction is dropped after a while."""

    task: str = ""
    label: str = ""
    """That was said; empty: none was."""
    version: str = ""
    """Of the model; empty where no model said it."""
    engine: str = ""
    texts: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, body: str) -> Self:
        """From the JSON that `written` gives."""
        said: dict[str, Any] = json.loads(body)
        return cls(**{**said, "texts": tuple(said.get("texts", ()))})

    def written(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def judged_prediction(said: Mapping[str, Any]) -> Judged:
    """A prediction as the ledger kept it."""
    given, diagnosis = said["input"], said["diagnosis"]
    text = given.get("text")
    features = said.get("features") or given.get("features") or {}
    return Judged(
        task=diagnosis["task"],
        label=diagnosis["label"] or "",
        version=diagnosis["model_version"],
        engine=diagnosis["engine"],
        texts=(text,) if text is not None else tuple(diagnosis["basis"]),
        features=finite(features),
    )


def judged_card(card: Issue, task: str) -> Judged:
    """A card: the words of its diagnosis, else those that its evidence quotes."""
    diagnosis = card.diagnosis
    if diagnosis is None:
        return Judged(task=task, texts=_quoted(card))
    return Judged(
        task=diagnosis.task,
        label=diagnosis.label or "",
        version=diagnosis.model_version,
        engine=diagnosis.engine,
        texts=_basis(diagnosis) or _quoted(card),
    )


def finite(features: Mapping[str, float | None]) -> dict[str, float]:
    """Without the ones that are missing: JSON has no word for them."""
    return {
        name: float(value)
        for name, value in features.items()
        if value is not None and math.isfinite(value)
    }


def _basis(diagnosis: Diagnosis) -> tuple[str, ...]:
    return diagnosis.basis if diagnosis.engine == CLASSIFIER else ()


def _quoted(card: Issue) -> tuple[str, ...]:
    found = (quote for item in card.evidence if item.kind in _WORDED for quote in item.quotes)
    return tuple(dict.fromkeys(quote.strip() for quote in found if quote.strip()))
