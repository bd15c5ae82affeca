"""Comparisons beside the service: one at a time, each in its folder, with those of the command."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import NotKnown, StoreFault
from service.comparison.kept import folder_of
from service.comparison.report_json import report_text
from service.comparison_replies import ComparisonOut
from service.comparisons import Asked, ComparisonRun, Comparisons, ComparisonState
from service.faults import Conflict
from tests.unit.service.comparison.report_example import example

PATIENCE_S = 60.0
REPORT = report_text(example())
FAKE = """
import json, pathlib, sys, time
words = sys.argv[1:]
home = pathlib.Path(words[words.index("--home") + 1])
folder = home / "comparisons" / words[words.index("--id") + 1]
(home / "said").write_text(json.dumps(words))
if "--data" in words:
    (home / "rows").write_text(pathlib.Path(words[words.index("--data") + 1]).read_text())
progress = {"what": "retrieval", "share": 0.5, "remaining_s": 3.0}
print(json.dumps(progress), file=sys.stderr, flush=True)
(home / "began").open("a").write("x")
while words[1] == "slow" and home.exists() and not (home / "go").exists():
    time.sleep(0.02)
if words[1] == "broken":
    print("No rows at all.", file=sys.stderr)
    sys.exit(1)
(folder / "report.html").write_text("<p>report</p>")
(folder / "report.json").write_text((home / "report.json").read_text())
if words[1] == "unapplied":
    print("The gate refused it.", file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[[], Comparisons]]:
    """Makes what a service that was started anew on that home has; none outlives the test."""
    script = tmp_path / "andon.py"
    script.write_text(FAKE)
    (tmp_path / "report.json").write_text(REPORT)
    made: list[Comparisons] = []

    def make() -> Comparisons:
        made.append(Comparisons(tmp_path, program=(sys.executable, str(script))))
        return made[-1]

    yield make
    stopped = threading.Event()
    stopped.set()
    for one in made:
        one.run(stopped)
        one.look()


def _ended(comparisons: Comparisons, identity: str) -> ComparisonRun:
    return _until(comparisons, identity, lambda one: one.state is not ComparisonState.RUNNING)


def _until(
    comparisons: Comparisons, identity: str, holds: Callable[[ComparisonRun], bool]
) -> ComparisonRun:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        comparisons.look()
        if holds(found := comparisons.find(identity)):
            return found
        time.sleep(0.02)
    raise AssertionError(f"still {comparisons.find(identity)}")


