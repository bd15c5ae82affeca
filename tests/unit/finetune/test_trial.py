"""One candidate by itself: what others share with it is made once, and counted for each."""

from __future__ import annotations

import pytest

from finetune.candidates.lora import LoraSettings
from finetune.course import Wish
from finetune.dataset import Dataset, read_dataset, task_for
from finetune.encoder import Encoder
from finetune.examples import Examples
from finetune.models import ModelStore
from finetune.progress import silent
from finetune.training import train_apart
from finetune.trial import Spent, Trial
from tests.unit.finetune.conftest import WriteCsv, number_rows, text_rows

QUICK = LoraSettings(epochs=2, learning_rate=5e-3, batch=16)
WISH = Wish(0, 1, silent, QUICK)


@pytest.fixture
def texts(write_csv: WriteCsv) -> Dataset:
    return read(write_csv, text_rows(60))


def read(write_csv: WriteCsv, rows: list[dict[str, str]]) -> Dataset:
    data = write_csv(rows)
    return read_dataset(task_for("mine", declared=None, data=data), data)


def test_every_candidate_of_texts_answers(texts: Dataset, encoder: Encoder) -> None:
    """The average takes its members and their folds from those that were tried before."""
    trial = Trial(texts, encoder, WISH)
    tried = {name: trial.run(name) for name in ("majority", "tfidf", "hybrid", "lora", "average")}
    for name, one in tried.items():
        assert one.engine.name == name
        assert one.engine.limits.unknown_below is not None
        assert one.macro_f1 > 0.9 or name in {"majority", "lora", "average"}
    assert tried["majority"].spared.seconds == 0.0
    assert tried["tfidf"].spared.seconds > 0.0  # the vectors
    lora, average = tried["lora"], tried["average"]
    assert (lora.folds, average.folds, tried["tfidf"].folds) == (1, 1, 3)
    assert average.spared.cpu_seconds > lora.spared.cpu_seconds
    assert set(average.engine.temperatures) == {"average", "lora", "hybrid"}


def test_a_candidate_is_the_same_alone_as_after_others(texts: Dataset, encoder: Encoder) -> None:
    """What is shared changes no answer."""
    alone = Trial(texts, encoder, WISH).run("average").engine
    together = Trial(texts, encoder, WISH)
    together.run("hybrid")
    together.run("lora")
    after = together.run("average").engine
    some = Examples(texts.examples.texts, encoder.encode(texts.examples.texts))
    assert (alone.probabilities(some) == after.probabilities(some)).all()
    assert alone.limits == after.limits


def test_a_candidate_is_what_the_training_would_store(write_csv: WriteCsv) -> None:
    """A cheap one: calibrated over the same folds, fitted on the same rows, the same limits."""
    rows = read(write_csv, number_rows(90))
    store = ModelStore(rows.inspection.path.parent / "models")
    wish = Wish(0, 1, silent, up_to="logistic regression")
    report = train_apart(rows, store, wish)
    stored = store.load("mine", report.version).engine
    tried = Trial(rows, None, wish).run("logistic regression").engine
    assert report.notes["resumed"] == 0
    assert stored.name == tried.name
    assert (stored.probabilities(rows.examples) == tried.probabilities(rows.examples)).all()
    assert stored.limits == tried.limits
    assert report.notes["splits"] == {
        "develop": 90,
        "test": 0,
        "folds": report.notes["splits"]["folds"],
    }


def test_a_fit_says_how_far_it_is(write_csv: WriteCsv) -> None:
    """From nothing to almost all, never backwards, each fold named."""
    heard: list[tuple[str, float]] = []
    wish = Wish(0, 1, lambda what, share: heard.append((what, share)))
    Trial(read(write_csv, number_rows(60)), None, wish).run("logistic regression")
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert "logistic regression, fold 2 of 5" in {what for what, _ in heard}


def test_the_training_leaves_its_folds_to_the_candidates(write_csv: WriteCsv) -> None:
    """What it stores is the same with and without folds that were fitted before."""
    rows = read(write_csv, number_rows(90))
    store = ModelStore(rows.inspection.path.parent / "models")
    trial, last = Trial(rows, None, WISH), "logistic regression"
    first, nothing = trial.train(store, up_to=last)
    again, all_of_it = trial.train(store, up_to=last)
    apart = train_apart(rows, store, Wish(0, 1, silent, up_to=last))
    assert nothing == Spent()
    assert all_of_it.seconds > 0.0
    assert trial.run(last).spared.seconds > 0.0
    answers = [
        store.load("mine", report.version).engine.probabilities(rows.examples)
        for report in (first, again, apart)
    ]
    assert (answers[0] == answers[1]).all()
    assert (answers[0] == answers[2]).all()
    assert (first.version, again.version, apart.version) == ("v0001", "v0002", "v0003")
