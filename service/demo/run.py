"""One run of the demo: broker, service, collector and simulators, from start to report."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from ingest.broker import EmbeddedBroker
from ingest.errors import SettingsFault, WireFault
from ingest.mqtt import SUBSCRIBED
from ingest.plant import Plant, load_plant
from ingest.sqlite import SqliteHistory
from service.demo.home import demo_history, mark
from service.demo.ports import LOOPBACK, free_port, is_taken, on_free_ports
from service.demo.processes import Child, Household
from service.demo.report import DemoReport, IngestTotals, match_faults

TICK_S = 0.5
SERVICE_START_S = 120.0
COLLECTOR_START_S = 60.0
DRAIN_S = 60.0
OWN_HISTORY = {"ANDON_HISTORY_URL": "", "ANDON_FORWARD_URL": ""}
"""What the simulators say goes into the demo's own file, never to a plant's database or centre."""
NEEDED = {
    "error_code": ["--up-to", "hybrid"],
    "defect_type": ["--up-to", "random forest"],
}
"""Tasks that the demo asks, and how far their ladder is climbed at its first start.

The first one needs the encoder and says so. What is dearer would take minutes before there is
anything to see; `andon train error_code` climbs the whole ladder.
"""
WATCH_S = {
    "ANDON_WATCH_WINDOW_S": 600.0,
    "ANDON_WATCH_BASELINE_S": 3600.0,
    "ANDON_WATCH_CLEAR_S": 120.0,
}
"""The watch's durations for machines that run in real time; the demo divides them by its speed."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    plant: Path
    home: Path
    scenario: str
    seed: int
    speed: float
    port: int
    once: bool


