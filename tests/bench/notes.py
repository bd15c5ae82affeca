"""Part and action of maintenance notes by rule, on notes that the word lists were not written by.

Every other note of the set: the lists were written and tried on the rest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompting.tasks.extraction_rules import found_by_rule
from tests.bench.measure import Measurement

DATA = Path(os.environ.get("ANDON_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
KINDS = {"part": "PhysicalObject", "action": "Activity"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A note and the places that people have marked in it, by field."""

    text: str
    marked: dict[str, list[tuple[int, int]]]


def extraction() -> list[Measurement]:
    """Precision and recall of both fields against the first and the last word of the note."""
    path = DATA / "maintenance_text" / "gold_release.json"
    if not path.is_file():
        return []
    notes = [_labelled(entry) for entry in json.loads(path.read_text())[1::2]]
    figures = []
    for field in KINDS:
        ours = _figures(notes, [_by_rule(note.text, field) for note in notes], field)
        plain = _figures(notes, [_by_place(note.text, field) for note in notes], field)
        figures += [
            Measurement(f"notes: {field}", name, mine, theirs, "first or last word")
            for name, mine, theirs in zip(("precision", "recall"), ours, plain, strict=True)
        ]
    return figures


def _labelled(entry: dict[str, Any]) -> Labelled:
    places = list(_places(entry["tokens"]))
    marked: dict[str, list[tuple[int, int]]] = {field: [] for field in KINDS}
    for item in entry["entities"]:
        for field, kind in KINDS.items():
            if item["type"].split("/")[0] == kind:
                marked[field].append((places[item["start"]][0], places[item["end"] - 1][1]))
    return Labelled(" ".join(entry["tokens"]), marked)


def _places(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for token in tokens:
        yield start, start + len(token)
        start += len(token) + 1


def _by_rule(text: str, field: str) -> tuple[int, int] | None:
    found = getattr(found_by_rule(text, ()), field)
    return (found.start, found.end) if found else None


def _by_place(text: str, field: str) -> tuple[int, int]:
    words = list(_places(text.split(" ")))
    return words[0 if field == "action" else -1]


def _figures(
    notes: Sequence[Labelled], found: Sequence[tuple[int, int] | None], field: str
) -> tuple[float, float]:
    pairs = list(zip(notes, found, strict=True))
    right = sum(1 for note, place in pairs if place and _right(place, note, field))
    given = sum(1 for _, place in pairs if place)
    return right / given, right / sum(1 for note in notes if note.marked[field])


def _right(place: tuple[int, int], note: Labelled, field: str) -> bool:
    """What is marked, or marked pieces one behind the other, the last one whole."""
    marked = note.marked[field]
    letters = (n for n in range(*place) if note.text[n] != " ")
    inside = all(any(start <= n < end for start, end in marked) for n in letters)
    return inside and any(end == place[1] for _, end in marked)
