"""The classifiers that serve now, each loaded once and swapped when another version is promoted."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from finetune.models import ModelStore
from finetune.promotion import GateReport
from finetune.stored import StoredModel
from finetune.task import Task, TaskKind, shipped_task, shipped_tasks
from ingest.errors import AndonFault, DataFault, NotKnown
from service.parts import Component
from service.ports import Classifies

log = logging.getLogger(__name__)

MOST_LOADED = 3
"""Versions of a task that stay in memory: the one in use, the one before, and the shadow."""


class ModelShelf:
    """The loaded models; a new one is loaded and warmed beside the old one, then takes its place.

    Whoever asks gets one whole model and keeps it for as long as the request lasts.
    """

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self._lock = threading.Lock()
        """Held while a model is loaded; nobody who can be served by another one waits for it."""
        self._serving: dict[str, Classifies] = {}
        self._loaded: dict[tuple[str, str], Classifies] = {}
        """By task and version, the one asked for last at the end."""
        self._refused: set[tuple[str, str]] = set()
        """Versions that could not be loaded; said once, not tried again at every request."""

    def current(self, task: str) -> Classifies:
        """The promoted model of a task; NotKnown when none is trained.

        A promotion by another process counts at the next call, which loads it while the others
        are served by the old one. When it cannot be loaded, the one before serves on.
        """
        self._check(task)
        version = self.store.current(task)
        serving = self._serving.get(task)
        if serving is not None and serving.version == version:
            return serving
        if not self._lock.acquire(blocking=serving is None):
            return self._serving[task]
        try:
            return self._swap(task)
        finally:
            self._lock.release()

    def shadow(self, task: str) -> Classifies | None:
        """The version in the shadow of a task; None when there is none, or none that loads."""
        version = ""
        try:
            version = self.store.shadow(task) or ""
            if not version or (task, version) in self._refused:
                return None
            if version == self.store.current(task):
                return None
            return self._loaded.get((task, version)) or self._ready(task, version)
        except AndonFault as fault:
            self._refuse(task, fault, version)
            return None

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task that ships with us or has a model in use, with the version that serves it."""
        found: list[tuple[Task, str | None]] = []
        for name in sorted({*shipped_tasks(), *self._trained()}):
            try:
                model = self.current(name)
            except AndonFault:
                if name in shipped_tasks():
                    found.append((shipped_task(name), None))
                continue
            found.append((model.task, model.version))
        return found

    def models(self) -> list[Mapping[str, Any]]:
        """Every trained model with what its test said."""
        return [_shown(model) for model in self.store.list()]

    def promote(
        self, task: str, version: str, *, force: bool = False, who: str = "", reason: str = ""
    ) -> GateReport:
        """Serve that version from now on; NotKnown when there is none, GateRefused by the gate."""
        self._check(task)
        self._refused.discard((task, version))
        report = self.store.promote(
            task, version, force=force, who=who, reason=reason, load=self._ready
        )
        with self._lock:
            self._swap(task)
        return report

    def roll_back(self, task: str, *, who: str = "", reason: str = "") -> str:
        """Serve the version before; the version that serves then."""
        self._check(task)
        version = self.store.rollback(task, who=who, reason=reason, load=self._ready)
        with self._lock:
            self._swap(task)
        return version

    def components(self) -> tuple[Component, ...]:
        """How each task is served; loads the models, so that the first request need not wait."""
        return tuple(self._component(name) for name in shipped_tasks())

    def _component(self, task: str) -> Component:
        try:
            model = self.current(task)
        except AndonFault as fault:
            return Component(f"model {task}", "degraded", f"{fault} No such diagnosis is made.")
        return Component(f"model {task}", "ok", model.version)

    def _trained(self) -> set[str]:
        return {model.task for model in self.store.list() if model.current}

    def _swap(self, task: str) -> Classifies:
        """With the lock: the version in use takes the place of the one before."""
        version, before = self.store.current(task), self._serving.get(task)
        if before is not None and (task, version) in self._refused:
            return before
        try:
            self._serving[task] = self._load(task, version)
        except AndonFault as fault:
            if before is None:
                raise
            self._refuse(task, fault, version)
            return before
        return self._serving[task]

    def _ready(self, task: str, version: str) -> Classifies:
        with self._lock:
            return self._load(task, version)

    def _load(self, task: str, version: str) -> Classifies:
        """With the lock: from memory, or from disk and warmed."""
        model = self._loaded.pop((task, version), None)
        if model is None:
            model = self.store.load(task, version)
            _warm(model)
        self._loaded[task, version] = model
        of_task = [key for key in self._loaded if key[0] == task]
        for key in of_task[:-MOST_LOADED]:
            del self._loaded[key]
        return model

    def _refuse(self, task: str, fault: AndonFault, version: str) -> None:
        if (task, version) not in self._refused:
            log.error("model refused", extra={"task": task, "version": version, "fault": fault})
        self._refused.add((task, version))

    def _check(self, task: str) -> None:
        if task not in shipped_tasks() and not self.store.versions(_folder_name(task)):
            raise NotKnown(f"There is no task {task!r}.")


def _warm(model: Classifies) -> None:
    """The first answer of a model is its slowest: it is given before anybody waits for it."""
    if model.task.kind is TaskKind.TEXT and model.task.labels:
        with contextlib.suppress(DataFault):  # a task that reads numbers too
            model.classify([model.task.labels[0].name])


def _shown(model: StoredModel) -> dict[str, Any]:
    said = asdict(model)
    names = ("accuracy", "macro_f1", "ece", "coverage_at_90")
    return {
        **{name: value for name, value in said.items() if name not in (*names, "chosen")},
        "engine": model.chosen,
        "metrics": {name: said[name] for name in names},
    }


def _folder_name(task: str) -> str:
    """The name, if a folder may have it; NotKnown otherwise."""
    if not task.replace("_", "").replace("-", "").isalnum() or not task.isascii():
        raise NotKnown(f"There is no task {task!r}.")
    return task
