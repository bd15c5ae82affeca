"""A task: what is decided, between which labels, and which columns of the data say so."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest.errors import NotKnown, SettingsFault

SHIPPED = Path(__file__).parent / "tasks"

_TEXT_KEYS = ("name", "kind", "title", "data", "text", "target", "group", "time", "quiet")
_KEYS = frozenset({*_TEXT_KEYS, "features", "missing_allowed", "labels"})


class TaskKind(StrEnum):
    """What a task reads."""

    TEXT = "text"
    TABULAR = "tabular"


@dataclass(frozen=True, slots=True)
class Label:
    """One possible answer."""

    name: str
    description: str = ""
    machine_kinds: tuple[str, ...] = ()
    """Kinds of machine that can have it; empty: all."""


@dataclass(frozen=True, slots=True)
class Task:
    """The declaration of a task; a plain data file gives one with labels but no descriptions."""

    name: str
    kind: TaskKind
    labels: tuple[Label, ...] = ()
    """In this order everywhere; empty until the data is read."""
    title: str = ""
    text: str = "text"
    features: str = "*"
    """Glob over column names, for a tabular task."""
    target: str = "label"
    group: str = "group"
    """Column whose values never stand on both sides of a split."""
    time: str = "time"
    quiet: str = ""
    """The label that means that nothing is wrong."""
    missing_allowed: bool = False
    data: Path | None = field(default=None, compare=False)
    """The data that ships with it."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(label.name for label in self.labels)

    def label(self, name: str) -> Label:
        """The label of that name.

        Raises:
            NotKnown: the task has no such label.
        """
        for label in self.labels:
            if label.name == name:
                return label
        raise NotKnown(f"Task {self.name} has no label {name}.")

    def labels_for(self, machine_kind: str) -> tuple[str, ...]:
        """Names of the labels that a machine of that kind can have."""
        return tuple(
            label.name
            for label in self.labels
            if not label.machine_kinds or machine_kind in label.machine_kinds
        )


def shipped_tasks() -> tuple[str, ...]:
    """Names of the tasks that come with us."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def shipped_task(name: str) -> Task:
    """The task of that name that comes with us.

    Raises:
        NotKnown: there is none.
    """
    if name not in shipped_tasks():
        raise NotKnown(
            f"No task named {name} ships with us; there are {', '.join(shipped_tasks())}."
        )
    return load_task(SHIPPED / f"{name}.toml")


def load_task(path: Path) -> Task:
    """Read a task file.

    Raises:
        SettingsFault: it is not there or says something that a task cannot mean.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SettingsFault(f"The task file {path} cannot be read: {fault}") from fault
    defects = _defects(raw)
    if defects:
        raise SettingsFault(f"The task file {path} is wrong: {'; '.join(defects)}.")
    return task_from(raw, folder=path.parent)


def task_from(raw: Mapping[str, Any], *, folder: Path | None = None) -> Task:
    """The task that a read task file (or a saved model) describes."""
    data = raw.get("data")
    plain = {
        key: raw[key]
        for key in ("title", "text", "target", "group", "time", "quiet", "features")
        if key in raw
    }
    return Task(
        name=raw["name"],
        kind=TaskKind(raw["kind"]),
        labels=tuple(_label(item) for item in raw.get("labels", ())),
        missing_allowed=bool(raw.get("missing_allowed", False)),
        data=folder / data if folder is not None and data else None,
        **plain,
    )


def task_as_dict(task: Task) -> dict[str, Any]:
    """What `task_from` reads, for the manifest of a model."""
    return {
        "name": task.name,
        "kind": task.kind.value,
        "title": task.title,
        "text": task.text,
        "features": task.features,
        "target": task.target,
        "group": task.group,
        "time": task.time,
        "quiet": task.quiet,
        "missing_allowed": task.missing_allowed,
        "labels": [
            {
                "name": label.name,
                "description": label.description,
                "machine_kinds": list(label.machine_kinds),
            }
            for label in task.labels
        ],
    }


def _label(raw: Mapping[str, Any]) -> Label:
    return Label(raw["name"], raw.get("description", ""), tuple(raw.get("machine_kinds", ())))


def _defects(raw: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a read task file."""
    found = [f"unknown key {key}" for key in sorted(raw.keys() - _KEYS)]
    found += [f"{key} is missing" for key in ("name", "kind", "labels") if key not in raw]
    found += [f"{key} must be text" for key in _TEXT_KEYS if not isinstance(raw.get(key, ""), str)]
    if "kind" in raw and raw["kind"] not in list(TaskKind):
        found.append(f"kind must be one of {', '.join(TaskKind)}")
    return found + _label_defects(raw)


def _label_defects(raw: Mapping[str, Any]) -> list[str]:
    labels = raw.get("labels", [])
    if not isinstance(labels, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"].strip()
        for item in labels
    ):
        return ["every [[labels]] needs a name"]
    names = [item["name"] for item in labels]
    folded = [name.strip().casefold() for name in names]
    found = [f"label {name} stands there twice" for name in _twice(folded)]
    found += [
        f"machine_kinds of {item['name']} must be a list of names"
        for item in labels
        if not _texts(item.get("machine_kinds", []))
    ]
    if raw.get("quiet") and raw["quiet"] not in names:
        found.append(f"quiet names {raw['quiet']}, which is no label")
    return found


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
