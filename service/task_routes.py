"""Which way each task is answered, kept on disk: routes in revisions, one of them followed.

`<root>/<task>/r0001.route`, sealed, holds all that the way needs beside the models of the shelf.
Which revision is followed stands in one small file that is replaced whole; who wanted it and why,
in another. A task without one is answered by its classifier in the shelf.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from finetune.in_use import InUse, this_user
from finetune.models import TASK_NAME
from ingest.errors import NotKnown, SettingsFault
from service.comparison.known_file import portable
from service.comparison.nouns import Approach, Known, Route
from service.sealed_file import read_sealed, write_sealed

FOLDER = "routes"
KIND = "andon route"
KEPT = 5
"""Newest revisions of a task that stay on disk."""
_FILE = re.compile(r"(r\d{4,})\.route")


@dataclass(frozen=True, slots=True)
class Member:
    """One arm of a way."""

    approach: Approach
    name: str
    model: str = ""
    """What answered in it when it was measured."""
    labels: int = 0
    """Labelled examples that it learnt from."""
    per_class: int | None = None
    """The most of them a label that it was given when it was measured; None: all."""

    def __str__(self) -> str:
        return f"{self.approach}/{self.name}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the comparison said of the way."""

    comparison: str = ""
    """Its id; empty: nothing was measured."""
    macro_f1: float | None = None
    ci95: tuple[float, float] | None = None
    share_first: float | None = None
    """Of a cascade: of the items that its first answered."""


@dataclass(frozen=True, slots=True)
class TaskRoute:
    """How a task is to be answered, and all that this needs."""

    task: str
    route: Route
    members: tuple[Member, ...]
    """One, or of a cascade two in the order in which they are asked."""
    known: Known | None = None
    """What the arms are made ready with; None: the classifier of the shelf needs nothing."""
    measured: Measured = Measured()
    version: str = ""
    """Of the model that came into use with it; empty: none did."""
    revision: str = ""
    set_at: str = ""
    who: str = ""
    reason: str = ""

    @property
    def names(self) -> str:
        """Its arms for a person."""
        return " + ".join(map(str, self.members))


