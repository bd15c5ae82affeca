"""The models on disk: versions of each task, which one is in use, and the way back."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.classifier import Classifier
from finetune.encoder import DEFAULT_THREADS, Encoder, load_encoder
from finetune.engine import MODEL, needs_encoder, read_engine
from ingest.errors import NotKnown, SettingsFault

log = logging.getLogger(__name__)

CURRENT = "current"
_TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VERSION = re.compile(r"v\d{4,}")

__all__ = ["Classifier", "ModelStore", "StoredModel"]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One version of one task as it lies on disk."""

    task: str
    version: str
    current: bool
    chosen: str
    accuracy: float
    macro_f1: float


class ModelStore:
    """`<root>/<task>/<version>/`, and `<root>/<task>/current` with the promoted versions."""

    def __init__(
        self,
        root: Path,
        *,
        encoder: Encoder | None = None,
        encoder_spec: str | None = None,
        threads: int = DEFAULT_THREADS,
    ) -> None:
        """Without an encoder the one that the spec names is loaded when it is first needed."""
        self.root = root
        self._encoder = encoder
        self._encoder_spec = encoder_spec
        self._threads = threads

    def encoder(self) -> Encoder:
        """The one encoder of this store."""
        if self._encoder is None:
            self._encoder = load_encoder(self._encoder_spec, threads=self._threads)
        return self._encoder

    def load(self, task: str, version: str | None = None) -> Classifier:
        """A model that can answer; the current one if no version is named.

        Raises:
            NotKnown: no such task or version.
            SettingsFault: its files were changed, or it needs another encoder.
        """
        folder = self.folder(task, self.current(task) if version is None else version)
        encoder = self.encoder() if needs_encoder(folder) else None
        engine, about = read_engine(folder, encoder)
        log.info("model loaded", extra={"task": task, "version": folder.name})
        return Classifier(engine, encoder, version=folder.name, about=about)

    def current(self, task: str) -> str:
        """The version in use.

        Raises:
            NotKnown: nothing was trained for the task.
        """
        promoted = self._promoted(task)
        if not promoted:
            raise NotKnown(f"There is no model of task {task}. Train one: andon train {task}.")
        return promoted[-1]

    def list(self, task: str | None = None) -> tuple[StoredModel, ...]:
        """Every version of a task, or of all tasks, oldest first."""
        tasks = (task,) if task else self._tasks()
        return tuple(
            self._stored(name, version) for name in tasks for version in self.versions(name)
        )

    def versions(self, task: str) -> tuple[str, ...]:
        """Names of the versions of a task, oldest first."""
        folder = self._task_folder(task)
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        known = (name for name in names if _VERSION.fullmatch(name))
        return tuple(sorted(known, key=lambda name: int(name[1:])))

    def promote(self, task: str, version: str) -> None:
        """Put a version into use, once its files are seen to be what was sealed.

        Raises:
            NotKnown: no such version.
            SettingsFault: its files were changed.
        """
        self.load(task, version)
        promoted = [kept for kept in self._promoted(task) if kept != version]
        self._write_promoted(task, [*promoted, version])

    def rollback(self, task: str) -> str:
        """Back to the version that was in use before; its name.

        Raises:
            NotKnown: there was none before.
        """
        promoted = self._promoted(task)
        if len(promoted) < 2:
            raise NotKnown(f"No version of task {task} was in use before this one.")
        self.load(task, promoted[-2])
        self._write_promoted(task, promoted[:-1])
        return promoted[-2]

    def add(self, task: str, fill: Callable[[Path, str], None]) -> str:
        """A new version, which `fill(folder, version)` writes and seals; whole or not there."""
        home = self._task_folder(task)
        home.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=home))
        try:
            version = self._next_version(task)
            fill(scratch, version)
            scratch.chmod(0o755)
            scratch.rename(home / version)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return version

    def _next_version(self, task: str) -> str:
        versions = self.versions(task)
        return f"v{int(versions[-1][1:]) + 1 if versions else 1:04d}"

    def _stored(self, task: str, version: str) -> StoredModel:
        path = self.folder(task, version) / MODEL
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            test = about["report"]["test"]
            said = about["engine"], test["accuracy"], test["macro_f1"]
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise SettingsFault(
                f"{path} says nothing of its model: {fault!r}.",
                remedy=f"Remove the folder of {version}, or train {task} again.",
            ) from fault
        return StoredModel(task, version, version in self._promoted(task)[-1:], *said)

    def folder(self, task: str, version: str) -> Path:
        """Where a version lies.

        Raises:
            NotKnown: no such version.
        """
        if version not in self.versions(task):
            raise NotKnown(f"Task {task} has no version {version}.")
        return self._task_folder(task) / version

    def _task_folder(self, task: str) -> Path:
        if not _TASK.fullmatch(task):
            raise SettingsFault(
                f"{task!r} is no name for a task: letters, digits, dot, dash and underscore."
            )
        return self.root / task

    def _tasks(self) -> tuple[str, ...]:
        if not self.root.is_dir():
            return ()
        names = sorted(path.name for path in self.root.iterdir() if path.is_dir())
        return tuple(name for name in names if _TASK.fullmatch(name) and self.versions(name))

    def _promoted(self, task: str) -> tuple[str, ...]:
        """Versions in the order in which they came into use; the last one is in use."""
        path = self._task_folder(task) / CURRENT
        if not path.is_file():
            return ()
        try:
            return tuple(path.read_text(encoding="utf-8").split())
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsFault(
                f"{path}, which names the version in use, cannot be read: {fault}.",
                remedy=f"Remove it and name one again: andon models promote {task} VERSION.",
            ) from fault

    def _write_promoted(self, task: str, versions: Sequence[str]) -> None:
        path = self._task_folder(task) / CURRENT
        fresh = path.with_name(f".{CURRENT}-{os.getpid()}")
        fresh.write_text("\n".join(versions) + "\n", encoding="utf-8")
        fresh.replace(path)
