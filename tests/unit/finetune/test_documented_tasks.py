"""The task files of the documentation are trained on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from finetune.encoder import Encoder
from finetune.models import ModelStore
from finetune.task import load_task
from finetune.training import train
from tests.unit.finetune.conftest import WriteCsv, text_rows
from tests.unit.finetune.documented import documented_task


def test_the_documented_texts_are_learnt(
    tmp_path: Path, write_csv: WriteCsv, encoder: Encoder
) -> None:
    """Own columns, declared labels, and targets that the report answers."""
    rows = [
        {"note": row["text"], "failure": row["label"], "work_order": row["group"]}
        for row in text_rows(120)
    ]
    task = load_task(documented_task("press_notes", tmp_path))
    store = ModelStore(tmp_path / "models", encoder=encoder)
    report = train(task, write_csv(rows), store, up_to="tfidf", threads=1)
    assert report.split.startswith("by column work_order")
    assert report.as_dict()["targets"]["macro_f1"]["reached"]
    model = store.load("press_notes")
    assert model.classify(["alpha pump leak slow motor"])[0].label == "worn"


def machine_rows(count: int) -> list[dict[str, str]]:
    chance = random.Random(1)
    rows = []
    for at in range(count):
        torque, speed = chance.uniform(20, 60), chance.uniform(1000, 2000)
        air = chance.uniform(15, 25)
        rows.append(
            {
                "torque": f"{torque:.2f}",
                "speed": f"{speed:.0f}",
                "air_temp": f"{air:.2f}",
                "process_temp": f"{air + chance.uniform(8, 12):.2f}" if at % 9 else "",
                "mode": str(at % 2),
                "label": "overstrain" if torque * speed > 60_000 else "fine",
            }
        )
    return rows


def test_the_documented_numbers_are_learnt(tmp_path: Path, write_csv: WriteCsv) -> None:
    """Derived features in training and at run time; a missing cell is a missing value."""
    task = load_task(documented_task("tool_wear", tmp_path))
    store = ModelStore(tmp_path / "models")
    rows = write_csv(machine_rows(160))
    report = train(task, rows, store, up_to="logistic regression", threads=1)
    assert report.test.accuracy > 0.8
    model = store.load("tool_wear")
    assert model.engine.columns[-2:] == ("power", "warming")
    asked = {"torque": 59.0, "speed": 1950.0, "air_temp": 20.0, "process_temp": 30.0, "mode": 0.0}
    assert model.classify([asked])[0].label == "overstrain"
    assert model.classify([asked | {"torque": 20.0, "speed": 1100.0}])[0].label == "fine"


@pytest.mark.parametrize("name", ["press_notes", "tool_wear", "press_state"])
def test_every_documented_task_file_can_be_read(tmp_path: Path, name: str) -> None:
    """As it stands there."""
    assert load_task(documented_task(name, tmp_path)).name == name
