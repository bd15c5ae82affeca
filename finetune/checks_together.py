"""What can be wrong with rows beside each other: duplicates, contradictions, leaks, rare labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from finetune.checks import TINY
from finetune.examples import Floats, Rows
from finetune.feature_table import Numbers
from finetune.finding import Finding
from finetune.split import Bonds
from finetune.task import Task
from finetune.task_check import folded

MOSTLY = 0.5
"""Share of a label's texts that hold its name, from which on that is said."""
ALMOST = 0.97
"""Balanced accuracy of one column alone, from which on it is said."""


def row_findings(
    labels: Rows, names: Sequence[str], *, prints: Sequence[str], bonds: Bonds
) -> Iterator[Finding]:
    """Rows that say the same, and labels that too little speaks for.

    Args:
        labels: index of each row's label.
        names: of the labels.
        prints: the same for rows whose input is the same.
        bonds: which rows stand on one side of a split.
    """
    yield from _contradictions(labels, prints)
    yield from _duplicates(labels, prints)
    yield from _on_two_sides(bonds)
    for label, name in enumerate(names):
        own = np.flatnonzero(labels == label)
        if not len(own):
            yield Finding("no_rows", f"has no rows of label {name}", fault=False)
        elif len(own) < TINY:
            message = f"has only {len(own)} rows of label {name}"
            yield Finding("tiny_label", message, tuple(own.tolist()), fault=False)
        elif len(set(bonds.groups[own].tolist())) == 1:
            message = f"has label {name} in one group only ({bonds.how}), so nothing judges it"
            yield Finding("one_group", message, (), fault=False)


def leak_findings(
    task: Task, labels: Rows, names: Sequence[str], *, numbers: Numbers
) -> Iterator[Finding]:
    """Columns that tell the label by themselves: copies of it, its indicators, and nearly so."""
    indicators: dict[int, Finding] = {}
    for at, name in enumerate(numbers.columns):
        if name in task.trusted:
            continue
        values = np.nan_to_num(numbers.values[:, at], nan=0.0, posinf=0.0, neginf=0.0)
        if _is_copy(values, labels):
            yield _leak([name], f"has in column {name} a copy of the label", fault=True)
        elif (label := _indicated(values, labels)) is not None:
            message = f"says in column {name} without fail whether the label is {names[label]}"
            indicators[label] = _leak([name], message, fault=False)
        elif (share := _alone(values, labels)) >= ALMOST:
            message = f"tells the label by column {name} alone in {share:.0%} of the cases"
            yield _leak([name], message, fault=False)
    known = len(set(labels.tolist()))
    if known > 2 and len(indicators) >= known - 1:
        columns = [one.column for one in indicators.values()]
        message = f"spells the label out in the columns {', '.join(columns)}"
        yield _leak(columns, message, fault=True)
    else:
        yield from indicators.values()


def named_in_text(
    texts: Sequence[str], labels: Rows, names: Sequence[str], column: str
) -> Iterator[Finding]:
    """Labels whose name stands in most of their texts and in few others."""
    plain = [f" {folded(text)} " for text in texts]
    for label, name in enumerate(names):
        words = f" {folded(name.replace('_', ' '))} "
        having = np.array([words in text for text in plain], dtype=np.bool_)
        own = labels == label
        if own.sum() < TINY or own.all():
            continue
        share = float(having[own].mean())
        if share > MOSTLY > 2 * having[~own].mean():
            message = f"names the label {name} itself in {share:.0%} of its texts"
            yield Finding("label_in_text", message, (), column, fault=False)


def _contradictions(labels: Rows, prints: Sequence[str]) -> Iterator[Finding]:
    said: dict[str, set[int]] = defaultdict(set)
    for print_, label in zip(prints, labels.tolist(), strict=True):
        said[print_].add(label)
    rows = tuple(row for row, print_ in enumerate(prints) if len(said[print_]) > 1)
    if rows:
        message = "gives the same input different labels"
        yield Finding("conflicting_labels", message, rows, fault=False)


def _duplicates(labels: Rows, prints: Sequence[str]) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    again = []
    for row, key in enumerate(zip(prints, labels.tolist(), strict=True)):
        if key in seen:
            again.append(row)
        seen.add(key)
    if again:
        message = "repeats rows that it has already"
        yield Finding("duplicate", message, tuple(again), fault=False)


def _on_two_sides(bonds: Bonds) -> Iterator[Finding]:
    """Twins in different groups: what is learnt of one is known of the other."""
    of_twin: dict[int, set[int]] = defaultdict(set)
    for twin, group in zip(bonds.twins.tolist(), bonds.groups.tolist(), strict=True):
        of_twin[twin].add(group)
    rows = [row for row, twin in enumerate(bonds.twins.tolist()) if len(of_twin[twin]) > 1]
    if rows:
        message = f"says the same in more than one group ({bonds.how})"
        yield Finding("twins_apart", message, tuple(rows), fault=False)


def _leak(columns: list[str], message: str, *, fault: bool) -> Finding:
    remedy = (
        "What is only known with the label cannot be learnt from: in a task file leave it out with "
        f"ignored = {columns}, or vouch for it with trusted = {columns}."
    )
    return Finding("leaking_column", message, (), ", ".join(columns), fault=fault, remedy=remedy)


def _is_copy(values: Floats, labels: Rows) -> bool:
    """Each value stands for one label and each label for one value."""
    pairs = set(zip(values.tolist(), labels.tolist(), strict=True))
    known = len(set(labels.tolist()))
    return known > 1 and len(pairs) == known == len(set(values.tolist()))


def _indicated(values: Floats, labels: Rows) -> int | None:
    """The label that a column of two values stands for."""
    if len(set(values.tolist())) != 2:
        return None
    for side in (values == values.max(), values == values.min()):
        inside = set(labels[side].tolist())
        if len(inside) == 1 and side.sum() >= TINY and not inside & set(labels[~side].tolist()):
            return int(inside.pop())
    return None


def _alone(values: Floats, labels: Rows) -> float:
    """Balanced accuracy of giving each row the label of its neighbour when sorted by the column.

    Rows of one value stand in random order: only the value may speak.
    """
    mixed = np.random.default_rng(0).permutation(len(values))
    ordered = labels[mixed][np.argsort(values[mixed], kind="stable")]
    right = ordered[1:] == ordered[:-1]
    shares = [right[ordered[1:] == label].mean() for label in np.unique(ordered[1:])]
    return float(np.mean(shares)) if shares else 0.0
