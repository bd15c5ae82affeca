"""A question and how well a result answers it: what a calibration works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.retrieval import Retrieved
from rag.settings import RagSettings

PASSAGES = 20
"""Passages that are fetched for a question, so that ten different documents are among them."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and how well a result answers it."""

    question: str
    group: str
    """Questions of one group are never on both sides of a choice."""
    machine: str | None = None
    machine_kind: str | None = None
    gain: Callable[[Retrieved], float] | None = None
    """nDCG@10; None: nothing in the collection answers it."""


def fusion_name(settings: RagSettings) -> str:
    """The fusion as a person would say it, such as `min-max(dense=0.5)`."""
    weighed = settings.fusion not in ("sparse", "dense")
    weight = f"(dense={settings.fusion_dense_weight:g})" if weighed else ""
    return f"{settings.fusion}{weight}"
