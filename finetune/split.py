"""Rows to train on, to choose by and to look at once, with nothing known on two sides."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.examples import Rows
from ingest.errors import DataFault

PARTS = 5
"""One part of the rows is the test, one of the rest the validation."""
LEAST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of the three parts."""

    train: Rows
    validation: Rows
    test: Rows
    how: str
    """In words, for the report."""


def split_by_group(labels: Rows, groups: Sequence[str], *, seed: int, how: str) -> Split:
    """No group stands on two sides; labels are spread as evenly as the groups allow.

    Raises:
        DataFault: too few groups for three parts.
    """
    names = np.asarray(groups)
    known = len(set(groups))
    if known < LEAST_GROUPS:
        raise DataFault(
            f"There are only {known} group(s) of rows ({how}); at least {LEAST_GROUPS} are needed "
            "so that training, validation and test know nothing of each other."
        )
    rows = np.arange(len(labels))
    rest, test = _fold(rows, labels, names, seed=seed)
    train, validation = _fold(rest, labels, names, seed=seed + 1)
    return _with_every_label(Split(train, validation, test, how), labels, names)


def split_by_time(labels: Rows, order: Sequence[int], *, how: str) -> Split:
    """The oldest rows train, the newest test; `order` lists the rows from old to new."""
    rows = np.asarray(order, dtype=np.int64)
    first, second = (len(rows) * 3) // 5, (len(rows) * 4) // 5
    split = Split(rows[:first], rows[first:second], rows[second:], how)
    return _with_every_label(split, labels, np.arange(len(labels)))


def _fold(
    rows: Rows, labels: Rows, names: np.ndarray[tuple[int], np.dtype[np.str_]], *, seed: int
) -> tuple[Rows, Rows]:
    """The rows without one part, and that part."""
    from sklearn.model_selection import StratifiedGroupKFold

    commonest = int(np.bincount(labels[rows]).max())
    parts = min(PARTS, len(set(names[rows])), commonest)
    if parts < 2:
        raise _too_few(len(labels))
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        rest, part = next(folds.split(rows, labels[rows], names[rows]))
    return rows[rest], rows[part]


def _with_every_label(
    split: Split, labels: Rows, names: np.ndarray[tuple[int], np.dtype[np.generic]]
) -> Split:
    """Move whole groups to the training until it has every label."""
    train, validation, test = (
        set(part.tolist()) for part in (split.train, split.validation, split.test)
    )
    for label in np.unique(labels):
        if any(labels[row] == label for row in train):
            continue
        row = next(int(row) for row in np.flatnonzero(labels == label))
        group = set(np.flatnonzero(names == names[row]).tolist())
        train |= group
        validation -= group
        test -= group
    found = Split(_sorted(train), _sorted(validation), _sorted(test), split.how)
    if not len(found.validation) or not len(found.test):
        raise _too_few(len(labels), f" ({split.how})")
    return found


def _too_few(rows: int, how: str = "") -> DataFault:
    return DataFault(
        f"{rows} rows with these labels cannot be split into training, validation and test{how}: "
        "every label needs rows in more than one group."
    )


def _sorted(rows: set[int]) -> Rows:
    return np.asarray(sorted(rows), dtype=np.int64)
