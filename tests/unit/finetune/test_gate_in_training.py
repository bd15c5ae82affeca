"""From a training to the gate: what was learnt from bad rows does not come into use."""

from __future__ import annotations

import random
from collections.abc import Container, Sequence
from pathlib import Path

import pytest

from finetune.dataset import task_for
from finetune.encoder import Encoder
from finetune.frozen import FROZEN, read_frozen
from finetune.judged import read_judged
from finetune.models import ModelStore
from finetune.report import TrainReport
from finetune.stored import seal_of
from finetune.training import train
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

Row = dict[str, str]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def trained(store: ModelStore, data: Path) -> TrainReport:
    """The cheapest that learns anything, through the gate."""
    task = task_for("parts", declared=None, data=data)
    return train(task, data, store, threads=1, up_to="logistic regression")


def shuffled(rows: Sequence[Row], *, seed: int = 1) -> list[Row]:
    """The same rows with each other's labels."""
    labels = [row["label"] for row in rows]
    random.Random(seed).shuffle(labels)
    return [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]


def elsewhere(rows: Sequence[Row], name: str) -> list[Row]:
    """The same in groups of other names."""
    return [{**row, "group": f"{name} {row['group']}"} for row in rows]


def passed(report: TrainReport) -> bool:
    """What the gate said."""
    return bool(report.notes["gate"]["passed"])


def test_shuffled_labels_never_replace_what_was_learnt(
    store: ModelStore, write_csv: WriteCsv
) -> None:
    """The rows that both are judged on keep the labels under which they were frozen."""
    rows = number_rows()
    assert passed(trained(store, write_csv(rows)))
    report = trained(store, write_csv(shuffled(rows), "bad.csv"))
    assert not passed(report)
    assert any("Macro-F1" in reason for reason in report.notes["gate"]["reasons"])
    assert (store.current("parts"), store.versions("parts")) == ("v0001", ("v0001", "v0002"))


def test_shuffled_labels_are_refused_as_a_first_version(
    store: ModelStore, write_csv: WriteCsv
) -> None:
    """Nothing is in use then, nothing is frozen, and good rows are welcome afterwards."""
    rows = number_rows(240)
    assert not passed(trained(store, write_csv(shuffled(rows), "bad.csv")))
    assert len(store.frozen("parts")) == 0
    report = trained(store, write_csv(rows))
    assert passed(report)
    assert store.current("parts") == "v0002"


def test_one_that_is_better_overall_but_loses_a_label_is_refused(
    store: ModelStore, write_csv: WriteCsv, tmp_path: Path
) -> None:
    """The first mixes two labels up; the second knows them, and takes a third for one of them."""
    rows = [
        {**row, "group": f"g{at // 6}"}
        for at, row in enumerate(number_rows(360))
        if row["label"] != "short" or (at // 6) % 3 == 0
    ]
    probe = ModelStore(tmp_path / "probe")
    trained(probe, write_csv(rows))
    judged = {row.features["heat"] for row in probe.frozen("parts").rows}
    assert passed(trained(store, write_csv(half_swapped(rows, judged), "first.csv")))
    lost = [
        {**row, "heat": "12.0", "force": "1.0"} if row["label"] == "short" else row for row in rows
    ]
    report = trained(store, write_csv(elsewhere(lost, "second"), "second.csv"))
    gate = report.notes["gate"]
    before, after = gate["figures"]["before"], gate["figures"]["after"]
    assert after["accuracy"] > before["accuracy"] + 0.1
    assert not passed(report)
    assert any(reason.startswith("Label short: 0 of") for reason in gate["reasons"])


def half_swapped(rows: Sequence[Row], judged: Container[float]) -> list[Row]:
    """In half of the groups that nobody is judged on, two labels stand for each other.

    Each group has as many of each label as before: the same groups are judged on.
    """
    other = {"good": "warped", "warped": "good"}
    kept = {row["group"] for row in rows if float(row["heat"]) in judged}
    return [
        {**row, "label": other.get(row["label"], row["label"])}
        if row["group"] not in kept and int(row["group"][1:]) % 2
        else row
        for row in rows
    ]


def test_wholly_new_rows_are_judged_on_the_old_ones_too(
    store: ModelStore, write_csv: WriteCsv
) -> None:
    """By the inputs that are kept; the new ones join the frozen test behind them."""
    trained(store, write_csv(number_rows()))
    before = store.frozen("parts")
    report = trained(store, write_csv(elsewhere(number_rows(seed=9), "new"), "new.csv"))
    assert passed(report)
    grown = store.frozen("parts")
    assert grown.rows[: len(before)] == before.rows
    assert len(grown) > len(before)
    folder = store.folder("parts", "v0002")
    assert [one.fingerprint for one in read_judged(folder)] == [
        row.fingerprint for row in grown.rows
    ]
    assert report.notes["gate"]["rows"] == len(before)
    assert seal_of(folder) == grown.seal()
    assert read_frozen(store.root / "parts" / FROZEN).holds(before.seal())


def test_the_same_rows_again_freeze_nothing_new(store: ModelStore, write_csv: WriteCsv) -> None:
    """And give the same figures."""
    data = write_csv(number_rows())
    first, second = trained(store, data), trained(store, data)
    assert second.test == first.test
    assert seal_of(store.folder("parts", "v0001")) == seal_of(store.folder("parts", "v0002"))


def test_a_text_model_is_judged_on_texts_that_are_gone(
    write_csv: WriteCsv, tmp_path: Path, encoder: Encoder
) -> None:
    """They are encoded anew from what is kept."""
    store = ModelStore(tmp_path / "models", encoder=encoder)

    def learn(rows: Sequence[Row], name: str) -> TrainReport:
        data = write_csv(rows, name)
        task = task_for("mine", declared=None, data=data)
        return train(task, data, store, threads=1, up_to="hybrid")

    assert passed(learn(text_rows(90), "first.csv"))
    report = learn(elsewhere(text_rows(90, seed=5), "new"), "second.csv")
    assert passed(report), report.notes["gate"]["reasons"]
    assert report.notes["gate"]["rows"] == len(read_judged(store.folder("mine", "v0001")))
