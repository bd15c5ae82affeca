"""Comparisons over HTTP: one at a time beside the service; each lies in a folder of its own.

What was asked stands in `job.json`, what came of it in `report.json` and `report.html`. Those that
a person made with the command lie beside them and are listed too.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from finetune.file_forms import open_plain
from ingest.errors import AndonFault, NotKnown, StoreFault
from service.comparison.kept import FOLDER, ID, new_id
from service.comparison.report_html import FILE as PAGE
from service.comparison.report_json import FILE as REPORT
from service.faults import Conflict
from service.side_process import (
    PROGRAM,
    Progress,
    SideProcess,
    ended_words,
    json_object,
    last_words,
    read_progress,
)

log = logging.getLogger(__name__)

PERIOD_S = 0.3
MOST_STARTS = 2
"""Of one comparison, by a service that was restarted: it begins anew and may cost tokens."""
MOST_FILE = 32_000_000
"""Bytes of a report that are read."""
LISTED = ("task", "target", "rows", "test_rows", "seed", "made_at", "seconds", "decision")
"""What is known of a report without reading it again."""
JOB, RUN, MARK = "job.json", "run", ".running"
BROKEN_OFF = "The service ended while it ran, and it could not be begun anew."


class ComparisonState(StrEnum):
    """How a comparison stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared, and how."""

    task: str
    data: str = ""
    """Name of the uploaded file; empty: the rows that ship with the task."""
    task_file: str = ""
    codes: str = ""
    target: float | None = None
    up_to: str = ""
    seed: int = 0
    apply: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonRun:
    """A comparison, running or ended."""

    id: str
    asked: Asked
    state: ComparisonState
    by: str
    """Empty: it was made with the command."""
    started_at: datetime
    ended_at: datetime | None = None
    progress: Progress = field(default_factory=Progress)
    fault: str = ""
    starts: int = 0
    pid: int = 0
    report: Mapping[str, Any] | None = None
    """As `andon compare --json` prints it; in a list only what `LISTED` names."""


class Comparisons:
    """Starts, follows and lists them; `run` is a thread."""

    def __init__(
        self,
        home: Path,
        *,
        plant: Path | None = None,
        program: Sequence[str] = PROGRAM,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`plant` is for tasks that read the history; `program` is what runs as `andon`."""
        self._home = home
        self._folder = home / FOLDER
        self._clock = clock
        self._process = SideProcess(self._folder, program, plant=plant, what="comparison")
        self._lock = threading.RLock()
        self._read: dict[str, tuple[int, Mapping[str, Any]]] = {}

    def start(self, asked: Asked, files: Mapping[str, Path], *, by: str) -> ComparisonRun:
        """Start a comparison with uploaded files, by the name that they shall have.

        Raises:
            Conflict: one runs already.
            StoreFault: it cannot be kept or started.
        """
        with self._lock:
            if self._process.runs or self._running() is not None:
                raise Conflict("A comparison runs already: one at a time.")
            now = self._clock()
            run = ComparisonRun(new_id(asked.task, now), asked, ComparisonState.RUNNING, by, now)
            try:
                return self._spawn(run, files)
            except AndonFault as fault:
                self._close(run, ComparisonState.FAILED, str(fault))
                raise

    def listed(self, limit: int = 50) -> list[ComparisonRun]:
        """Newest first, each as it stands now."""
        try:
            names = [path.name for path in self._folder.iterdir() if _is_kept(path)]
        except FileNotFoundError:
            return []
        runs = [run for name in names if (run := self._seen(name)) is not None]
        return sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True)[:limit]

    def find(self, identity: str) -> ComparisonRun:
        """The comparison with that id, as it stands now; NotKnown otherwise."""
        path = self._folder / identity
        run = self._seen(identity) if ID.fullmatch(identity) and _is_kept(path) else None
        if run is None:
            raise NotKnown(f"There is no comparison {identity[:80]!r}.")
        return replace(run, report=json_object(_text(path / REPORT))) if run.report else run

    def page(self, identity: str) -> str:
        """Its report as HTML; NotKnown while it has none."""
        text = _text(self._folder / self.find(identity).id / PAGE)
        if not text:
            raise NotKnown(f"Comparison {identity} has no report.")
        return text

    def cancel(self, identity: str) -> ComparisonRun:
        """End it; nothing of it is kept but that it was begun. A Conflict when it has ended."""
        with self._lock:
            run = self.find(identity)
            if run.state is not ComparisonState.RUNNING:
                raise Conflict(f"Comparison {identity} has ended already.")
            self._process.end(run.pid)
            return self._close(run, ComparisonState.CANCELLED)

    def run(self, stop: threading.Event) -> None:
        """Follow the one that runs until stopped; one that a service left is begun anew."""
        while not stop.is_set():
            try:
                self.look()
            except Exception:
                log.exception("comparisons are not followed")
            stop.wait(PERIOD_S)
        with self._lock:
            if (run := self._running()) is not None:
                self._process.end(run.pid)
                log.info("comparison left for the next start", extra={"comparison": run.id})

    def look(self) -> None:
        """Close the comparison that has ended; begin the one anew whose service ended."""
        with self._lock:
            if self._process.runs or (run := self._running()) is None:
                return
            code, folder = self._process.exit_code, self._folder / run.id
            self._process.forget()
            if (folder / REPORT).is_file():
                words = last_words(folder / RUN) if code else ""
                self._close(run, ComparisonState.DONE, words)
            elif code is None:
                self._begin_anew(run)
            else:
                words = last_words(folder / RUN) or ended_words(code)
                self._close(run, ComparisonState.FAILED, words)

    def _begin_anew(self, run: ComparisonRun) -> None:
        if run.starts >= MOST_STARTS:
            self._close(run, ComparisonState.FAILED, BROKEN_OFF)
            return
        try:
            self._spawn(run, {})
        except AndonFault as fault:
            self._close(run, ComparisonState.FAILED, f"{BROKEN_OFF} {fault}")
        else:
            log.info("comparison begun anew", extra={"comparison": run.id})

    def _spawn(self, run: ComparisonRun, files: Mapping[str, Path]) -> ComparisonRun:
        """The mark comes first: what it names without a job was never begun."""
        folder = self._folder / run.id / RUN
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, path in files.items():
                shutil.copyfile(path, folder / name)
            _put(self._folder / MARK, run.id)
        except OSError as fault:
            raise StoreFault(f"{folder} cannot be used: {fault.strerror}.") from fault
        pid = self._process.start(_arguments(run, folder, self._home), folder)
        return self._put(replace(run, pid=pid, starts=run.starts + 1))

    def _close(self, run: ComparisonRun, state: ComparisonState, fault: str = "") -> ComparisonRun:
        """It has ended; the rows that were sent are not needed any more."""
        progress = read_progress(self._folder / run.id / RUN)
        whole = Progress("", 1.0, 0.0) if state is ComparisonState.DONE else progress
        now = self._clock()
        ended = replace(run, state=state, ended_at=now, progress=whole, fault=fault, pid=0)
        shutil.rmtree(self._folder / run.id / RUN, ignore_errors=True)
        log.info("comparison ended", extra={"comparison": run.id, "state": str(state)})
        self._put(ended)
        (self._folder / MARK).unlink(missing_ok=True)
        return self._seen(run.id) or ended

    def _put(self, run: ComparisonRun) -> ComparisonRun:
        plain = {name: value for name, value in asdict(run).items() if name != "report"}
        try:
            (self._folder / run.id).mkdir(parents=True, exist_ok=True)
            _put(self._folder / run.id / JOB, json.dumps(plain, default=str))
        except OSError as fault:
            raise StoreFault(f"{self._folder} cannot be written to: {fault.strerror}.") from fault
        return run

    def _running(self) -> ComparisonRun | None:
        """The one that was begun and not closed."""
        name = _text(self._folder / MARK).strip()
        run = self._seen(name) if ID.fullmatch(name) else None
        return run if run is not None and run.state is ComparisonState.RUNNING else None

    def _seen(self, name: str) -> ComparisonRun | None:
        """What its folder says; None where it says nothing."""
        folder = self._folder / name
        report, job = self._report(folder), _job(name, _text(folder / JOB))
        if job is None:
            return _by_command(name, report) if report else None
        if job.state is ComparisonState.RUNNING:
            return replace(job, progress=read_progress(folder / RUN))
        return replace(job, report=report or None)

    def _report(self, folder: Path) -> Mapping[str, Any]:
        """What a list shows of it; read again only where it was written anew."""
        try:
            stamp = (folder / REPORT).stat().st_mtime_ns
        except OSError:
            return {}
        known = self._read.get(folder.name)
        if known is None or known[0] != stamp:
            whole = json_object(_text(folder / REPORT))
            told = {name: whole[name] for name in LISTED if name in whole}
            known = self._read[folder.name] = stamp, told
        return known[1]


