"""How vendors and operators word things: dialect files, filled templates, mild spelling noise.

A dialect file is TOML: `name`, `split` (`training` or `floor`) and, for each label,
`[templates.<label>]` with the lists `events`, `cleared` and `notes`. A running simulator speaks
only `floor` dialects, so that no text of a run was seen in training.
"""

from __future__ import annotations

import random
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import SettingsFault

FOLDER = Path(__file__).parent / "dialects"
SPLITS = ("training", "floor")
PLACEHOLDERS = frozenset({"machine", "signal", "value", "limit", "unit", "code"})

ABBREVIATIONS: Mapping[str, str] = {
    "temperature": "temp",
    "pressure": "pres.",
    "hydraulic": "hydr.",
    "operator": "op.",
    "machine": "m/c",
    "vibration": "vibr.",
    "approximately": "approx.",
    "position": "pos.",
    "compressor": "compr.",
    "maximum": "max.",
    "minimum": "min.",
    "without": "w/o",
    "between": "betw.",
    "replaced": "repl.",
    "checked": "chkd",
    "please": "pls",
    "and": "&",
    "with": "w/",
    "again": "agn",
    "before": "bef.",
}
_WORD = re.compile(r"\b[A-Za-z]+\b")
_SHORTEST_WORD = 5


@dataclass(frozen=True, slots=True)
class Wordings:
    """The templates of one label: an alarm raised, an alarm cleared, an operator's note."""

    events: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor's or one shift's way of putting it."""

    name: str
    split: str
    templates: Mapping[str, Wordings]
    """By label: a fault kind or `no_fault`."""


def load_dialects(folder: Path = FOLDER, *, split: str | None = None) -> tuple[Dialect, ...]:
    """Every dialect of a folder in the order of the file names, or only those of one split."""
    dialects = [_read(path) for path in sorted(folder.glob("*.toml"))]
    return tuple(d for d in dialects if split is None or d.split == split)


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its placeholders replaced; KeyError for one that has no value."""
    return template.format_map(values)


def perturb(text: str, rng: random.Random) -> str:
    """The text as someone in a hurry types it: at most one short form and one typo.

    Only whole words of letters change; codes, numbers and words in capitals stay as they are.
    """
    if rng.random() < 0.4:
        text = _shorten(text, rng)
    if rng.random() < 0.45:
        text = _mistype(text, rng)
    if rng.random() < 0.15:
        text = text.rstrip(".")
    return text


def _read(path: Path) -> Dialect:
    with path.open("rb") as file:
        content = tomllib.load(file)
    split = content.get("split")
    if split not in SPLITS:
        raise SettingsFault(f"{path}: split is {split!r}.", remedy=f"Use one of {SPLITS}.")
    templates = {label: _wordings(path, label, t) for label, t in content["templates"].items()}
    return Dialect(name=content.get("name", path.stem), split=split, templates=templates)


def _wordings(path: Path, label: str, table: Mapping[str, Any]) -> Wordings:
    wordings = Wordings(
        events=tuple(table.get("events", ())),
        cleared=tuple(table.get("cleared", ())),
        notes=tuple(table.get("notes", ())),
    )
    for template in (*wordings.events, *wordings.cleared, *wordings.notes):
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        if unknown := named - PLACEHOLDERS:
            raise SettingsFault(
                f"{path}: template {template!r} of {label} has unknown placeholders"
                f" {sorted(unknown)}.",
                remedy=f"Use {sorted(PLACEHOLDERS)}.",
            )
    return wordings


def _shorten(text: str, rng: random.Random) -> str:
    found = [m for m in _WORD.finditer(text) if m.group() in ABBREVIATIONS]
    if not found:
        return text
    word = rng.choice(found)
    return text[: word.start()] + ABBREVIATIONS[word.group()] + text[word.end() :]


def _mistype(text: str, rng: random.Random) -> str:
    found = [m for m in _WORD.finditer(text) if _may_change(m, text)]
    if not found:
        return text
    word = rng.choice(found)
    return text[: word.start()] + _typo(word.group(), rng) + text[word.end() :]


def _may_change(word: re.Match[str], text: str) -> bool:
    """Whether a word is plain language: long enough, not capitals, no part of a code or a name."""
    if len(word.group()) < _SHORTEST_WORD or word.group().isupper():
        return False
    around = text[max(word.start() - 1, 0) : word.start()] + text[word.end() : word.end() + 1]
    return not any(char in "-_/0123456789" for char in around)


def _typo(word: str, rng: random.Random) -> str:
    """One slip inside a word; its first and last letter stay."""
    at = rng.randrange(1, len(word) - 2)
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[: at + 1] + word[at:],
    )
    return rng.choice(slips)
