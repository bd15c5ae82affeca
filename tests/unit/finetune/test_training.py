"""From a file to a model in use: the same seed the same figures, and the same answers elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finetune.candidates.lora import LoraSettings
from finetune.dataset import task_for
from finetune.encoder import Encoder
from finetune.evaluation import evaluate
from finetune.models import ModelStore
from finetune.report import TrainReport
from finetune.training import train
from ingest.errors import DataFault, ModelFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

QUICK = LoraSettings(epochs=4, learning_rate=5e-3, batch=16)
LADDER = ["majority", "tfidf", "hybrid", "lora", "average"]


@pytest.fixture
def store(tmp_path: Path, encoder: Encoder) -> ModelStore:
    return ModelStore(tmp_path / "models", encoder=encoder)


def trained(
    store: ModelStore, data: Path, *, seed: int = 0, up_to: str | None = None
) -> TrainReport:
    task = task_for("mine", declared=None, data=data)
    return train(task, data, store, seed=seed, threads=1, lora=QUICK, up_to=up_to)


def test_a_text_task_is_trained_and_in_use(store: ModelStore, write_csv: WriteCsv) -> None:
    """The whole ladder is climbed, and the report is that of the contract."""
    report = trained(store, write_csv(text_rows(180))).as_dict()
    assert [one["name"] for one in report["candidates"]] == LADDER
    assert set(report) >= {"task", "version", "split", "chosen", "candidates", "test"}
    assert set(report["test"]) >= {"n", "accuracy", "macro_f1", "ece", "coverage_at_90"}
    assert set(report["candidates"][0]) >= {"name", "accuracy", "macro_f1", "seconds"}
    assert report["test"]["macro_f1"] > 0.9
    assert report["chosen"] != "majority"
    assert report["split"].startswith("by column group: ")
    diagnosis = store.load("mine").classify([text_rows()[0]["text"]])[0]
    assert (diagnosis.label, diagnosis.model_version) == ("hot", "v0001")


def test_a_table_is_trained_and_in_use(store: ModelStore, write_csv: WriteCsv) -> None:
    """Without any encoder."""
    report = trained(store, write_csv(number_rows()))
    assert report.test.macro_f1 > 0.9
    assert [one.name for one in report.candidates][1:] == [
        "logistic regression",
        "random forest",
        "gradient boosting",
        "ensemble",
    ]
    classifier = ModelStore(store.root).load("mine")
    assert classifier.classify([{"heat": 4.0, "force": 1.0}])[0].label == "warped"


def test_the_same_seed_gives_the_same_figures(store: ModelStore, write_csv: WriteCsv) -> None:
    """All but the seconds; another seed splits in another way."""
    data = write_csv(text_rows())
    first, again = (figures(trained(store, data, up_to="hybrid")) for _ in range(2))
    other = trained(store, data, seed=5, up_to="tfidf")
    assert first == again
    assert other.version == "v0003"


def figures(report: TrainReport) -> list[object]:
    return [
        report.chosen,
        report.test,
        *((c.name, c.accuracy, c.macro_f1) for c in report.candidates),
    ]


def test_a_fresh_process_answers_the_same(store: ModelStore, write_csv: WriteCsv) -> None:
    """Nothing of the model lives only in the process that trained it."""
    trained(store, write_csv(text_rows()), up_to="hybrid")
    texts = ["beta oil hot", "pump leak", "shift done", "delta dust 7"]
    here = store.load("mine").classify(texts)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from finetune.encoder import load_encoder; from finetune.models import ModelStore\n"
        "store = ModelStore(Path(sys.argv[1]), encoder=load_encoder(sys.argv[2], threads=1))\n"
        "found = store.load('mine').classify(json.loads(sys.argv[3]))\n"
        "print(json.dumps([[d.label, d.confidence] for d in found]))\n"
    )
    folder = store.encoder().folder.path
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.root), str(folder), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
    )
    there = json.loads(done.stdout)
    assert [one.label for one in here] == [label for label, _ in there]
    assert [one.confidence for one in here] == pytest.approx([c for _, c in there], abs=2e-4)


@pytest.mark.parametrize("winner", ["tfidf", "hybrid", "lora", "average"])
def test_whatever_is_chosen_is_stored_whole(
    store: ModelStore, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch, winner: str
) -> None:
    """Each kind of model is read back by a store that knows nothing of the training."""
    monkeypatch.setattr(
        "finetune.training.choose",
        lambda rungs, labels, seed: next(rung for rung in rungs if rung.name == winner),
    )
    report = trained(store, write_csv(text_rows()), up_to=winner)
    classifier = ModelStore(store.root, encoder=store.encoder()).load("mine")
    assert classifier.engine.name == report.chosen == winner
    found = classifier.classify([text_rows()[0]["text"]])[0]
    assert (found.label or found.alternatives[0].label) == "hot"
    assert (
        "| no. | label | test rows | precision | recall | F1 |"
        in (store.folder("mine", "v0001") / "card.md").read_text()
    )


def test_a_model_that_answers_differently_from_disk_is_not_kept(
    store: ModelStore, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job fails and nothing is promoted: the fault that made others' classifiers random."""
    monkeypatch.setattr("finetune.storing.AGREE", -1.0)
    with pytest.raises(ModelFault, match="does not answer as the fitted one"):
        trained(store, write_csv(number_rows()), up_to="logistic regression")
    assert store.versions("mine") == ()
    assert not list((store.root / "mine").glob(".writing-*"))


def test_evaluation_says_what_was_seen(store: ModelStore, write_csv: WriteCsv) -> None:
    """Rows of the training are counted; new ones are not."""
    data = write_csv(text_rows(180))
    trained(store, data)
    report = evaluate("mine", data, store).as_dict()
    assert report["seen_in_training"] == 180
    fresh = evaluate("mine", write_csv(text_rows(60, seed=9), "fresh.csv"), store).as_dict()
    assert fresh["seen_in_training"] < 60
    assert fresh["test"]["n"] == 60
    assert fresh["version"] == "v0001"
    assert fresh["test"]["accuracy"] > 0.9


def test_evaluation_needs_the_columns_of_the_model(store: ModelStore, write_csv: WriteCsv) -> None:
    """Further columns do not matter."""
    trained(store, write_csv(number_rows()), up_to="logistic regression")
    more = [row | {"extra": "1", "note": "x"} for row in number_rows(seed=1)]
    assert evaluate("mine", write_csv(more, "more.csv"), store).test.accuracy > 0.9
    less = [{"heat": row["heat"], "label": row["label"]} for row in number_rows()]
    with pytest.raises(DataFault, match="no column force"):
        evaluate("mine", write_csv(less, "less.csv"), store)


def test_progress_runs_to_its_end(store: ModelStore, write_csv: WriteCsv) -> None:
    """The share of the whole, never backwards, and each step named with its fold."""
    heard: list[tuple[str, float]] = []
    data = write_csv(text_rows())
    train(
        task_for("mine", declared=None, data=data),
        data,
        store,
        progress=lambda what, share: heard.append((what, share)),
        lora=QUICK,
    )
    folds = [f"{name}, fold {at} of 3" for name in LADDER[:4] for at in (1, 2, 3)]
    steps = list(dict.fromkeys(what for what, _ in heard))
    assert steps[0] == "reading"
    assert set(steps) <= {"reading", *folds, "judging", "storing"}
    assert [step for step in steps if "lora" not in step] == [
        "reading",
        *(fold for fold in folds if "lora" not in fold),
        "judging",
        "storing",
    ]
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