def test_comparison_runs_with_what_was_asked_and_keeps_its_report(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """One id for the job, the folder and the command; the rows that were sent do not stay."""
    rows = tmp_path / "mine.csv"
    rows.write_text("text,label\n")
    comparisons = service()
    asked = Asked("error_code", data="rows.csv", target=0.7, seed=7, up_to="tfidf", apply=True)
    begun = comparisons.start(asked, {"rows.csv": rows}, by="weber")
    assert (begun.state, begun.by) == (ComparisonState.RUNNING, "weber")
    done = _ended(comparisons, begun.id)
    assert (done.state, done.fault) == (ComparisonState.DONE, "")
    assert done.report == json.loads(REPORT)
    assert comparisons.page(begun.id) == "<p>report</p>"
    words = json.loads((tmp_path / "said").read_text())
    assert words[:2] == ["compare", "error_code"]
    assert {"--apply", "--json", "--progress-lines"} <= set(words)
    for option, value in {
        "--id": begun.id,
        "--target": "0.7",
        "--seed": "7",
        "--up-to": "tfidf",
    }.items():
        assert words[words.index(option) + 1] == value
    assert (tmp_path / "rows").read_text() == "text,label\n"
    assert {path.name for path in folder_of(tmp_path, begun.id).iterdir()} == {
        "job.json",
        "report.html",
        "report.json",
    }


def test_progress_is_seen_while_it_runs_and_no_second_one_begins(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """The second is a conflict, also for a service that was started meanwhile."""
    comparisons = service()
    begun = comparisons.start(Asked("slow"), {}, by="weber")
    seen = _until(comparisons, begun.id, lambda one: one.progress.share > 0)
    assert (seen.progress.step, seen.progress.share) == ("retrieval", 0.5)
    with pytest.raises(NotKnown, match="no report"):
        comparisons.page(begun.id)
    for one in (comparisons, service()):
        with pytest.raises(Conflict):
            one.start(Asked("error_code"), {}, by="kurz")
    (tmp_path / "go").touch()
    assert _ended(comparisons, begun.id).progress.share == 1.0


@pytest.mark.parametrize(
    ("task", "state", "fault"),
    [
        ("broken", ComparisonState.FAILED, "No rows at all."),
        ("unapplied", ComparisonState.DONE, "The gate refused it."),
    ],
)
def test_end_of_a_comparison_says_why(
    service: Callable[[], Comparisons], task: str, state: ComparisonState, fault: str
) -> None:
    """A fault in its own words; a report that was written stays what it is."""
    comparisons = service()
    ended = _ended(comparisons, comparisons.start(Asked(task), {}, by="weber").id)
    assert (ended.state, ended.fault) == (state, fault)
    assert (ended.report is None) is (state is ComparisonState.FAILED)


def test_cancelled_comparison_is_gone(service: Callable[[], Comparisons]) -> None:
    """And cannot be cancelled twice; the next may begin."""
    comparisons = service()
    begun = comparisons.start(Asked("slow"), {}, by="weber")
    assert comparisons.cancel(begun.id).state is ComparisonState.CANCELLED
    with pytest.raises(Conflict):
        comparisons.cancel(begun.id)
    later = comparisons.start(Asked("error_code"), {}, by="weber")
    assert _ended(comparisons, later.id).state is ComparisonState.DONE


def test_comparison_of_a_killed_service_is_found_and_followed(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """It still runs, so nothing is started twice; another service follows it."""
    begun = service().start(Asked("slow"), {}, by="weber")
    later = service()
    later.look()
    assert later.find(begun.id).state is ComparisonState.RUNNING
    (tmp_path / "go").touch()
    assert (_ended(later, begun.id).starts, _ended(later, begun.id).state) == (1, "done")


def test_comparison_that_a_service_left_is_begun_anew_once(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """A service that stops ends it, the next start begins it anew, the one after gives it up."""
    stop = threading.Event()
    stop.set()
    first = service()
    begun = first.start(Asked("slow"), {}, by="weber")
    _until(first, begun.id, lambda one: one.progress.share > 0)
    first.run(stop)
    second = service()
    second.look()
    assert second.find(begun.id).starts == 2
    second.run(stop)
    ended = _ended(service(), begun.id)
    assert ended.state is ComparisonState.FAILED
    assert "could not be begun anew" in ended.fault


def test_those_of_the_command_are_listed_beside_the_others(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """Newest first; what is no comparison of ours is passed over."""
    made = tmp_path / "comparisons"
    for number, name in enumerate(("by-hand-1", "by-hand-2", "bad", "half", ".hidden")):
        (made / name).mkdir(parents=True)
        report = replace(example(), id=name, made_at=f"2026-11-2{number}T10:00:00+00:00")
        (made / name / "report.json").write_text(report_text(report))
    (made / "bad" / "report.json").write_text('{"task": 1')
    (made / "half" / "report.json").unlink()
    (made / "away").symlink_to(tmp_path)
    (made / "pipe").mkdir()
    os.mkfifo(made / "pipe" / "report.json")
    comparisons = service()
    begun = comparisons.start(Asked("error_code"), {}, by="weber")
    _ended(comparisons, begun.id)
    found = comparisons.listed()
    assert [one.id for one in found] == [begun.id, "by-hand-2", "by-hand-1"]
    assert found[1].by == ""
    assert [one.id for one in comparisons.listed(1)] == [begun.id]
    assert (found[1].report or {})["decision"]["approach"] == "cascade"
    assert "arms" not in (found[1].report or {})
    assert "arms" in (comparisons.find("by-hand-1").report or {})


def test_a_report_that_is_written_anew_is_read_anew(
    service: Callable[[], Comparisons], tmp_path: Path
) -> None:
    """What a list knows of it is not older than the file."""
    folder = tmp_path / "comparisons" / "mine"
    folder.mkdir(parents=True)
    path = folder / "report.json"
    path.write_text(REPORT)
    comparisons = service()
    assert comparisons.listed()[0].asked.target == 0.8
    path.write_text(report_text(replace(example(), target=0.5)))
    os.utime(path, ns=(1, 1))
    assert comparisons.listed()[0].asked.target == 0.5


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("report.json", '"seed": ', '"seed": 1e999, "was": '),
        ("report.json", '"task": "', '"task": "\\ud800'),
        ("job.json", '"seed": ', '"seed": "x", "was": '),
        ("job.json", '"task": "', '"task": "\\ud800'),
        ("job.json", '"share": ', '"share": null, "was": '),
        ("job.json", '"started_at": "', '"started_at": "never'),
    ],
)
def test_one_that_was_changed_does_not_hide_the_others(
    service: Callable[[], Comparisons], tmp_path: Path, file: str, old: str, new: str
) -> None:
    """A figure without an end, half a letter, another kind: it is no comparison of ours."""
    comparisons = service()
    begun = comparisons.start(Asked("error_code"), {}, by="weber")
    _ended(comparisons, begun.id)
    for name in ("changed", "by-hand"):
        (tmp_path / "comparisons" / name).mkdir()
        (tmp_path / "comparisons" / name / "report.json").write_text(REPORT)
    job = (tmp_path / "comparisons" / begun.id / "job.json").read_text()
    text = {"report.json": REPORT, "job.json": job}[file]
    assert old in text
    changed = tmp_path / "comparisons" / "changed"
    (changed / "report.json").unlink()
    (changed / file).write_text(text.replace(old, new, 1))
    listed = service().listed()
    assert {one.id for one in listed} == {begun.id, "by-hand"}
    for one in listed:
        ComparisonOut.of(one).model_dump_json()


@pytest.mark.parametrize("name", ["", ".", "..", "../models", "a/b", ".running", "none", "a" * 130])
def test_what_is_no_comparison_is_not_known(
    service: Callable[[], Comparisons], tmp_path: Path, name: str
) -> None:
    """No path leads out of the folder."""
    (tmp_path / "comparisons").mkdir()
    (tmp_path / "job.json").write_text("{}")
    with pytest.raises(NotKnown):
        service().find(name)


def test_program_that_cannot_be_started_is_a_fault(tmp_path: Path) -> None:
    """The comparison is kept as failed, and blocks no other."""
    comparisons = Comparisons(tmp_path, program=(str(tmp_path / "none"),))
    for _ in range(2):
        with pytest.raises(StoreFault, match="No comparison can be started"):
            comparisons.start(Asked("error_code"), {}, by="weber")
    assert {one.state for one in comparisons.listed()} == {ComparisonState.FAILED}
