"""Window tasks over a real history: trained and judged by commands, asked at run time."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner, Result

from finetune.models import ModelStore
from ingest.errors import DataFault, NotKnown, SettingsFault
from ingest.evidence_settings import EvidenceSettings
from ingest.history import history_path
from ingest.plant import load_plant
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading
from service.cli.main import app
from service.lookout import Lookout
from service.windows import home_windows, window_numbers
from tests.unit.finetune.documented import documented_task

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLANT = """
[plant]
name = "Test"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[[machines.signals]]
id = "oil_temp"
unit = "degC"
high = 65.0
"""
EPISODES = 16
EPISODE_S = 600


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def readings() -> list[Reading]:
    """Episodes of ten minutes with their quiet time before: every other one is too hot."""
    chance = random.Random(0)
    found = []
    for second in range(0, EPISODES * EPISODE_S, 5):
        hot = (second // EPISODE_S) % 2 and second % EPISODE_S >= 300
        value = chance.gauss(70.0 if hot else 50.0, 0.5)
        found.append(
            Reading("press-3", "oil_temp", value, "degC", Quality.GOOD, at(second), at(second), "t")
        )
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a history, a plant and labelled time spans."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "plant.toml").write_text(PLANT)
    with SqliteHistory(history_path(folder)) as history:
        history.write(readings())
    with (folder / "spans.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["machine", "start", "end", "label"])
        for episode in range(EPISODES):
            start = episode * EPISODE_S + 300
            label = ("calm", "hot")[episode % 2]
            writer.writerow(["press-3", at(start).isoformat(), at(start + 290).isoformat(), label])
    return folder


def run(home: Path, *words: object) -> Result:
    place = ("--home", home, "--plant", home / "plant.toml")
    return CliRunner().invoke(app, [*map(str, (*words, *place))])


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is normal is learnt from the five minutes before a window."""
    monkeypatch.setenv("ANDON_WATCH_BASELINE_S", "300")


def test_a_window_task_is_checked_trained_and_judged(home: Path, tmp_path: Path) -> None:
    """The documented task file; the evidence is among the numbers."""
    spans = home / "spans.csv"
    asked = ("press_state", "--data", spans)
    declared = ("--task-file", documented_task("press_state", tmp_path))
    checked = run(home, "train", *asked, *declared, "--check", "--json")
    assert checked.exit_code == 0, checked.output
    report = json.loads(checked.stdout)
    assert report["labels"] == {"calm": 8, "hot": 8}
    assert report["ok"]
    assert {"oil_temp.mean", "oil_temp.over_limit", "oil_temp@limit_violation.count"} <= {
        *report["features"]
    }
    trained = run(home, "train", *asked, *declared, "--up-to", "logistic regression", "--json")
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["split"].startswith("by episode of a machine")
    judged = run(home, "evaluate", *asked, "--json")
    assert json.loads(judged.stdout)["test"]["accuracy"] > 0.9
    answers_at_run_time(home)


def answers_at_run_time(home: Path) -> None:
    """The same numbers by the same code as in the training."""
    model = ModelStore(home / "models").load("press_state")
    plant = load_plant(home / "plant.toml")
    with SqliteHistory(history_path(home)) as history:
        lookout = Lookout(plant, history, settings=EvidenceSettings())
        settings = SimpleNamespace(watch_baseline_s=300)
        known = SimpleNamespace(plant=plant, lookout=lookout, settings=settings)
        parts = cast("Any", known)
        hot = window_numbers(parts, "press-3", at(900), at(1190))
        with pytest.raises(DataFault, match="no readings in that window"):
            window_numbers(parts, "press-3", at(900_000), at(900_600))
        with pytest.raises(NotKnown):
            window_numbers(parts, "press-9", at(900), at(1200))
    assert hot["oil_temp.over_limit"] > 0.9
    assert hot["oil_temp@limit_violation.count"] >= 1
    assert model.classify([hot])[0].label == "hot"


def test_a_check_with_faults_ends_with_one(home: Path, tmp_path: Path) -> None:
    """For people as a table, with each fault and what to do."""
    path = tmp_path / "bad.csv"
    path.write_text((home / "spans.csv").read_text().replace("press-3", "press-9", 1) + ",,,\n")
    found = run(home, "train", "press_state", "--data", path, "--check")
    assert found.exit_code == 1
    for word in ("unknown_machine", "no_machine", "bad_time", "missing_label", "17 rows"):
        assert word in found.output


def test_a_home_without_a_history_is_named(home: Path, tmp_path: Path) -> None:
    """Exit code 2 of a setting, before anything is trained."""
    with (
        pytest.raises(SettingsFault, match="no history"),
        home_windows(tmp_path, home / "plant.toml"),
    ):
        pass
