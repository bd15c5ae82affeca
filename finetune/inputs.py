"""What a caller gives to a classifier, in the form that a model reads; a bad row says why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from finetune.derived import derive
from finetune.examples import Examples, Floats
from finetune.features import as_row
from finetune.task import Task
from finetune.wording import tidy
from ingest.errors import DataFault

QUOTED = 200
"""Characters of a text that a diagnosis says it stands on."""
NAMED = 5
"""Features that a reason names at most."""

EMPTY = "The text is empty."
NO_WORD = "The text holds no word."
LEAST_LETTERS = 2
"""Numbers and marks alone say nothing; `0x0` and `1E2` are numbers."""
UNUSABLE = "A number is missing or not finite"


@dataclass(frozen=True, slots=True)
class TextAndNumbers:
    """One input of a task that reads both."""

    text: str
    features: Mapping[str, float] = field(default_factory=dict)


Input = str | Mapping[str, float] | TextAndNumbers


@dataclass(frozen=True, slots=True)
class Prepared:
    """Inputs in order, as a model reads them."""

    examples: Examples
    flaws: tuple[str, ...]
    """Why an input cannot be answered; empty where it can."""
    basis: tuple[tuple[str, ...], ...]
    """What each one stands on, in the caller's words."""


def prepared(task: Task, columns: Sequence[str], inputs: Sequence[Any]) -> Prepared:
    """What the model of a task reads.

    Args:
        task: says what an input is made of.
        columns: numbers that the model was trained on, in its order.
        inputs: texts, features by name, or both.

    Raises:
        DataFault: an input of the wrong kind.
    """
    given = [_both(one, task) for one in inputs]
    texts = tuple(tidy(one.text) for one in given) if task.reads_texts else ()
    flaws = [_unreadable(text) for text in texts] or [""] * len(given)
    table = np.zeros((0, 0))
    if columns:
        table = np.array([_row(one, task, columns) for one in given]).reshape(len(given), -1)
        said = [_defect(row, columns, task=task) for row in table]
        flaws = [flaw or defect for flaw, defect in zip(flaws, said, strict=True)]
        for at in np.flatnonzero(said):
            table[at] = np.nan_to_num(table[at], nan=0.0, posinf=0.0, neginf=0.0)
    basis = tuple((one.text[:QUOTED],) if texts else () for one in given)
    return Prepared(Examples(texts, table=table), tuple(flaws), basis)


def _unreadable(text: str) -> str:
    if not text:
        return EMPTY
    return "" if sum(map(str.isalpha, text)) >= LEAST_LETTERS else NO_WORD


def _both(one: Any, task: Task) -> TextAndNumbers:
    if isinstance(one, TextAndNumbers):
        return one
    if isinstance(one, str) and task.reads_texts:
        return TextAndNumbers(one)
    if isinstance(one, Mapping) and not task.reads_texts:
        return TextAndNumbers("", one)
    if isinstance(one, Mapping) and task.reads_numbers and isinstance(one.get(task.text), str):
        return TextAndNumbers(
            one[task.text], {name: value for name, value in one.items() if name != task.text}
        )
    kind = "texts" if task.reads_texts else "features by name"
    if task.reads_texts and task.reads_numbers:
        kind = "texts with features by name"
    raise DataFault(f"Task {task.name} reads {kind}.")


def _row(one: TextAndNumbers, task: Task, columns: Sequence[str]) -> Floats:
    numbers = {name: _number(value) for name, value in one.features.items()}
    return as_row(derive(task, numbers), columns)


def _number(value: Any) -> float:
    """What cannot be a number is missing."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan


def _defect(row: Floats, columns: Sequence[str], *, task: Task) -> str:
    bad = np.isinf(row) | (np.isnan(row) & (not task.may_miss or bool(np.isnan(row).all())))
    names = [columns[at] for at in np.flatnonzero(bad).tolist()]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{UNUSABLE}: {', '.join(names[:NAMED])}{more}." if names else ""
