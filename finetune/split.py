"""Rows to develop on and rows to look at once, with nothing known on two sides."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Rows
from ingest.errors import DataFault

PARTS = 5
"""One part of the rows is the test."""
LEAST_GROUPS = 3
"""For the test, and for one fold to fit on and one to score."""
LEAST_FROZEN = 0.1
"""A frozen test that is less than this share of the rows is filled up."""

Flags = NDArray[np.bool_]


class Frozen(Protocol):
    """Rows that stay in the test of a task from version to version."""

    @property
    def fingerprints(self) -> frozenset[str]:
        """Of rows, see `Dataset.fingerprints`."""
        ...

    @property
    def groups(self) -> frozenset[str]:
        """Of groups of rows, see `Dataset.group_keys`."""
        ...


@dataclass(frozen=True, slots=True)
class Bonds:
    """What must not be torn apart: one entry a row, by number."""

    how: str
    """In words, for the report."""
    groups: Rows
    """Rows with the same number stand on one side."""
    twins: Rows
    """Rows with the same number say the same to a model."""
    from_people: Flags
    """Rows to learn from only, never to judge by."""
    moments: NDArray[np.float64] | None = None
    """Of a split by time; a greater number is newer."""


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of the two sides; what a person has corrected since is on neither."""

    develop: Rows
    test: Rows
    how: str
    """In words, for the report."""
    notes: tuple[str, ...] = ()
    """What the split could not do, for the report."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Row numbers to fit on, and those to score with what was fitted."""

    train: Rows
    held: Rows


def split_rows(
    labels: Rows, bonds: Bonds, *, seed: int, frozen: Rows | None = None
) -> tuple[Rows, Rows]:
    """The rows to develop on and those of the test.

    Labels are spread as evenly as groups and time allow. Groups with frozen rows are in the test
    whatever else holds; of the others as many as are needed are learnt so that none of their
    labels is missing, except by time.

    Raises:
        DataFault: too few groups, or labels in too few of them.
    """
    ours = ~bonds.from_people
    _refuse_few_groups(bonds, ours)
    test = _whole(np.isin(np.arange(len(labels)), () if frozen is None else frozen), bonds) & ours
    if test.sum() < max(1.0, LEAST_FROZEN * len(labels)):
        test |= _drawn(np.flatnonzero(ours & ~test), labels, bonds, seed=seed)
    corrected = np.isin(bonds.twins, bonds.twins[bonds.from_people])
    develop, judged = np.flatnonzero(~test), np.flatnonzero(test & ~corrected)
    if not len(judged) or len(set(labels[develop].tolist())) < 2:
        raise _too_few(len(labels), bonds.how)
    return develop, judged


def folds_of(rows: Rows, labels: Rows, bonds: Bonds, *, count: int, seed: int) -> tuple[Fold, ...]:
    """Parts of the rows held back in turn; by time, newer rows than those that are learnt.

    Every label of the rows is learnt in every fold, except by time; so a label in one group only
    is held back nowhere. `labels` are those of all rows.

    Raises:
        DataFault: nothing can be held back.
    """
    if bonds.moments is None:
        folds = _crossed(rows, labels, bonds, count=count, seed=seed)
    else:
        folds = _chained(rows, bonds.moments, count)
    found = tuple(fold for fold in folds if len(fold.held) and len(set(labels[fold.train])) > 1)
    if not found:
        raise _too_few(len(rows), bonds.how)
    return found


def _whole(flags: Flags, bonds: Bonds) -> Flags:
    """All rows of the groups of these."""
    return np.isin(bonds.groups, bonds.groups[flags])


def _drawn(rows: Rows, labels: Rows, bonds: Bonds, *, seed: int) -> Flags:
    """About a fifth of the rows for the test."""
    if bonds.moments is not None:
        newest = _chunks(rows, bonds.moments, PARTS)[-1:]
        return np.isin(np.arange(len(labels)), newest[0] if newest else ())
    held = next(_parts(rows, labels, bonds, count=PARTS, seed=seed), rows[:0])
    learnt = _with_every_label(Fold(np.setdiff1d(rows, held), held), labels, bonds)
    return np.isin(np.arange(len(labels)), learnt.held)


def _crossed(rows: Rows, labels: Rows, bonds: Bonds, *, count: int, seed: int) -> Iterator[Fold]:
    for held in _parts(rows, labels, bonds, count=count, seed=seed):
        yield _with_every_label(Fold(np.setdiff1d(rows, held), held), labels, bonds)


def _chained(rows: Rows, moments: NDArray[np.float64], count: int) -> Iterator[Fold]:
    chunks = _chunks(rows, moments, count + 1)
    for at in range(1, len(chunks)):
        yield Fold(np.sort(np.concatenate(chunks[:at])), chunks[at])


def _chunks(rows: Rows, moments: NDArray[np.float64], count: int) -> list[Rows]:
    """Rows from old to new in about equal parts; rows of one moment stay together."""
    ordered = rows[np.argsort(moments[rows], kind="stable")]
    new = np.flatnonzero(np.diff(moments[ordered]) > 0) + 1
    wanted = [len(ordered) * part / count for part in range(1, count)]
    cuts = sorted({int(new[np.abs(new - at).argmin()]) for at in wanted if len(new)})
    return [np.sort(part) for part in np.split(ordered, cuts)]


def _parts(rows: Rows, labels: Rows, bonds: Bonds, *, count: int, seed: int) -> Iterator[Rows]:
    """Disjoint parts of the rows, whole groups each, with the labels spread over them."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    groups = bonds.groups[rows]
    known, commonest = len(set(groups.tolist())), int(np.bincount(labels[rows]).max(initial=0))
    parts = min(count, known, commonest)
    if parts < 2:
        return
    single = known == len(rows)
    kind = StratifiedKFold if single else StratifiedGroupKFold
    made = kind(parts, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for _, held in made.split(rows, labels[rows], None if single else groups):
            yield rows[held]


def _with_every_label(fold: Fold, labels: Rows, bonds: Bonds) -> Fold:
    """Whole groups moved to the training until it has every label."""
    train, held = fold.train, fold.held
    for label in np.setdiff1d(labels[held], labels[train]):
        if (labels[train] == label).any():  # came with a group that was moved for another label
            continue
        groups, sizes = np.unique(bonds.groups[held], return_counts=True)
        having = np.isin(groups, bonds.groups[held[labels[held] == label]])
        moved = bonds.groups[held] == groups[having][sizes[having].argmin()]
        train, held = np.sort(np.concatenate((train, held[moved]))), held[~moved]
    return Fold(train, held)


def _refuse_few_groups(bonds: Bonds, ours: Flags) -> None:
    known = len(set(bonds.groups[ours].tolist()))
    if known < LEAST_GROUPS:
        raise DataFault(
            f"There are only {known} group(s) of rows ({bonds.how}); at least {LEAST_GROUPS} are "
            "needed so that training, choice and test know nothing of each other."
        )


def _too_few(rows: int, how: str) -> DataFault:
    return DataFault(
        f"{rows} rows with these labels cannot be split into training, choice and test ({how}): "
        "every label needs rows in more than one group."
    )