class Demo:
    """The running demo; `run` plays the scenario and returns its report."""

    def __init__(self, options: DemoOptions, plant: Plant, console: Console) -> None:
        self._options = options
        self._plant = plant
        self._home = options.home
        self._console = console
        self._url = f"http://127.0.0.1:{options.port}"
        self._began = time.monotonic()
        self._first_card_s: float | None = None
        self._cards: dict[str, tuple[str, str | None, str]] = {}

    def run(self) -> DemoReport:
        """Play the scenario to its end; a demo to look at goes on until Ctrl-C."""
        port = self._plant.mqtt.port
        with _run_home(self._options) as home:
            self._home = home
            logs = home / "logs"
            logs.mkdir(parents=True, exist_ok=True)
            # The broker ends last: until then the others wait for its confirmations.
            with EmbeddedBroker(port, home / "broker"), Household() as household:
                self._say(f"broker on 127.0.0.1:{port}")
                collector = self._open(household, home, logs)
                truth = home / "truth.json"
                simulators = household.start(self._simulators(truth, logs))
                self._say(f"{len(self._plant.machines)} simulated machines on Modbus TCP and MQTT")
                self._say(f"operator page: [bold]{self._url}[/]")
                self._play(simulators, collector)
                report = self._report(home, truth, collector)
                if not self._options.once:
                    self._linger(collector)
                return report

    def _open(self, household: Household, home: Path, logs: Path) -> Child:
        """Service and collector, ready for what the machines will say."""
        self._await_service(household.start(self._service(home, logs)))
        collector = household.start(self._collector(home, logs))
        self._await_collector(collector)
        mark(home)
        return collector

    def _service(self, home: Path, logs: Path) -> Child:
        environment = {
            name: f"{seconds / self._options.speed:g}" for name, seconds in WATCH_S.items()
        } | OWN_HISTORY
        arguments = ["service", "serve", "--host", "127.0.0.1", "--port", str(self._options.port)]
        return Child(
            "service",
            [*arguments, "--plant", str(self._options.plant), "--home", str(home)],
            logs=logs,
            environment=environment,
        )

    def _collector(self, home: Path, logs: Path) -> Child:
        place = ["--plant", str(self._options.plant), "--home", str(home)]
        return Child("collector", ["service", "ingest", *place], logs=logs, environment=OWN_HISTORY)

    def _simulators(self, truth: Path, logs: Path) -> Child:
        options = self._options
        return Child(
            "simulators",
            [
                *("simulators", "run", "--plant", str(options.plant)),
                *("--scenario", options.scenario, "--seed", str(options.seed)),
                *("--speed", f"{options.speed:g}", "--truth", str(truth)),
                "--linger" if options.once else "--go-on",
            ],
            logs=logs,
            piped=True,
        )

    def _await_service(self, service: Child) -> None:
        with self._console.status("The service starts and reads the manuals ..."):
            deadline = time.monotonic() + SERVICE_START_S
            while time.monotonic() < deadline:
                if service.exit_code is not None:
                    raise SettingsFault(f"The service did not start:\n{service.last_words()}")
                if self._ready():
                    return
                time.sleep(TICK_S)
        raise WireFault(f"The service was not ready within {SERVICE_START_S:.0f} s.")

    def _await_collector(self, collector: Child) -> None:
        """What the machines say before the broker knows the collector would be dropped."""
        if not collector.await_words(SUBSCRIBED, seconds=COLLECTOR_START_S):
            raise WireFault(f"The collector did not reach the broker:\n{collector.last_words()}")

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/healthz", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _play(self, simulators: Child, collector: Child) -> None:
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_pump, args=(simulators, lines), daemon=True).start()
        while True:
            self._watch(collector)
            for line in _drain(lines):
                if line is None:
                    words = simulators.last_words()
                    raise WireFault(f"The simulators ended before the scenario did:\n{words}")
                if self._tell(json.loads(line)):
                    return

    def _watch(self, collector: Child) -> None:
        code = collector.restart_if_dead()
        if code is not None:
            self._await_collector(collector)
            mark(self._home)
            self._say(f"[yellow]the collector died (exit code {code}) and was started again[/]")
        for card in self._issues():
            self._tell_card(card)
        time.sleep(TICK_S)

    def _tell(self, mark: dict[str, Any]) -> bool:
        """Show a mark of the simulators; True at the scenario's end."""
        if mark["event"] == "fault_started":
            self._say(f"[dim]the simulators let {mark['machine']} fail: {mark['kind']}[/]")
        if mark["event"] == "fault_ended":
            self._say(f"[dim]the simulators mend {mark['machine']}[/]")
        return bool(mark["event"] == "finished")

    def _tell_card(self, card: dict[str, Any]) -> None:
        """Say what is new on a card: that it opened, what it is, which page helps, its end."""
        known = self._cards.get(card["id"])
        label = (card.get("diagnosis") or {}).get("label")
        cited = (card.get("procedure") or {}).get("citations") or []
        page = f"{cited[0]['document']} page {cited[0]['page']}" if cited else "no procedure"
        now = (card["state"], label, page)
        if known == now:
            return
        name = f"[bold]card {card['id']}[/] {card['machine']}"
        if known is None:
            self._first_card_s = self._first_card_s or round(time.monotonic() - self._began, 1)
            self._say(f"{name} opened: {escape(card['title'])}")
        if label and (known is None or known[1:] != now[1:]):
            self._say(f"{name} diagnosed: [bold]{label}[/], see {page}")
        if card["state"] == "resolved":
            self._say(f"{name} resolved")
        self._cards[card["id"]] = now

    def _issues(self) -> list[dict[str, Any]]:
        try:
            reply = httpx.get(f"{self._url}/v1/issues", params={"limit": 500}, timeout=10)
        except httpx.TransportError:
            return []  # the next tick asks again; the report asks once more at the end
        reply.raise_for_status()
        return list(reply.json()["issues"])

    def _report(self, home: Path, truth_path: Path, collector: Child) -> DemoReport:
        truth = json.loads(truth_path.read_text())
        published = int(truth["published"])
        totals = self._drained(home, published, collector)
        outcomes, unmatched = match_faults(
            truth["faults"],
            self._issues(),
            grace=timedelta(seconds=WATCH_S["ANDON_WATCH_CLEAR_S"] / self._options.speed),
        )
        return DemoReport(
            scenario=Path(self._options.scenario).stem,
            seed=self._options.seed,
            seconds_to_first_card=self._first_card_s,
            ingest=totals,
            modbus=_totals(home, "modbus:", published=0),
            faults=outcomes,
            false_alarms=len(unmatched),
            collector_restarts=collector.restarts,
            unmatched=unmatched,
        )

    def _drained(self, home: Path, published: int, collector: Child) -> IngestTotals:
        """Totals once everything published has arrived, or after the time for it."""
        deadline = time.monotonic() + DRAIN_S
        while True:
            totals = _totals(home, "mqtt:", published=published)
            if totals.lost <= 0 or time.monotonic() > deadline:
                return totals
            self._watch(collector)

    def _linger(self, collector: Child) -> None:
        self._say("the scenario is over, the machines run on; Ctrl-C ends the demo")
        while True:
            self._watch(collector)

    def _say(self, words: str) -> None:
        clock = f"{time.monotonic() - self._began:6.1f} s"
        self._console.print(f"[cyan]{clock}[/]  {words}", highlight=False)


