"""The models on disk: versions of each task, which one is in use, and the way back."""

from __future__ import annotations

import copy
import logging
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from finetune.answering import REMEMBERED
from finetune.artefact import verify
from finetune.classifier import Classifier
from finetune.encoder import DEFAULT_THREADS, Encoder, load_encoder
from finetune.engine import needs_encoder, read_engine
from finetune.frozen import FROZEN, FrozenTest, Judgement, Seal, read_frozen, write_frozen
from finetune.in_use import InUse, bring_to_disk, gate_file
from finetune.judged import read_judged
from finetune.promotion import GateRefused, GateReport, gate
from finetune.retention import to_remove
from finetune.runtimes.kinds import TORCH
from finetune.runtimes.serving import Runtimes
from finetune.stored import StoredModel, seal_of, stored_model
from ingest.errors import DataFault, NotKnown, SettingsFault

log = logging.getLogger(__name__)

TASK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What a task may be called: its folder has that name."""
_VERSION = re.compile(r"v\d{4,}")
REMOVING = ".removing-"

Load = Callable[[str, str], object]
"""Loads a version of a task, or raises."""

__all__ = ["TASK_NAME", "Classifier", "ModelStore", "StoredModel"]


class ModelStore:
    """`<root>/<task>/<version>/`, sealed, and beside them which version is in use."""

    def __init__(
        self,
        root: Path,
        *,
        encoder: Encoder | None = None,
        encoder_spec: str | None = None,
        threads: int = DEFAULT_THREADS,
        runtime: str = TORCH,
    ) -> None:
        """Without an encoder the one that the spec names is loaded when it is first needed.

        What trains uses torch; `runtime` says what makes the passes of a model that is loaded.
        """
        self.root = root
        load = partial(load_encoder, encoder_spec, threads=threads)
        self._encoder: Callable[[], Encoder] = cache(lambda: encoder or load())
        self.runtimes = Runtimes(root / ".runtimes", wanted=runtime, threads=threads)

    def beside(self, root: Path) -> ModelStore:
        """A store of another folder that shares this one's encoder, loaded once, and runtimes."""
        found = copy.copy(self)
        found.root = root
        return found

    def encoder(self) -> Encoder:
        """The one encoder of this store."""
        return self._encoder()

    def load(
        self, task: str, version: str | None = None, *, remembered: int = REMEMBERED
    ) -> Classifier:
        """A model that can answer; the current one if no version is named.

        Args:
            task: of the model.
            version: such as v0002.
            remembered: answers that are kept in memory, to be given again.

        Raises:
            NotKnown: no such task or version.
            SettingsFault: its files were changed, or it needs another encoder.
        """
        folder = self.folder(task, self.current(task) if version is None else version)
        encoder = self.encoder() if needs_encoder(folder) else None
        engine, about = read_engine(folder, encoder)
        if encoder is not None:
            engine, encoder = self.runtimes.attach(engine, encoder, folder)
        log.info("model loaded", extra={"task": task, "version": folder.name})
        return Classifier(engine, encoder, version=folder.name, about=about, remembered=remembered)

    def current(self, task: str) -> str:
        """The version in use.

        Raises:
            NotKnown: nothing was trained for the task.
        """
        promoted = self._in_use(task).promoted()
        if not promoted:
            raise NotKnown(f"There is no model of task {task}. Train one: andon train {task}.")
        return promoted[-1]

    def list(self, task: str | None = None) -> tuple[StoredModel, ...]:
        """Every version of a task, or of all tasks, oldest first; a broken one says why."""
        return tuple(
            model for name in ((task,) if task else self._tasks()) for model in self._of(name)
        )

    def versions(self, task: str) -> tuple[str, ...]:
        """Names of the versions of a task, oldest first."""
        folder = self._task_folder(task)
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        known = (name for name in names if _VERSION.fullmatch(name))
        return tuple(sorted(known, key=lambda name: int(name[1:])))

    def gate(self, task: str, version: str) -> GateReport:
        """Whether a version may come into use; asks only, changes nothing.

        It is compared with the version in use; where that one cannot be read, with the last one
        before it that can.

        Raises:
            NotKnown: no such version.
            SettingsFault: its files were changed.
        """
        candidate = self._judged(task, version)
        for other in reversed(self._in_use(task).promoted()):
            try:
                return gate(candidate, self._judged(task, other), against=other)
            except (NotKnown, SettingsFault) as fault:
                said = {"task": task, "version": other, "fault": str(fault)}
                log.warning("nothing can be compared with a version that was in use", extra=said)
        return gate(candidate)

    def promote(
        self,
        task: str,
        version: str,
        *,
        force: bool = False,
        who: str = "",
        reason: str = "",
        load: Load | None = None,
    ) -> GateReport:
        """Put a version into use, once its files are what was sealed and the gate lets it.

        Args:
            task: of the version.
            version: such as v0002.
            force: put it into use whatever the gate says; the history names who and why.
            who: who wants it; the user of this process if empty.
            reason: why.
            load: how the version is seen to load; anew and for nothing else if not given.

        Raises:
            NotKnown: no such version.
            SettingsFault: its files were changed.
            GateRefused: the gate does not let it.
        """
        (load or self.load)(task, version)
        in_use = self._in_use(task)
        with in_use.locked():
            promoted = in_use.promoted()
            report = self.gate(task, version)
            said = {"who": who, "reason": reason, "reasons": list(report.reasons)}
            forced = force and not report.passed
            in_use.keep_gate(version, {"forced": forced, **said, **report.as_dict()})
            if not report.passed and not force:
                in_use.note("refuse", version, before=promoted[-1:], **said)
                raise GateRefused(task, version, report)
            in_use.note("force" if forced else "promote", version, before=promoted[-1:], **said)
            in_use.switch([*(kept for kept in promoted if kept != version), version])
        log.info("model promoted", extra={"task": task, "version": version, "forced": forced})
        return report

    def rollback(
        self, task: str, *, who: str = "", reason: str = "", load: Load | None = None
    ) -> str:
        """Back to the version that was in use before; its name.

        Raises:
            NotKnown: there was none before.
            SettingsFault: the files of that one were changed.
        """
        in_use, there = self._in_use(task), self.versions(task)
        if not there:
            raise NotKnown(f"No version of task {task} was in use before this one.")
        with in_use.locked():
            promoted = in_use.promoted()
            before = [version for version in promoted[:-1] if version in there]
            if not before:
                raise NotKnown(f"No version of task {task} was in use before this one.")
            (load or self.load)(task, before[-1])
            in_use.note("rollback", before[-1], before=promoted[-1:], who=who, reason=reason)
            in_use.switch(before)
        log.info("model rolled back", extra={"task": task, "version": before[-1]})
        return before[-1]

    def shadow(self, task: str) -> str | None:
        """The version that answers beside the one in use, unseen by who asks."""
        return self._in_use(task).shadow()

    def set_shadow(self, task: str, version: str | None, *, who: str = "") -> None:
        """Let that version run in the shadow, once it is seen to load; None: no version.

        Raises:
            NotKnown: no such version.
            SettingsFault: its files were changed.
            DataFault: it is the one in use, which answers already.
        """
        in_use = self._in_use(task)
        if version is not None:
            if version in in_use.promoted()[-1:]:
                raise DataFault(f"Version {version} of task {task} is in use: it answers already.")
            self.load(task, version)
        elif not self.versions(task):
            raise NotKnown(f"There is no model of task {task}. Train one: andon train {task}.")
        with in_use.locked():
            in_use.note("shadow", version or "", who=who)
            in_use.cast(version)

    def promotions(self, task: str) -> tuple[dict[str, Any], ...]:
        """Who put which version into use, into the shadow or aside, and why; oldest first."""
        return self._in_use(task).history()

    def prune(self, task: str, *, keep: int) -> tuple[str, ...]:
        """Remove versions that are neither among the newest nor needed; their names."""
        home, in_use = self._task_folder(task), self._in_use(task)
        if not self.versions(task):
            return ()
        with in_use.locked():
            promoted, shadow = in_use.promoted(), in_use.shadow()
            gone = to_remove(self.versions(task), promoted, shadow=shadow, keep=keep)
            if set(gone) & set(promoted):
                in_use.switch([version for version in promoted if version not in gone])
            for version in gone:
                in_use.note("remove", version)
                (home / version).rename(home / f"{REMOVING}{version}")
                (home / gate_file(version)).unlink(missing_ok=True)
        for left in home.glob(f"{REMOVING}*"):
            shutil.rmtree(left, ignore_errors=True)
        return gone

    def frozen(self, task: str) -> FrozenTest:
        """The frozen test of a task; empty until a version of it came into use.

        Raises:
            SettingsFault: it is not what the version in use was judged on.
        """
        promoted, path = self._in_use(task).promoted(), self._task_folder(task) / FROZEN
        if not promoted or not path.exists():
            return FrozenTest()
        found = read_frozen(path)
        needed = [seal for version in promoted[-1:] if (seal := self._seal(task, version))]
        if not all(found.holds(seal) for seal in needed):
            raise SettingsFault(
                f"The frozen test {path} is not the one that version {promoted[-1]} was judged on.",
                remedy="Put it back from a backup. Or remove it: then the next version is judged "
                "on new rows, and cannot come into use without --force.",
            )
        seals = (self._seal(task, version) for version in self.versions(task))
        return found.first(
            max((seal.rows for seal in seals if seal and found.holds(seal)), default=0)
        )

    def add(
        self, task: str, fill: Callable[[Path, str], None], *, frozen: FrozenTest | None = None
    ) -> str:
        """A new version, which `fill(folder, version)` writes and seals; whole or not there.

        The frozen test that it was judged on is put into place before it.
        """
        home = self._task_folder(task)
        home.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=home))
        try:
            version = self._next_version(task)
            fill(scratch, version)
            scratch.chmod(0o755)
            if frozen is not None:
                write_frozen(home / FROZEN, frozen)
            scratch.rename(home / version)
            bring_to_disk(home)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return version

    def folder(self, task: str, version: str) -> Path:
        """Where a version lies.

        Raises:
            NotKnown: no such version.
        """
        if version not in self.versions(task):
            raise NotKnown(f"Task {task} has no version {version}.")
        return self._task_folder(task) / version

    def _judged(self, task: str, version: str) -> tuple[Judgement, ...]:
        folder = self.folder(task, version)
        verify(folder)
        return read_judged(folder)

    def _seal(self, task: str, version: str) -> Seal | None:
        return seal_of(self._task_folder(task) / version)

    def _next_version(self, task: str) -> str:
        versions = self.versions(task)
        return f"v{int(versions[-1][1:]) + 1 if versions else 1:04d}"

    def _of(self, task: str) -> tuple[StoredModel, ...]:
        in_use = self._in_use(task)
        versions, promoted, shadow = self.versions(task), in_use.promoted(), in_use.shadow()
        previous = [version for version in promoted[:-1] if version in versions][-1:]
        return tuple(
            stored_model(
                self._task_folder(task) / version,
                current=version in promoted[-1:],
                previous=version in previous,
                shadow=version == shadow,
                gate=_verdict(in_use.gate(version)),
            )
            for version in versions
        )

    def _task_folder(self, task: str) -> Path:
        if not TASK_NAME.fullmatch(task):
            raise SettingsFault(
                f"{task!r} is no name for a task: letters, digits, dot, dash and underscore."
            )
        return self.root / task

    def _in_use(self, task: str) -> InUse:
        return InUse(self._task_folder(task))

    def _tasks(self) -> tuple[str, ...]:
        if not self.root.is_dir():
            return ()
        names = sorted(path.name for path in self.root.iterdir() if path.is_dir())
        return tuple(name for name in names if TASK_NAME.fullmatch(name) and self.versions(name))


def _verdict(said: dict[str, Any]) -> str:
    if not said:
        return ""
    if said.get("forced") is True:
        return "forced"
    return "passed" if said.get("passed") is True else "refused"
