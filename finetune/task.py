"""A task: what is decided, between which labels, and which columns of the data say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from finetune.task_check import PLAIN, Operation, TaskKind, defects
from ingest.errors import NotKnown, SettingsFault
from ingest.text_file import read_text
from ingest.toml_lines import read_toml

__all__ = [
    "Derived",
    "Label",
    "Operation",
    "Task",
    "TaskKind",
    "load_task",
    "shipped_task",
    "shipped_tasks",
    "task_as_dict",
    "task_from",
]

SHIPPED = Path(__file__).parent / "tasks"


@dataclass(frozen=True, slots=True)
class Label:
    """One possible answer."""

    name: str
    description: str = ""
    machine_kinds: tuple[str, ...] = ()
    """Kinds of machine that can have it; empty: all."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A feature that is made of two columns, such as power of torque and speed."""

    name: str
    of: tuple[str, str]
    op: Operation


@dataclass(frozen=True, slots=True)
class Task:
    """The declaration of a task; a plain data file gives one with labels but no descriptions."""

    name: str
    kind: TaskKind
    labels: tuple[Label, ...] = ()
    """In this order everywhere; empty until the data is read."""
    title: str = ""
    text: str = "text"
    features: str = ""
    """Glob over names of numbers; empty: none for a text task, all for the others."""
    derived: tuple[Derived, ...] = ()
    ignored: tuple[str, ...] = ()
    """Globs over names of numbers that are not read."""
    trusted: tuple[str, ...] = ()
    """Columns that may tell the label by themselves."""
    target: str = "label"
    group: str = "group"
    """Column whose values never stand on both sides of a split."""
    time: str = "time"
    machine: str = "machine"
    """Column of a window task, as are start and end."""
    start: str = "start"
    end: str = "end"
    quiet: str = ""
    """The label that means that nothing is wrong."""
    missing_allowed: bool = False
    targets: Mapping[str, float] = field(default_factory=dict)
    """Figures that the model is wanted to reach on its test."""
    data: Path | None = field(default=None, compare=False)
    """The data that ships with it."""

    @property
    def reads_texts(self) -> bool:
        """Whether an input has words."""
        return self.kind is TaskKind.TEXT

    @property
    def reads_numbers(self) -> bool:
        """Whether an input has numbers, alone or beside its words."""
        return self.kind is not TaskKind.TEXT or bool(self.features or self.derived)

    @property
    def may_miss(self) -> bool:
        """Whether a number may be missing; signals of a window may always be silent."""
        return self.missing_allowed or self.kind is TaskKind.WINDOW

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(label.name for label in self.labels)

    def takes(self, name: str) -> bool:
        """Whether numbers of that name are read, going by the globs."""
        glob = self.features or ("" if self.reads_texts else "*")
        return fnmatchcase(name, glob) and not any(fnmatchcase(name, one) for one in self.ignored)

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
        read = read_toml(read_text(path))
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"The task file {path} cannot be read: {fault}") from fault
    found = [(one.line, one.message) for one in read.defects]
    if read.values or not found:
        found += [(read.line_of(place), words) for place, words in defects(read)]
    if found:
        lines = "; ".join(f"line {line}: {words}" for line, words in sorted(found))
        raise SettingsFault(f"The task file {path} is wrong: {lines}.")
    return task_from(read.values, folder=path.parent)


def task_from(raw: Mapping[str, Any], *, folder: Path | None = None) -> Task:
    """The task that a read task file (or a saved model) describes."""
    data = raw.get("data")
    plain = {key: raw[key] for key in PLAIN if key in raw}
    return Task(
        kind=TaskKind(raw["kind"]),
        labels=tuple(
            Label(item["name"], item.get("description", ""), tuple(item.get("machine_kinds", ())))
            for item in raw.get("labels", ())
        ),
        derived=tuple(
            Derived(item["name"], (item["of"][0], item["of"][1]), Operation(item["op"]))
            for item in raw.get("derived", ())
        ),
        ignored=tuple(raw.get("ignored", ())),
        trusted=tuple(raw.get("trusted", ())),
        missing_allowed=bool(raw.get("missing_allowed", False)),
        targets={name: float(value) for name, value in raw.get("targets", {}).items()},
        data=folder / data if folder is not None and data else None,
        **plain,
    )


def task_as_dict(task: Task) -> dict[str, Any]:
    """What `task_from` reads, for the manifest of a model."""
    return {one.name: _plain(getattr(task, one.name)) for one in fields(task) if one.name != "data"}


def _plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Label | Derived):
        return {name: _plain(part) for name, part in asdict(value).items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return dict(value) if isinstance(value, Mapping) else value