@contextmanager
def _run_home(options: DemoOptions) -> Iterator[Path]:
    """The demo's own home; a measured run gets a fresh one that shares the trained models."""
    if not options.once:
        with demo_history(options.home):
            yield options.home
        return
    with tempfile.TemporaryDirectory(prefix="andon-demo-") as folder:
        home = Path(folder)
        models = options.home.resolve() / "models"
        models.mkdir(parents=True, exist_ok=True)
        (home / "models").symlink_to(models, target_is_directory=True)
        yield home


def _pump(child: Child, lines: queue.Queue[str | None]) -> None:
    for line in child.output:
        lines.put(line)
    lines.put(None)


def _drain(lines: queue.Queue[str | None]) -> Iterator[str | None]:
    while True:
        try:
            yield lines.get_nowait()
        except queue.Empty:
            return


def _totals(home: Path, prefix: str, *, published: int) -> IngestTotals:
    totals = IngestTotals(published, 0, 0, 0, 0)
    with SqliteHistory(home / "history.db") as history:
        for source in history.counters():
            if source.source.startswith(prefix):
                totals = replace(
                    totals,
                    received=totals.received + source.received,
                    stored=totals.stored + source.stored,
                    duplicates=totals.duplicates + source.duplicates,
                    dead_lettered=totals.dead_lettered + source.dead_lettered,
                )
    return totals


def _check_scenario(options: DemoOptions) -> None:
    """Let the simulators look at what they are to play before anything slow begins."""
    command = [sys.executable, "-m", "simulators", "run", "--check", "--plant", str(options.plant)]
    command += ["--scenario", options.scenario, "--seed", str(options.seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SettingsFault(done.stderr.strip())


def train_missing(home: Path, console: Console) -> None:
    """Train what the demo needs and the home lacks, in a process of its own, with its progress."""
    from finetune.models import ModelStore

    found = ModelStore(home / "models").list()
    have = {entry.task for entry in found if entry.current and not entry.fault}
    for task, ladder in NEEDED.items():
        if task in have:
            continue
        console.print(f"No model for {task} yet: it is trained now, once.")
        command = [sys.executable, "-m", "service", "train", task, "--home", str(home), "--json"]
        command += ladder
        done = subprocess.run(command, stdout=subprocess.DEVNULL, env=dict(os.environ), check=False)
        if done.returncode != 0:
            raise SettingsFault(f"Training {task} failed (exit code {done.returncode}).")


def _other_port(options: DemoOptions) -> int:
    """Nobody looks at the page of a measured run, so any port will do."""
    if options.once:
        return free_port(LOOPBACK)
    raise SettingsFault(
        f"Port {options.port} is in use, so the page cannot be shown there.",
        remedy="Choose another with --port.",
    )


def prepare(options: DemoOptions, console: Console, *, folder: Path) -> Demo:
    """Check the plant, the ports and the models; their faults are the operator's to mend.

    Where ports are in use, a plant with others is written into `folder`: it is of this run alone,
    for two demos at once must not read each other's ports.
    """
    plant = load_plant(options.plant)
    if is_taken(LOOPBACK, options.port):
        options = replace(options, port=_other_port(options))
    moved = on_free_ports(plant, folder)
    if moved != options.plant:
        console.print(f"Ports of {options.plant} are in use; the demo runs on those of {moved}.")
        plant, options = load_plant(moved), replace(options, plant=moved)
    _check_scenario(options)
    train_missing(options.home, console)
    return Demo(options, plant, console)
