"""Trainings beside the service: one at a time, followed by their files, gone on with, ended."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.errors import NotKnown, StoreFault
from service.database import Database
from service.faults import Conflict
from service.trainings import Training, Trainings, TrainingState, Wanted

PATIENCE_S = 60.0
FAKE = """
import json, pathlib, sys, time
words = sys.argv[1:]
home = pathlib.Path(words[words.index("--home") + 1])
task = words[1]
print(json.dumps({"what": "hybrid", "share": 0.5, "remaining_s": 3.0}), file=sys.stderr, flush=True)
(home / "began").open("a").write("x")
if task == "slow":
    while home.exists() and not (home / "go").exists():
        time.sleep(0.02)
if task == "broken":
    print("No rows at all.", file=sys.stderr)
    sys.exit(1)
passed = task != "worse"
print(json.dumps({"task": task, "words": words, "gate": {"passed": passed, "reasons": []}}))
sys.exit(0 if passed else 1)
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    with Database(tmp_path / "history.db") as database:
        yield database


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[Callable[[], Trainings]]:
    """Makes what a service that was started anew on that home has; none outlives the test."""
    script = tmp_path / "andon.py"
    script.write_text(FAKE)
    made: list[Trainings] = []

    def make() -> Trainings:
        made.append(Trainings(database, tmp_path, program=(sys.executable, str(script))))
        return made[-1]

    yield make
    stopped = threading.Event()
    stopped.set()
    for one in made:
        one.run(stopped)
        one.look()


def _ended(trainings: Trainings, identity: str) -> Training:
    return _until(trainings, identity, lambda one: one.state is not TrainingState.RUNNING)


def _until(trainings: Trainings, identity: str, holds: Callable[[Training], bool]) -> Training:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        trainings.look()
        if holds(found := trainings.find(identity)):
            return found
        time.sleep(0.02)
    raise AssertionError(f"still {trainings.find(identity)}")


def test_training_runs_with_what_was_asked_and_keeps_its_report(
    service: Callable[[], Trainings], tmp_path: Path
) -> None:
    """The uploaded rows lie in its folder while it runs and nowhere afterwards."""
    rows = tmp_path / "mine.csv"
    rows.write_text("text,label\n")
    trainings = service()
    wanted = Wanted("error_code", data="rows.csv", seed=7, up_to="tfidf", promote=False)
    begun = trainings.start(wanted, {"rows.csv": rows}, by="weber")
    assert (begun.id, begun.state, begun.by) == ("T00001", TrainingState.RUNNING, "weber")
    done = _ended(trainings, begun.id)
    assert done.state is TrainingState.DONE
    assert done.report is not None
    words = done.report["words"]
    at = words.index("--data")
    assert words[:2] == ["train", "error_code"]
    assert words[at + 1].endswith("T00001/rows.csv")
    assert {"--no-promote", "--feedback", "--json", "--progress-lines"} <= set(words)
    assert words[words.index("--seed") + 1] == "7"
    assert words[words.index("--up-to") + 1] == "tfidf"
    assert not (tmp_path / "trainings" / "T00001").exists()
    assert [one.id for one in trainings.listed()] == ["T00001"]


def test_progress_is_seen_while_it_runs_and_no_second_one_begins(
    service: Callable[[], Trainings], tmp_path: Path
) -> None:
    """The second is a conflict, also for a service that was started meanwhile."""
    trainings = service()
    begun = trainings.start(Wanted("slow"), {}, by="weber")
    seen = _until(trainings, begun.id, lambda one: one.progress.share > 0)
    assert (seen.progress.step, seen.progress.share, seen.progress.remaining_s) == (
        "hybrid",
        0.5,
        3.0,
    )
    for one in (trainings, service()):
        with pytest.raises(Conflict):
            one.start(Wanted("error_code"), {}, by="kurz")
    (tmp_path / "go").touch()
    assert _ended(trainings, begun.id).progress.share == 1.0


@pytest.mark.parametrize(
    ("task", "state", "fault"),
    [("broken", TrainingState.FAILED, "No rows at all."), ("worse", TrainingState.REFUSED, "")],
)
def test_end_of_a_training_says_why(
    service: Callable[[], Trainings], task: str, state: TrainingState, fault: str
) -> None:
    """A fault in its own words; a refusal of the gate keeps its report."""
    trainings = service()
    ended = _ended(trainings, trainings.start(Wanted(task), {}, by="weber").id)
    assert (ended.state, ended.fault) == (state, fault)
    assert (ended.report is None) is (state is TrainingState.FAILED)


def test_cancelled_training_is_gone(service: Callable[[], Trainings]) -> None:
    """And cannot be cancelled twice; the next may begin."""
    trainings = service()
    begun = trainings.start(Wanted("slow"), {}, by="weber")
    assert trainings.cancel(begun.id).state is TrainingState.CANCELLED
    with pytest.raises(Conflict):
        trainings.cancel(begun.id)
    with pytest.raises(NotKnown):
        trainings.cancel("T00099")
    assert trainings.start(Wanted("error_code"), {}, by="weber").id == "T00002"
    assert _ended(trainings, "T00002").state is TrainingState.DONE


def test_training_of_a_killed_service_is_found_and_followed(
    service: Callable[[], Trainings], tmp_path: Path
) -> None:
    """It still runs, so nothing is started twice; another service can end or follow it."""
    begun = service().start(Wanted("slow"), {}, by="weber")
    later = service()
    later.look()
    assert later.find(begun.id).state is TrainingState.RUNNING
    (tmp_path / "go").touch()
    assert _ended(later, begun.id).starts == 1
    (tmp_path / "go").unlink()
    again = service().start(Wanted("slow"), {}, by="weber")
    assert later.cancel(again.id).state is TrainingState.CANCELLED


def test_training_that_a_service_left_is_gone_on_with(
    service: Callable[[], Trainings], tmp_path: Path
) -> None:
    """A service that stops ends it, the next start goes on, and not for ever."""
    first = service()
    begun = first.start(Wanted("slow"), {}, by="weber")
    _until(first, begun.id, lambda one: one.progress.share > 0)
    stop = threading.Event()
    stop.set()
    first.run(stop)
    assert first.find(begun.id).state is TrainingState.RUNNING
    second = service()
    second.look()
    assert second.find(begun.id).starts == 2
    (tmp_path / "go").touch()
    done = _ended(second, begun.id)
    assert done.state is TrainingState.DONE
    assert (tmp_path / "began").read_text() == "xx"


def test_training_that_never_comes_to_an_end_is_given_up(
    service: Callable[[], Trainings],
) -> None:
    """A training that takes the service down with it each time is not started for ever."""
    begun = service().start(Wanted("slow"), {}, by="weber")
    stop = threading.Event()
    stop.set()
    for _ in range(4):
        later = service()
        later.run(stop)
        service().look()
    ended = _ended(service(), begun.id)
    assert ended.state is TrainingState.FAILED
    assert "could not be gone on with" in ended.fault


def test_program_that_cannot_be_started_is_a_fault(database: Database, tmp_path: Path) -> None:
    """The training is kept as failed, and blocks no other."""
    trainings = Trainings(database, tmp_path, program=(str(tmp_path / "none"),))
    with pytest.raises(StoreFault, match="No training can be started"):
        trainings.start(Wanted("error_code"), {}, by="weber")
    assert trainings.find("T00001").state is TrainingState.FAILED
    assert json.dumps([one.fault for one in trainings.listed()]).count("started") == 1
