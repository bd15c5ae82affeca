"""Labelled rows to measure the classifier on, and folds that keep texts of one wording together."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from finetune.examples import Rows
from finetune.split import Fold
from finetune.wording import mask

DATA = Path(os.environ.get("ANDON_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
LEAST = 20
"""Rows of a class; a smaller one is left out."""
FAULT_WORDS = re.compile(
    r"\b(?:[a-i]|an|and|battery|circuit|erratic|fail(?:ed|ure)?|fault|gnd|ground|high|in|incorrect"
    r"|input|intermittent|low|malfunction|not|of|open|out|output|performance|problem|range|short"
    r"|signal|stuck|the|to|voltage)\b"
)
"""What a trouble code says of any part; without them its text names the part."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with a label each, and the group that stays on one side of a split."""

    name: str
    texts: tuple[str, ...]
    labels: Rows
    groups: tuple[str, ...]

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.labels.max()) + 1

    def take(self, rows: Sequence[int] | Rows) -> Texts:
        """Those rows."""
        texts, groups = (tuple(part[row] for row in rows) for part in (self.texts, self.groups))
        return Texts(self.name, texts, self.labels[np.asarray(rows)], groups)

    def sample(self, count: int, *, seed: int) -> Texts:
        """So many rows, drawn once."""
        drawn = np.random.default_rng(seed).permutation(len(self.labels))[:count]
        return self.take(np.sort(drawn))

    def folds(self, count: int, *, seed: int = 0) -> tuple[Fold, ...]:
        """Stratified, every group on one side."""
        return folds_by(self.labels, self.groups, count=count, seed=seed)


def folds_by(labels: Rows, groups: Sequence[str], *, count: int, seed: int = 0) -> tuple[Fold, ...]:
    """Stratified folds, every group on one side."""
    from sklearn.model_selection import StratifiedGroupKFold

    parts = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    split = parts.split(np.zeros(len(labels)), labels, np.asarray(groups))
    return tuple(Fold(train, held) for train, held in split)


def trouble_codes(*, parts_apart: bool = False) -> Texts:
    """Trouble codes of vehicles; the class is the letter, of powertrain codes with the subsystem.

    The letter says body, chassis, network or powertrain; of powertrain codes the third character
    is the subsystem (metering, ignition, emissions, speed, computer, transmission ...).

    Args:
        parts_apart: group by the part that a text names, with the fault words masked as well as
            the numbers, so that no fold has seen the part.
    """
    with (DATA / "codes" / "obd-trouble-codes.csv").open(encoding="utf-8") as file:
        rows = [(text, _subsystem(code)) for code, text in csv.reader(file)]
    key = part_named if parts_apart else mask
    name = f"obd, {'part' if parts_apart else 'masked text'} apart"
    return _texts(name, rows, [key(text) for text, _ in rows])


def states() -> Texts:
    """Maintenance notes of MaintIE in which one kind of bad state is marked, and no other state."""
    path = DATA / "maintenance_text" / "gold_release.json"
    rows = []
    for note in json.loads(path.read_text(encoding="utf-8")):
        kinds = {item["type"] for item in note["entities"] if item["type"].startswith("State")}
        if len(kinds) == 1:
            rows.append((note["text"], kinds.pop().split("/")[-1]))
    return _texts("MaintIE state", rows, [mask(text) for text, _ in rows])


def steel() -> tuple[np.ndarray, Rows]:
    """Measured features of steel plates and the kind of their defect."""
    path = DATA / "steel" / "SteelPlatesFaults_Clean.csv"
    names = path.open(encoding="utf-8").readline().strip().split(",")
    cells = np.loadtxt(path, delimiter=",", skiprows=1)
    defects = [at for at, name in enumerate(names) if re.search(r"_Faults?$", name)]
    features = [at for at in range(len(names)) if at not in defects]
    return cells[:, features], cells[:, defects].argmax(axis=1).astype(np.int64)


def part_named(text: str) -> str:
    """The words of a text that are neither numbers nor said of any part."""
    return " ".join(re.findall(r"[a-z]+", FAULT_WORDS.sub(" ", text.lower())))


def _subsystem(code: str) -> str:
    return code[0] + code[2] if code[0] == "P" else code[0]


def _texts(name: str, rows: Sequence[tuple[str, str]], groups: Sequence[str]) -> Texts:
    counts = Counter(label for _, label in rows)
    names = sorted(label for label, count in counts.items() if count >= LEAST)
    kept = [at for at, (_, label) in enumerate(rows) if label in names]
    return Texts(
        name,
        tuple(rows[at][0] for at in kept),
        np.array([names.index(rows[at][1]) for at in kept], dtype=np.int64),
        tuple(groups[at] for at in kept),
    )
