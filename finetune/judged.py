"""What a version said to every row of the frozen test, kept in its folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune.frozen import Judgement
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault

JUDGED = "judged.json"
FORMAT = 1
DIGITS = 6


def judged_as_dict(judged: Sequence[Judgement]) -> dict[str, Any]:
    """For `judged.json`; probabilities in the order of the labels."""
    labels = list(judged[0].probabilities) if judged else []
    rows = [
        [one.fingerprint, one.label, [round(one.probabilities[name], DIGITS) for name in labels]]
        for one in judged
    ]
    return {"format": FORMAT, "labels": labels, "rows": rows}


def read_judged(folder: Path) -> tuple[Judgement, ...]:
    """The judgements of a version, in the order of the frozen test.

    Raises:
        SettingsFault: the file is missing or not of the form that we write.
    """
    path = folder / JUDGED
    read = read_json(path)
    try:
        if read["format"] != FORMAT:
            raise ValueError(f"format {read['format']!r}")
        labels = [str(name) for name in read["labels"]]
        return tuple(_judgement(row, labels) for row in read["rows"])
    except (KeyError, TypeError, ValueError) as fault:
        raise SettingsFault(
            f"{path} is not of a form that we write: {fault!r}.", remedy="Train the task again."
        ) from fault


def _judgement(row: Sequence[Any], labels: Sequence[str]) -> Judgement:
    fingerprint, label, values = row
    found = [float(value) for value in values]
    if not all(math.isfinite(value) and 0 <= value <= 1 for value in found):
        raise ValueError("a probability is none")
    if not isinstance(fingerprint, str) or not isinstance(label, str):
        raise TypeError("a fingerprint or a label is no text")
    return Judgement(fingerprint, label, dict(zip(labels, found, strict=True)))
