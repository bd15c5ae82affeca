"""Rows that people labelled while the plant ran, as they join the rows of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who said so, when, about what, and against which answer."""

    who: str
    when: datetime
    subject: str
    """Id of the prediction, issue or answer that was judged."""
    model_version: str = ""
    """Of the model whose answer was judged."""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One input with the label that a person gave it; what the task does not read is empty."""

    label: str
    provenance: Provenance
    text: str = ""
    features: Mapping[str, float] | None = None
