"""Trainings over HTTP: one at a time beside the service, kept in history.db, gone on with later."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest.errors import AndonFault, NotKnown
from service.database import Database
from service.faults import Conflict
from service.side_process import (
    PROGRAM,
    Progress,
    SideProcess,
    ended_words,
    last_words,
    read_progress,
    read_report,
)

log = logging.getLogger(__name__)

PERIOD_S = 0.3
KEPT = 200
"""Trainings that are remembered."""
MOST_STARTS = 4
"""Of one training, by a service that was restarted."""
BROKEN_OFF = "The service ended while it ran, and it could not be gone on with."


class TrainingState(StrEnum):
    """How a training stands."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    """The version is stored; the gate keeps it out of use."""
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be trained, and how."""

    task: str
    data: str = ""
    """Name of the uploaded file in the training's folder; empty: the rows that ship with it."""
    task_file: str = ""
    seed: int = 0
    up_to: str = ""
    feedback: bool = True
    promote: bool = True


@dataclass(frozen=True, slots=True)
class Training:
    """A training, running or ended."""

    id: str
    wanted: Wanted
    state: TrainingState
    by: str
    started_at: datetime
    ended_at: datetime | None = None
    progress: Progress = field(default_factory=Progress)
    report: Mapping[str, Any] | None = None
    """As `andon train --json` prints it."""
    fault: str = ""
    starts: int = 0
    """More than one: a service that was restarted went on with it."""
    pid: int = 0


