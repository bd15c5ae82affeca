"""The classifiers that serve now, each loaded once and swapped when another version is promoted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from finetune.models import ModelStore
from finetune.task import Task, shipped_task, shipped_tasks
from ingest.errors import AndonFault, NotKnown
from service.parts import Component
from service.ports import Classifies

log = logging.getLogger(__name__)


class ModelShelf:
    """One loaded model a task; a new one is loaded beside the old one, then takes its place."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loaded: dict[str, Classifies] = {}
        self._refused: dict[str, str] = {}
        """By task: the promoted version that could not be loaded; said once, not tried again."""

    def current(self, task: str) -> Classifies:
        """The promoted model of a task; NotKnown when none is trained.

        A promotion by another process counts at the next call. When the promoted version cannot
        be loaded, the one before serves on.
        """
        self._check(task)
        version = self._store.current(task)
        loaded = self._loaded.get(task)
        if loaded is not None and loaded.version == version:
            return loaded
        with self._lock:
            return self._swap(task, version)

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task that ships with us or has a model in use, with the version that serves it."""
        trained = {model.task for model in self._store.list() if model.current}
        return [
            (self.current(name).task, self.current(name).version)
            if name in trained
            else (shipped_task(name), None)
            for name in sorted(trained | set(shipped_tasks()))
        ]

    def models(self) -> list[Mapping[str, Any]]:
        """Every trained model with what its test said."""
        return [
            {
                "task": model.task,
                "version": model.version,
                "current": model.current,
                "engine": model.chosen,
                "metrics": {"accuracy": model.accuracy, "macro_f1": model.macro_f1},
            }
            for model in self._store.list()
        ]

    def promote(self, task: str, version: str) -> None:
        """Serve that version from now on; NotKnown when there is none."""
        self._check(task)
        self._store.promote(task, version)
        self._refused.pop(task, None)

    def roll_back(self, task: str) -> str:
        """Serve the version before; the version that serves then."""
        self._check(task)
        return self._store.rollback(task)

    def components(self) -> tuple[Component, ...]:
        """How each task is served; loads the models, so that the first request need not wait."""
        return tuple(self._component(name) for name in shipped_tasks())

    def _component(self, task: str) -> Component:
        try:
            model = self.current(task)
        except AndonFault as fault:
            return Component(f"model {task}", "degraded", f"{fault} No such diagnosis is made.")
        return Component(f"model {task}", "ok", model.version)

    def _swap(self, task: str, version: str) -> Classifies:
        before = self._loaded.get(task)
        if before is not None and version in (before.version, self._refused.get(task)):
            return before
        try:
            self._loaded[task] = self._store.load(task, version)
        except AndonFault as fault:
            if before is None:
                raise
            log.error("model refused", extra={"task": task, "version": version, "fault": fault})
            self._refused[task] = version
            return before
        return self._loaded[task]

    def _check(self, task: str) -> None:
        if task not in shipped_tasks() and not self._store.versions(_folder_name(task)):
            raise NotKnown(f"There is no task {task!r}.")


def _folder_name(task: str) -> str:
    """The name, if a folder may have it; NotKnown otherwise."""
    if not task.replace("_", "").replace("-", "").isalnum() or not task.isascii():
        raise NotKnown(f"There is no task {task!r}.")
    return task
