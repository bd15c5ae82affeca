"""The main job from end to end: simulated machines to issue cards, judged by the simulators."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from service.demo.run import train_missing
from tests.leash import leashed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN_S = 600


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the two models, trained as the demo trains them when there are none."""
    home = tmp_path_factory.mktemp("trained")
    train_missing(home, Console(quiet=True))
    return home


@pytest.fixture
def demo(
    trained_home: Path, repository: Path, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts `andon demo` with these options; what is left of it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str, plant: Path | None = None) -> tuple[subprocess.Popen[str], str]:
        port = free_port()
        command = [sys.executable, "-m", "service", "demo", "--port", str(port)]
        command += ["--home", str(trained_home), "--plant", str(plant or "plant.toml"), *options]
        with (tmp_path / f"demo-{port}.log").open("w") as log:
            process = subprocess.Popen(
                leashed(command, end="TERM"), cwd=repository, stdout=log, stderr=log, text=True
            )
        running.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def collectors() -> list[int]:
    """Process ids of the collectors of this user's demos."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"ingest" in words and b"service" in words:
                found.append(int(folder.name))
    return found


def children_of(parent: int) -> set[int]:
    """Process ids of the children of a process."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return {int(word) for word in path.read_text().split()}


def another_collector(demo: int, gone: set[int]) -> int:
    """Process id of the one collector of a demo, once there is one that is not gone."""
    deadline = time.monotonic() + 120
    while not (mine := (children_of(demo) & set(collectors())) - gone):
        assert time.monotonic() < deadline, "the demo has no collector"
        time.sleep(0.5)
    (only,) = mine
    return only


def report_of(process: subprocess.Popen[str], path: Path) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a measured run."""
    code = process.wait(RUN_S)
    return code, json.loads(path.read_text())


def test_every_fault_becomes_a_right_card_though_the_collector_is_killed(
    demo: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    """Eight faults on four machines over both protocols; `kill -9` of the collector on the way."""
    report = tmp_path / "report.json"
    process, url = demo("--once", "--seed", "17", "--report", str(report))
    wait_for_card(url)
    killed: set[int] = set()
    for _ in range(2):
        pid = another_collector(process.pid, killed)
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
        time.sleep(10)
    code, result = report_of(process, report)
    assert code == 0, result
    assert result["collector_restarts"] == 2
    counted = result["ingest"]
    assert counted["lost"] == 0
    assert counted["received"] == (
        counted["stored"] + counted["duplicates"] + counted["dead_lettered"]
    )
    assert len({fault["machine"] for fault in result["faults"]}) == 4
    assert len(result["faults"]) >= 6
    assert result["modbus"]["received"] > 1000


def wait_for_card(url: str) -> dict[str, Any]:
    """The first card of a running demo."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            issues = httpx.get(f"{url}/v1/issues", timeout=10).json()["issues"]
        except httpx.TransportError:
            issues = []
        if issues:
            return dict(issues[0])
        time.sleep(0.5)
    raise AssertionError("no card came")


def test_a_hidden_manual_fails_the_run(
    demo: Callable[..., tuple[subprocess.Popen[str], str]], repository: Path, tmp_path: Path
) -> None:
    """Without its procedure on the shelf a fault is not answered, and the exit code says so."""
    shelf = tmp_path / "documents"
    shelf.mkdir()
    for path in (repository / "simulators" / "documents").iterdir():
        if path.is_file() and not path.name.startswith("SOP-CNC-01"):
            (shelf / path.name).write_bytes(path.read_bytes())
    (tmp_path / "scenario.toml").write_text(SHORT)
    process, _ = demo(
        *("--once", "--scenario", str(tmp_path / "scenario.toml")),
        *("--report", str(tmp_path / "report.json")),
        plant=plant_with(repository, tmp_path, shelf),
    )
    code, result = report_of(process, tmp_path / "report.json")
    (fault,) = result["faults"]
    assert fault["diagnosis_right"]
    assert not fault["procedure_right"]
    assert code == 1


def test_ctrl_c_ends_everything_that_was_started(
    demo: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    """After the first card a person has seen enough; nothing stays behind."""
    process, url = demo("--seed", "18")
    card = wait_for_card(url)
    assert card["machine"]
    assert "<html" in httpx.get(url, timeout=60).text
    started = children_of(process.pid)
    assert len(started) >= 4
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def plant_with(repository: Path, folder: Path, documents: Path) -> Path:
    """The demo plant with another folder of documents."""
    text = (repository / "plant.toml").read_text()
    text = text.replace('"simulators/documents"', f'"{documents}"')
    text = text.replace('registers = "simulators', f'registers = "{repository}/simulators')
    path = folder / "plant.toml"
    path.write_text(text)
    return path


SHORT = """
name = "one-fault"
warm_up_s = 300
tail_s = 150

[[faults]]
machine = "mill-1"
kind = "encoder_loss"
start_s = 310
duration_s = 200
"""
