"""The frozen test of a task: rows that no version learns before it is judged on them."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from finetune.examples import Examples, Floats
from finetune.untrusted_json import parse_json
from ingest.errors import SettingsFault

FROZEN = "frozen-test.jsonl"
MOST_ROWS = 20_000
"""Rows that are frozen at most; those of rare labels come first."""
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """One labelled input that is kept from training."""

    fingerprint: str
    """Of the input alone, as `Dataset.fingerprints` gives it."""
    group: str
    """What it must not be parted from: its group, else its masked text, else its fingerprint."""
    label: str
    text: str = ""
    features: Mapping[str, float] = field(default_factory=dict)
    """By column, NaN where missing."""
    added: str = ""
    """When it was frozen, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The first rows of a frozen test, as a version says that they were when it was judged."""

    rows: int
    sha256: str


class FrozenTest:
    """Rows in the order in which they were frozen; rows are added and never changed or removed."""

    def __init__(self, rows: Sequence[FrozenRow] = ()) -> None:
        self.rows = tuple(rows)
        self.fingerprints = frozenset(row.fingerprint for row in self.rows)
        self.groups = frozenset(row.group for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def extended(self, rows: Iterable[FrozenRow]) -> FrozenTest:
        """With those rows that are not known yet.

        A known input keeps the label under which it was frozen: who retrains must not be able to
        change what the version in use was judged by.
        """
        fresh: dict[str, FrozenRow] = {}
        for row in rows:
            if row.fingerprint not in self.fingerprints:
                fresh.setdefault(row.fingerprint, row)
        room = max(0, MOST_ROWS - len(self.rows))
        return FrozenTest((*self.rows, *_of_every_label(list(fresh.values()), room)))

    def first(self, rows: int) -> FrozenTest:
        """Only so many, the ones that were frozen first."""
        return FrozenTest(self.rows[:rows])

    def examples(self, columns: Sequence[str] = ()) -> Examples:
        """What a model reads, in order and without vectors; `columns` are its features."""
        table = [[row.features.get(name, math.nan) for name in columns] for row in self.rows]
        texts = tuple(row.text for row in self.rows)
        return Examples(
            texts=texts if any(texts) else (),
            table=np.array(table, dtype=np.float64).reshape(len(self.rows), len(columns))
            if columns
            else np.zeros((0, 0)),
        )

    def seal(self, rows: int | None = None) -> Seal:
        """Of the first rows; all of them if no number is given."""
        wanted = len(self.rows) if rows is None else rows
        lines = "".join(_line(row) for row in self.rows[:wanted])
        return Seal(wanted, hashlib.sha256(lines.encode()).hexdigest())

    def holds(self, seal: Seal) -> bool:
        """Whether the rows that were sealed are all here, unchanged and in their place."""
        return len(self.rows) >= seal.rows and self.seal(seal.rows) == seal


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one version said to one frozen row."""

    fingerprint: str
    label: str
    """The right one."""
    probabilities: Mapping[str, float]
    """Calibrated, by label of that version."""

    @property
    def predicted(self) -> str:
        """The likeliest label; of equal ones the first."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """Of the likeliest label."""
        return self.probabilities[self.predicted]


def judgements(
    frozen: FrozenTest, probabilities: Floats, labels: Sequence[str]
) -> tuple[Judgement, ...]:
    """One for each frozen row, from probabilities in its order, one column a label."""
    return tuple(
        Judgement(row.fingerprint, row.label, dict(zip(labels, map(float, found), strict=True)))
        for row, found in zip(frozen.rows, probabilities, strict=True)
    )


def write_frozen(path: Path, frozen: FrozenTest) -> None:
    """Put the file into place whole, and onto the disk before it is."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(_line(row) for row in frozen.rows)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_frozen(path: Path) -> FrozenTest:
    """The rows of a file; none where there is no file.

    Raises:
        SettingsFault: a line is not of the form that we write.
    """
    if not path.exists():
        return FrozenTest()
    try:
        if path.is_symlink() or path.stat().st_size > MOST_BYTES:
            raise SettingsFault(f"The frozen test {path} is a link, or too large.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFault(f"The frozen test {path} cannot be read: {fault}.") from fault
    return FrozenTest([_row(line, number, path) for number, line in enumerate(lines, start=1)])


def _line(row: FrozenRow) -> str:
    said: dict[str, Any] = {
        "fingerprint": row.fingerprint,
        "group": row.group,
        "label": row.label,
        "added": row.added,
    }
    if row.text:
        said["text"] = row.text
    if row.features:
        said["features"] = {
            name: None if math.isnan(value) else value for name, value in row.features.items()
        }
    return json.dumps(said, sort_keys=True) + "\n"


def _row(line: str, number: int, path: Path) -> FrozenRow:
    read = parse_json(line, path)
    try:
        features = {
            str(name): math.nan if value is None else float(value)
            for name, value in read.get("features", {}).items()
        }
        words = [read[key] for key in ("fingerprint", "group", "label")]
        words += [read.get("text", ""), read["added"]]
        if not all(isinstance(word, str) for word in words):
            raise TypeError("a text is none")
        fingerprint, group, label, text, added = words
        return FrozenRow(fingerprint, group, label, text, features, added)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise SettingsFault(f"Line {number} of the frozen test {path} is no row: {fault!r}.") from (
            fault
        )


def _of_every_label(rows: Sequence[FrozenRow], most: int) -> list[FrozenRow]:
    """At most so many rows, taken in turns from every label, in the order given."""
    if len(rows) <= most:
        return list(rows)
    of_label: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        of_label[row.label].append(at)
    turns = [at for turn in zip_longest(*of_label.values()) for at in turn if at is not None]
    return [rows[at] for at in sorted(turns[:most])]