def _arguments(run: ComparisonRun, folder: Path, home: Path) -> list[str]:
    asked = run.asked
    options = {"--data": asked.data, "--task-file": asked.task_file, "--codes": asked.codes}
    files = [
        word for option, name in options.items() if name for word in (option, str(folder / name))
    ]
    target = [] if asked.target is None else ["--target", str(asked.target)]
    up_to = ["--up-to", asked.up_to] if asked.up_to else []
    switches = [*target, *up_to, *(["--apply"] if asked.apply else [])]
    told = ["--id", run.id, "--json", "--progress-lines", "--home", str(home)]
    return ["compare", asked.task, *files, *switches, *told, "--seed", str(asked.seed)]


def _job(name: str, text: str) -> ComparisonRun | None:
    """What a `job.json` says; None when it is none of ours."""
    try:
        return _form().validate_python({**json_object(text), "id": name, "report": None})
    except ValidationError:
        return None


@cache
def _form() -> TypeAdapter[ComparisonRun]:
    return TypeAdapter(ComparisonRun)


def _by_command(name: str, report: Mapping[str, Any]) -> ComparisonRun | None:
    """A comparison of which there is only the report; None when it is none of ours."""
    try:
        made = datetime.fromisoformat(str(report["made_at"]))
        asked = Asked(str(report["task"]), target=float(report["target"]), seed=int(report["seed"]))
        seen = made if made.tzinfo else made.replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    done, whole = ComparisonState.DONE, Progress("", 1.0, 0.0)
    return ComparisonRun(name, asked, done, "", seen, seen, progress=whole, report=report)


def _is_kept(path: Path) -> bool:
    return bool(ID.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()


def _put(path: Path, text: str) -> None:
    """In one step."""
    draft = path.with_name(f".{path.name.lstrip('.')}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _text(path: Path) -> str:
    """A plain file of ours; empty where there is none that can be read."""
    try:
        with open_plain(path) as file:
            content = file.read(MOST_FILE + 1)
    except OSError:
        return ""
    return content.decode(errors="replace") if len(content) <= MOST_FILE else ""