class Trainings:
    """Starts, follows and remembers them; `run` is a thread."""

    def __init__(
        self,
        database: Database,
        home: Path,
        *,
        plant: Path | None = None,
        program: Sequence[str] = PROGRAM,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`plant` is for tasks that read the history; `program` is what runs as `andon`."""
        self._database = database
        self._home = home
        self._folder = home / "trainings"
        self._clock = clock
        self._process = SideProcess(self._folder, program, plant=plant)
        self._lock = threading.RLock()

    def start(self, wanted: Wanted, files: Mapping[str, Path], *, by: str) -> Training:
        """Start a training with uploaded files, by the name that they shall have.

        Raises:
            Conflict: one runs already.
        """
        with self._lock:
            if self._process.runs or self._running() is not None:
                raise Conflict("A training runs already: one at a time.")
            training = self._opened(wanted, by)
            try:
                return self._spawn(training, files)
            except AndonFault as fault:
                self._close(training, TrainingState.FAILED, fault=str(fault))
                raise

    def listed(self, limit: int = 50) -> list[Training]:
        """Newest first, each as it stands now."""
        rows = self._database.rows(
            "SELECT number, body FROM trainings ORDER BY number DESC LIMIT ?", (limit,)
        )
        return [self._seen(_read(*row)) for row in rows]

    def find(self, identity: str) -> Training:
        """The training with that id, as it stands now; NotKnown otherwise."""
        return self._seen(self._stored(identity))

    def cancel(self, identity: str) -> Training:
        """End it; what was in use stays in use. A Conflict when it has ended already."""
        with self._lock:
            training = self._stored(identity)
            if training.state is not TrainingState.RUNNING:
                raise Conflict(f"Training {identity} has ended already.")
            self._process.end(training.pid)
            return self._close(training, TrainingState.CANCELLED)

    def run(self, stop: threading.Event) -> None:
        """Follow the training that runs until stopped; one that a service left is gone on with."""
        while not stop.is_set():
            try:
                self.look()
            except Exception:
                log.exception("trainings are not followed")
            stop.wait(PERIOD_S)
        try:
            self._leave()
        except AndonFault as fault:
            log.warning("no training was looked for", extra={"fault": str(fault)})

    def look(self) -> None:
        """Close the training that has ended; go on with one whose service ended."""
        with self._lock:
            if self._process.runs or (training := self._running()) is None:
                return
            code, folder = self._process.exit_code, self._folder / training.id
            report = read_report(folder)
            if not report and code is None:
                self._go_on(training)
                return
            self._process.forget()
            passed = report.get("gate", {}).get("passed", True)
            if report:
                state = TrainingState.DONE if passed else TrainingState.REFUSED
                self._close(training, state, report=report)
            else:
                words = last_words(folder) or ended_words(code)
                self._close(training, TrainingState.FAILED, fault=words)

    def _leave(self) -> None:
        """End the process of the training that runs; the next start of a service goes on."""
        with self._lock:
            training = self._running()
            if training is not None:
                self._process.end(training.pid)
                log.info("training left for the next start", extra={"training": training.id})

    def _go_on(self, training: Training) -> None:
        if training.starts >= MOST_STARTS:
            self._close(training, TrainingState.FAILED, fault=BROKEN_OFF)
            return
        try:
            self._spawn(training, {})
        except AndonFault as fault:
            self._close(training, TrainingState.FAILED, fault=f"{BROKEN_OFF} {fault}")
        else:
            log.info("training gone on with", extra={"training": training.id})

    def _spawn(self, training: Training, files: Mapping[str, Path]) -> Training:
        folder = self._folder / training.id
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in files.items():
            shutil.copyfile(path, folder / name)
        pid = self._process.start(_arguments(training.wanted, folder, self._home), folder)
        return self._put(replace(training, pid=pid, starts=training.starts + 1))

    def _opened(self, wanted: Wanted, by: str) -> Training:
        now = self._clock()
        draft = Training("", wanted, TrainingState.RUNNING, by, now)
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO trainings (task, state, body) VALUES (?, ?, ?)",
                (wanted.task, draft.state, _written(draft)),
            ).lastrowid
            connection.execute(
                "DELETE FROM trainings WHERE number <= ?", (int(number or 0) - KEPT,)
            )
        return replace(draft, id=_identity(int(number or 0)))

    def _close(self, training: Training, state: TrainingState, **more: Any) -> Training:
        """It has ended; its files are not needed any more."""
        seen = read_progress(self._folder / training.id)
        progress = Progress("", 1.0, 0.0) if state is TrainingState.DONE else seen
        ended = replace(
            training, state=state, ended_at=self._clock(), progress=progress, pid=0, **more
        )
        shutil.rmtree(self._folder / training.id, ignore_errors=True)
        fields = {"training": ended.id, "task": ended.wanted.task, "state": str(state)}
        log.info("training ended", extra={**fields, "fault": ended.fault})
        return self._put(ended)

    def _put(self, training: Training) -> Training:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE trainings SET state = ?, body = ? WHERE number = ?",
                (training.state, _written(training), _number(training.id)),
            )
        return training

    def _running(self) -> Training | None:
        rows = self._database.rows(
            "SELECT number, body FROM trainings WHERE state = ? ORDER BY number DESC LIMIT 1",
            (TrainingState.RUNNING,),
        )
        return _read(*rows[0]) if rows else None

    def _stored(self, identity: str) -> Training:
        rows = self._database.rows(
            "SELECT number, body FROM trainings WHERE number = ?", (_number(identity),)
        )
        if not rows:
            raise NotKnown(f"There is no training {identity}.")
        return _read(*rows[0])

    def _seen(self, training: Training) -> Training:
        if training.state is not TrainingState.RUNNING:
            return training
        return replace(training, progress=read_progress(self._folder / training.id))


def _arguments(wanted: Wanted, folder: Path, home: Path) -> list[str]:
    options = {"--data": wanted.data, "--task-file": wanted.task_file}
    files = [
        word for option, name in options.items() if name for word in (option, str(folder / name))
    ]
    up_to = ["--up-to", wanted.up_to] if wanted.up_to else []
    switches = [
        "--promote" if wanted.promote else "--no-promote",
        "--feedback" if wanted.feedback else "--no-feedback",
    ]
    told = ["--json", "--progress-lines", "--home", str(home), "--seed", str(wanted.seed)]
    return ["train", wanted.task, *files, *up_to, *switches, *told]


def _written(training: Training) -> str:
    return json.dumps(asdict(training), default=str)


def _read(number: int, body: str) -> Training:
    said = json.loads(body)
    ended = said["ended_at"]
    return Training(
        **{
            **said,
            "id": _identity(number),
            "wanted": Wanted(**said["wanted"]),
            "state": TrainingState(said["state"]),
            "started_at": datetime.fromisoformat(said["started_at"]),
            "ended_at": datetime.fromisoformat(ended) if ended else None,
            "progress": Progress(**said["progress"]),
        }
    )


def _identity(number: int) -> str:
    return f"T{number:05d}"


def _number(identity: str) -> int:
    """The row of an id; -1, which no row has, for what is no id."""
    digits = identity.removeprefix("T")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