class RouteStore:
    """The routes of all tasks below one folder; for several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def followed(self, task: str) -> str | None:
        """The revision that is followed; one small file is read.

        Raises:
            SettingsFault: the file cannot be read.
        """
        if not TASK_NAME.fullmatch(task):
            return None
        try:
            return next(iter(self._in_use(task).promoted()[-1:]), None)
        except SettingsFault as fault:
            words = f"{fault.message} So it is not known which route task {task} follows."
            raise SettingsFault(words, remedy=_again(task)) from fault

    def read(self, task: str, revision: str) -> TaskRoute:
        """One revision.

        Raises:
            NotKnown: there is none of that name.
            SettingsFault: its file was changed, or is not of the form that we write.
        """
        if revision not in self.revisions(task):
            raise NotKnown(f"Task {task} has no route {revision[:80]}.", remedy=_again(task))
        path = self._folder(task) / f"{revision}.route"
        try:
            found = _form().validate_json(read_sealed(path, kind=KIND), strict=True)
            return replace(_checked(found, task), revision=revision)
        except (ValidationError, ValueError) as fault:
            words = f"The route {path} is not of a form that we write."
            raise SettingsFault(words, remedy=_again(task)) from fault
        except SettingsFault as fault:
            raise SettingsFault(fault.message, remedy=_again(task)) from fault

    def current(self, task: str) -> TaskRoute | None:
        """The route that is followed; None where there is none.

        Raises:
            NotKnown: its file is gone.
            SettingsFault: its file was changed, or is not of the form that we write.
        """
        revision = self.followed(task)
        return None if revision is None else self.read(task, revision)

    def follow(self, route: TaskRoute, *, who: str = "", reason: str = "") -> TaskRoute:
        """Follow that way from now on, as a revision of its own.

        Raises:
            SettingsFault: the task has a name that no folder may have, or the route could not be
                read again.
        """
        folder = self._folder(route.task)
        folder.mkdir(parents=True, exist_ok=True)
        in_use = InUse(folder)
        with in_use.locked():
            stored = replace(
                route,
                revision=self._next(route.task),
                known=None if route.known is None else portable(route.known),
                set_at=_now(),
                who=who or this_user(),
                reason=reason,
            )
            path = folder / f"{stored.revision}.route"
            write_sealed(path, _content(stored), kind=KIND)
            in_use.note("follow", stored.revision, **_told(stored))
            in_use.switch([stored.revision])
            self._prune(route.task)
        return stored

    def reset(self, task: str, *, who: str = "", reason: str = "") -> bool:
        """Follow no route any more; whether one was followed."""
        if not self.revisions(task):
            return False
        in_use = self._in_use(task)
        with in_use.locked():
            before = _before(in_use)
            if before:
                in_use.note("reset", before, who=who, reason=reason)
                in_use.switch(())
        return bool(before)

    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that follow a route, or did."""
        if not self.root.is_dir():
            return ()
        names = sorted(path.name for path in self.root.iterdir() if path.is_dir())
        return tuple(name for name in names if TASK_NAME.fullmatch(name))

    def revisions(self, task: str) -> tuple[str, ...]:
        """Names of what is kept of a task, oldest first."""
        folder = self.root / task
        if not TASK_NAME.fullmatch(task) or not folder.is_dir():
            return ()
        found = [match[1] for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))]
        return tuple(sorted(found, key=lambda name: int(name[1:])))

    def history(self, task: str) -> tuple[Mapping[str, Any], ...]:
        """Who wanted which route, and why; oldest first."""
        return self._in_use(task).history()

    def _prune(self, task: str) -> None:
        for revision in self.revisions(task)[:-KEPT]:
            (self._folder(task) / f"{revision}.route").unlink(missing_ok=True)

    def _next(self, task: str) -> str:
        revisions = self.revisions(task)
        return f"r{int(revisions[-1][1:]) + 1 if revisions else 1:04d}"

    def _folder(self, task: str) -> Path:
        if not TASK_NAME.fullmatch(task):
            raise SettingsFault(
                f"{task[:80]!r} is no name for a task: letters, digits, dot, dash and underscore."
            )
        return self.root / task

    def _in_use(self, task: str) -> InUse:
        return InUse(self._folder(task))


def _content(route: TaskRoute) -> bytes:
    """As it is written: never what could not be followed then, in place of what is."""
    try:
        content = _form().dump_json(route, warnings="error")
        _checked(_form().validate_json(content, strict=True), route.task)
    except (ValidationError, PydanticSerializationError, ValueError) as fault:
        words = f"The route of task {route.task} is not of a form that can be followed."
        raise SettingsFault(words, remedy=_again(route.task)) from fault
    return content


def _checked(found: TaskRoute, task: str) -> TaskRoute:
    """Refuse a route of which the parts do not fit each other."""
    wanted = 2 if found.route is Route.CASCADE else 1
    same = found.task == task and found.route is not Route.NONE and len(found.members) == wanted
    alone = len(found.members) == 1 and str(found.members[0].approach) != str(found.route)
    needs = any(member.approach is not Approach.FINETUNE for member in found.members)
    if not same or alone or (needs and found.known is None):
        raise ValueError("its parts do not fit")
    return found


def _before(in_use: InUse) -> str:
    """The revision that is followed; of a file that nobody can read, that it is not known."""
    try:
        return next(iter(in_use.promoted()[-1:]), "")
    except SettingsFault:
        return "unreadable"


def _told(route: TaskRoute) -> dict[str, str]:
    """A line of the history."""
    return {
        "route": str(route.route),
        "arms": route.names,
        "comparison": route.measured.comparison,
        "who": route.who,
        "reason": route.reason,
    }


def _again(task: str) -> str:
    return f"Compare and apply again, or let the classifier answer: andon routes reset {task}."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def _form() -> TypeAdapter[TaskRoute]:
    return TypeAdapter(TaskRoute)
