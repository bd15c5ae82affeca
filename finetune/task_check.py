"""What a task file may say: each fault with its place, all of them at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from ingest.toml_lines import Steps, TomlText

PLAIN = (
    "name",
    "title",
    "text",
    "features",
    "target",
    "group",
    "time",
    "machine",
    "start",
    "end",
    "quiet",
)
"""Keys that are one text."""


class TaskKind(StrEnum):
    """What a task reads."""

    TEXT = "text"
    TABULAR = "tabular"
    WINDOW = "window"
    """Time spans of a machine, of which the history tells the numbers."""


class Operation(StrEnum):
    """How a derived feature is made of two others."""

    PRODUCT = "product"
    RATIO = "ratio"
    DIFFERENCE = "difference"
    SUM = "sum"


_TEXTS = (*PLAIN, "data")
_KEYS = frozenset(
    {*_TEXTS, "kind", "missing_allowed", "labels", "derived", "ignored", "trusted", "targets"}
)
_LABEL_KEYS = frozenset({"name", "description", "machine_kinds"})
_DERIVED_KEYS = frozenset({"name", "of", "op"})
FIGURES = ("accuracy", "macro_f1", "ece", "coverage_at_90")
"""What can be asked for under `[targets]`; `ece` as a most, the others as a least."""
MOST_LABEL = 200
"""Characters of a label."""

Defect = tuple[Steps, str]
"""Where, and what is wrong."""


def defects(read: TomlText) -> Iterator[Defect]:
    """Everything that is wrong with a read task file."""
    raw = read.values
    yield from (((key,), f"unknown key {key}") for key in sorted(raw.keys() - _KEYS))
    yield from (((), f"{key} is missing") for key in ("name", "kind", "labels") if key not in raw)
    for key in _TEXTS:
        if not isinstance(raw.get(key, ""), str):
            yield (key,), f"{key} must be text"
    if "kind" in raw and raw["kind"] not in list(TaskKind):
        yield ("kind",), f"kind must be one of {', '.join(TaskKind)}"
    if not isinstance(raw.get("missing_allowed", False), bool):
        yield ("missing_allowed",), "missing_allowed must be true or false"
    for key in ("ignored", "trusted"):
        if not _texts(raw.get(key, [])):
            yield (key,), f"{key} must be a list of column names"
    yield from _columns(raw)
    yield from _labels(raw)
    yield from _derived(raw)
    yield from _targets(raw.get("targets", {}))


def _columns(raw: Mapping[str, Any]) -> Iterator[Defect]:
    """One column cannot be two things."""
    roles = ["target", "group", "time"]
    roles += {"text": ["text"], "window": ["machine", "start", "end"]}.get(str(raw.get("kind")), [])
    usual = {"target": "label"}
    names = {role: raw.get(role, usual.get(role, role)) for role in roles}
    for role, name in names.items():
        others = [other for other in roles[: roles.index(role)] if names[other] == name]
        if others:
            yield (role,), f"column {name} is both {others[0]} and {role}"


def _labels(raw: Mapping[str, Any]) -> Iterator[Defect]:
    labels = raw.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(item, dict) for item in labels):
        yield ("labels",), "labels must be written as [[labels]]"
        return
    names = [item.get("name") for item in labels]
    for at, item in enumerate(labels):
        yield from _label(("labels", at), item, known=names[:at])
    if raw.get("quiet") and raw["quiet"] not in names:
        yield ("quiet",), f"quiet names {raw['quiet']}, which is no label"


def _label(place: Steps, item: Mapping[str, Any], *, known: Sequence[object]) -> Iterator[Defect]:
    name = item.get("name")
    if not isinstance(name, str) or not name.strip():
        yield place, "every [[labels]] needs a name"
        return
    if name != name.strip() or not name.isprintable() or len(name) > MOST_LABEL:
        words = f"must be one line of at most {MOST_LABEL} characters without spaces around it"
        yield (*place, "name"), f"label {name[:40]!r} {words}"
    if folded(name) in {folded(other) for other in known if isinstance(other, str)}:
        yield (*place, "name"), f"label {folded(name)} stands there twice"
    for key in sorted(item.keys() - _LABEL_KEYS):
        yield (*place, key), f"unknown key {key} of label {name}"
    if not isinstance(item.get("description", ""), str):
        yield (*place, "description"), f"description of {name} must be text"
    if not _texts(item.get("machine_kinds", [])):
        yield (*place, "machine_kinds"), f"machine_kinds of {name} must be a list of names"


def _derived(raw: Mapping[str, Any]) -> Iterator[Defect]:
    derived = raw.get("derived", [])
    if not isinstance(derived, list) or not all(isinstance(item, dict) for item in derived):
        yield ("derived",), "derived must be written as [[derived]]"
        return
    names = [item.get("name") for item in derived]
    for at, item in enumerate(derived):
        place: Steps = ("derived", at)
        name = item.get("name")
        if not isinstance(name, str) or not name.strip():
            yield place, "every [[derived]] needs a name"
        elif name in names[:at]:
            yield (*place, "name"), f"derived feature {name} stands there twice"
        for key in sorted(item.keys() - _DERIVED_KEYS):
            yield (*place, key), f"unknown key {key} of derived feature {name}"
        of = item.get("of")
        if not _texts(of) or len(of or ()) != 2:
            yield (*place, "of"), f"of in derived feature {name} must name two columns"
        if item.get("op") not in list(Operation):
            yield (*place, "op"), f"op of {name} must be one of {', '.join(Operation)}"


def _targets(targets: object) -> Iterator[Defect]:
    if not isinstance(targets, dict):
        yield ("targets",), "targets must be written as [targets]"
        return
    for name, value in targets.items():
        if name not in FIGURES:
            yield ("targets", name), f"target {name} must be one of {', '.join(FIGURES)}"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            yield ("targets", name), f"target {name} must be a share between 0 and 1"


def folded(label: str) -> str:
    """Labels that give the same here are one label written in two ways."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
