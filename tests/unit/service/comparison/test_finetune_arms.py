"""The arms of fine-tuning: the shipped training and its candidates, on texts, numbers and both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.encoder import Encoder, load_encoder
from finetune.models import ModelStore
from finetune.task import Label, Task, TaskKind
from ingest.errors import DataFault, SettingsFault
from service.comparison.finetune_arms import CandidateArm, TrainedArm, finetune_arms
from service.comparison.nouns import Item, Known, Reply
from service.comparison.ports import Arm
from tests.unit.finetune.conftest import make_encoder

WORDS = {"hot": "oil cooler fan dust", "worn": "pump leak slow motor", "calm": "shift done ok"}
LABELS = tuple(map(Label, WORDS))
TEXTS = Task("words", TaskKind.TEXT, LABELS)
NUMBERS = Task("numbers", TaskKind.TABULAR, LABELS)
WINDOWS = Task("windows", TaskKind.WINDOW, LABELS)
BOTH = Task("both", TaskKind.TEXT, LABELS, features="*")


def items(task: Task, count: int, *, seed: int = 0) -> tuple[Item, ...]:
    """Words that tell the labels apart, or numbers, or both; ten to a group."""
    chance = random.Random(seed)
    found = []
    for at in range(count):
        label = tuple(WORDS)[at % 3]
        words = " ".join([*chance.sample(WORDS[label].split(), 2), f"line {chance.randint(1, 9)}"])
        numbers = {"heat": chance.gauss(5.0 * (at % 3), 1.0), "force": chance.gauss(0.0, 1.0)}
        found.append(
            Item(
                words if task.reads_texts else "",
                numbers if task.reads_numbers else {},
                label,
                f"g{at // 10}",
            )
        )
    return tuple(found)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(str(make_encoder(tmp_path_factory.mktemp("encoder"))), threads=1)


@pytest.fixture
def store(tmp_path: Path, encoder: Encoder) -> ModelStore:
    return ModelStore(tmp_path / "models", encoder=encoder, threads=1)


def made(task: Task, store: ModelStore, up_to: str) -> tuple[TrainedArm, list[CandidateArm]]:
    trained, *others = finetune_arms(task, store=store, threads=1, up_to=up_to)
    assert isinstance(trained, TrainedArm)
    return trained, [one for one in others if isinstance(one, CandidateArm)]


def right(replies: Sequence[Reply], asked: Sequence[Item]) -> float:
    """Share of the best guesses that are right."""
    pairs = zip(replies, asked, strict=True)
    return sum(reply.likeliest == item.label for reply, item in pairs) / len(asked)


@pytest.mark.parametrize(
    ("task", "up_to"),
    [
        (TEXTS, "hybrid"),
        (BOTH, "hybrid"),
        (NUMBERS, "logistic regression"),
        (WINDOWS, "logistic regression"),
    ],
)
def test_every_arm_learns_what_there_is(task: Task, up_to: str, store: ModelStore) -> None:
    """The representative is first and says who was chosen; the majority knows no better."""
    trained, others = made(task, store, up_to)
    every: Sequence[Arm] = (trained, *others)
    assert [arm.name for arm in every][:2] == ["trained", "majority"]
    assert (trained.sizes, others[0].sizes) == ((None,), (8, 16, 32, 64, None))
    known, asked = Known(task, items(task, 60)), items(task, 30, seed=1)
    ready = trained.ready(known)
    assert ready.name in {arm.name for arm in others}
    assert ready.model.startswith(ready.name)
    assert any("majority" in note for note in ready.notes)
    assert right(ready.answer(asked), asked) > 0.9
    tried = {arm.name: arm.ready(known) for arm in others}
    assert right(tried["majority"].answer(asked), asked) < 0.4
    assert right(tried[up_to].answer(asked), asked) > 0.9
    assert tried[ready.name].answer(asked) == ready.answer(asked)


def test_replies_do_not_hang_on_their_neighbours(store: ModelStore) -> None:
    """Alone, in another order, a second time, without labels: the same to the last figure."""
    trained, _ = made(BOTH, store, "hybrid")
    ready = trained.ready(Known(BOTH, items(BOTH, 60)))
    asked = items(BOTH, 12, seed=2)
    replies = ready.answer(asked)
    assert ready.answer(asked[::-1]) == replies[::-1]
    assert [ready.answer([item])[0] for item in asked] == replies
    unlabelled = [replace(item, label="", group="") for item in asked]
    assert ready.answer(unlabelled) == replies
    assert ready.answer([]) == []


def test_what_cannot_be_read_is_abstained_on_by_itself(store: ModelStore) -> None:
    """With the reason and without a guess; the others are answered as ever."""
    trained, _ = made(NUMBERS, store, "logistic regression")
    ready = trained.ready(Known(NUMBERS, items(NUMBERS, 60)))
    fine = items(NUMBERS, 3, seed=3)
    odd = [Item(), Item(numbers={"heat": 1.0}), Item(numbers={"heat": float("inf"), "force": 1.0})]
    replies = ready.answer([*odd, *fine])
    assert replies[3:] == ready.answer(fine)
    for reply in replies[:3]:
        assert (reply.label, reply.likeliest, reply.confidence) == (None, "", 0.0)
        assert "missing or not finite" in reply.reason


def test_a_guess_is_told_where_the_model_holds_back(store: ModelStore) -> None:
    """Numbers far from all that was learnt: no label, and what it would have said."""
    trained, _ = made(NUMBERS, store, "logistic regression")
    ready = trained.ready(Known(NUMBERS, items(NUMBERS, 60)))
    (reply,) = ready.answer([Item(numbers={"heat": 500.0, "force": 400.0})])
    assert (reply.label, reply.likeliest) == (None, "calm")
    assert reply.reason == "Nothing like it was in the training."


def test_a_new_class_is_learnt_and_the_version_before_stays(store: ModelStore) -> None:
    """Renewed, it climbs as far as was chosen before; the old one answers as it did."""
    trained, _ = made(TEXTS, store, "hybrid")
    rows = items(TEXTS, 60)
    without = tuple(item for item in rows if item.label != "calm")
    ready = trained.ready(Known(TEXTS, without))
    asked = items(TEXTS, 30, seed=1)
    before = ready.answer(asked)
    assert not any(reply.likeliest == "calm" for reply in before)
    settled = trained.settled(ready)
    assert settled.name == ready.name == "tfidf"
    assert settled.redone.endswith("--up-to tfidf")
    renewed = trained.renewed(ready, Known(TEXTS, rows))
    assert right(renewed.answer(asked), asked) > 0.9
    assert ready.answer(asked) == before
    assert (ready.version, renewed.version) == ("v0001", "v0002")
    report = store.load("words", renewed.version).about["report"]
    assert [one["name"] for one in report["candidates"]] == ["majority", "tfidf"]


def test_candidates_of_the_same_rows_share_and_say_so(store: ModelStore) -> None:
    """Vectors are made once and counted for each; other rows start from nothing."""
    _, (_, words, both) = made(TEXTS, store, "hybrid")
    known = Known(TEXTS, items(TEXTS, 60))
    first, second = words.ready(known), both.ready(known)
    assert (first.spared_s, first.spared_cpu_s) == (0.0, 0.0)
    assert second.spared_s > 0.0
    assert both.ready(Known(TEXTS, items(TEXTS, 60, seed=1))).spared_s == 0.0
    assert words.renewed(first, known).answer(known.examples) == first.answer(known.examples)


def test_what_cannot_be_learnt_is_said(store: ModelStore) -> None:
    """Before anything is stored: no examples, one label, a label of another task, no such rung."""
    every: Sequence[Arm] = finetune_arms(NUMBERS, store=store, up_to="logistic regression")
    rows = items(NUMBERS, 30)
    foreign = (*rows, Item(numbers={"heat": 1.0}, label="<b>"))
    for examples in ((), rows[:3], tuple(one for one in rows if one.label == "hot"), foreign):
        for arm in every:
            with pytest.raises(DataFault):
                arm.ready(Known(NUMBERS, examples))
    assert store.versions("numbers") == ()
    with pytest.raises(SettingsFault, match="no rung hybrid"):
        finetune_arms(NUMBERS, store=store, up_to="hybrid")
