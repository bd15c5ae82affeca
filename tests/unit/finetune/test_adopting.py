"""A version that never saw the test: judged on it once, and taken up to the byte as it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from finetune.adopting import adopted, judged_for_use
from finetune.course import Wish
from finetune.dataset import Dataset, read_dataset, task_for
from finetune.encoder import Encoder
from finetune.engine import SEEN
from finetune.evaluation import evaluate
from finetune.examples import Examples
from finetune.models import ModelStore
from finetune.progress import silent
from finetune.split import Split
from finetune.task import Label
from finetune.training import train, train_apart
from ingest.errors import DataFault, SettingsFault, StoreFault
from tests.unit.finetune.conftest import WriteCsv, number_rows, rewrite_json, text_rows


@dataclass(frozen=True)
class World:
    """A comparison's store with a version of numbers, and the home that it may go to."""

    home: ModelStore
    store: ModelStore
    data: Path
    rows: Dataset
    split: Split
    measured = "v0001"
    judged = "v0002"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained and judged once for all tests."""
    folder = tmp_path_factory.mktemp("made")
    lines = [",".join(row.values()) for row in number_rows(90)]
    (folder / "rows.csv").write_text("\n".join(["heat,force,label,group", *lines]) + "\n")
    rows, split = read(folder / "rows.csv")
    home, store = ModelStore(folder / "home"), ModelStore(folder / "apart")
    measured = trained(store, rows, split, "logistic regression")
    judged_for_use(store, measured, data=rows, split=split, home=home)
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> World:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    home = ModelStore(tmp_path / "home")
    return World(
        home, home.beside(tmp_path / "apart"), tmp_path / "rows.csv", *read(tmp_path / "rows.csv")
    )


def read(data: Path) -> tuple[Dataset, Split]:
    rows = read_dataset(task_for("mine", declared=None, data=data), data)
    return rows, rows.split(seed=0)


def trained(store: ModelStore, rows: Dataset, split: Split, up_to: str) -> str:
    """A version that learnt nothing but the rows to develop on."""
    learnt = split.develop.tolist()
    apart = replace(
        rows,
        examples=rows.examples.take(split.develop),
        labels=rows.labels[split.develop],
        table=rows.table.take(learnt),
        bonds=replace(
            rows.bonds,
            groups=rows.bonds.groups[split.develop],
            twins=rows.bonds.twins[split.develop],
            from_people=rows.bonds.from_people[split.develop],
        ),
    )
    return train_apart(apart, store, Wish(0, 1, silent, up_to=up_to)).version


def test_what_was_measured_comes_into_use_as_it_is(
    tmp_path: Path, encoder: Encoder, write_csv: WriteCsv
) -> None:
    """The same probabilities; card, report and gate speak of the test, which it has not learnt."""
    rows, split = read(write_csv(text_rows(90)))
    home = ModelStore(tmp_path / "home", encoder=encoder)
    store = home.beside(tmp_path / "apart")
    measured = trained(store, rows, split, "hybrid")
    before = store.load("mine", measured)
    version = judged_for_use(store, measured, data=rows, split=split, home=home)
    taken = adopted(store, "mine", version, home=home)
    assert (measured, version, taken) == ("v0001", "v0002", "v0001")
    assert home.promote("mine", taken).passed
    after = home.load("mine")
    some = after.with_vectors(Examples(rows.examples.texts))
    assert (before.engine.probabilities(some) == after.engine.probabilities(some)).all()
    assert before.engine.limits == after.engine.limits
    report = after.about["report"]
    assert (report["version"], after.about["version"]) == (taken, taken)
    assert report["test"]["n"] == len(split.test)
    assert report["fitted_on"] == len(split.develop)
    (stored,) = home.list("mine")
    assert (stored.gate, stored.rows) == ("passed", len(rows.labels))
    card = (home.folder("mine", taken) / "card.md").read_text("utf-8")
    assert card.startswith("# mine v0001\n")
    assert "What is stored is that very model: it has not learnt the rows of the test." in card


def test_the_test_is_never_learnt(world: World) -> None:
    """An evaluation of the file knows which rows were; what the report says of the test is true."""
    home, split, prints = world.home, world.split, world.rows.fingerprints()
    seen = json.loads((world.store.folder("mine", world.measured) / SEEN).read_text("utf-8"))
    assert set(seen) == {prints[row] for row in split.develop}
    home.promote("mine", adopted(world.store, "mine", world.judged, home=home))
    assert evaluate("mine", world.data, home).notes["seen_in_training"] == len(split.develop)
    told = home.load("mine").about["report"]["test"]
    lines = world.data.read_text().splitlines()
    kept = world.data.with_name("test.csv")
    kept.write_text("\n".join([lines[0], *(lines[row + 1] for row in split.test)]) + "\n")
    again = evaluate("mine", kept, home).test
    assert (told["n"], told["macro_f1"]) == (again.n, round(again.macro_f1, 4))


def test_the_next_training_is_gated_against_it(world: World) -> None:
    """The frozen test goes with the version; a shipped training compares itself with it."""
    home, prints = world.home, world.rows.fingerprints()
    home.promote("mine", adopted(world.store, "mine", world.judged, home=home))
    assert home.frozen("mine").fingerprints == {prints[row] for row in world.split.test}
    gate = train(world.rows.task, world.data, home, threads=1, up_to="majority").notes["gate"]
    assert (gate["against"], gate["rows"]) == ("v0001", len(world.split.test))
    assert not gate["passed"]


def test_taken_up_twice_it_is_one_version(world: World) -> None:
    """What is there already is not copied again."""
    taken = [adopted(world.store, "mine", world.judged, home=world.home) for _ in range(2)]
    assert taken == ["v0001", "v0001"]
    assert world.home.versions("mine") == ("v0001",)


def test_a_test_that_moved_on_is_no_ground(world: World) -> None:
    """Judged before the home had a test of its own: compare again, and nothing is added."""
    train(world.rows.task, world.data, world.home, seed=3, threads=1, up_to="logistic regression")
    with pytest.raises(SettingsFault, match="another test") as refused:
        adopted(world.store, "mine", world.judged, home=world.home)
    assert "andon compare mine" in refused.value.remedy
    assert world.home.versions("mine") == ("v0001",)


def test_a_version_that_nobody_judged_is_not_taken(world: World) -> None:
    """What the folds said of it is no test."""
    with pytest.raises(SettingsFault, match="another test"):
        adopted(world.store, "mine", world.measured, home=world.home)


def test_what_was_changed_or_is_of_other_labels_is_not_taken(world: World) -> None:
    """The seal is looked at first; half a version is never left."""
    store, home = world.store, world.home
    renamed = replace(world.rows, task=replace(world.rows.task, labels=tuple(map(Label, "abc"))))
    with pytest.raises(DataFault, match="other labels"):
        judged_for_use(store, "v0001", data=renamed, split=world.split, home=home)
    rewrite_json(store.folder("mine", "v0002") / "model.json", lambda about: about.clear())
    with pytest.raises(SettingsFault, match=r"model\.json was changed"):
        adopted(store, "mine", "v0002", home=home)
    assert not list(home.root.glob("mine/v*"))


def test_what_is_changed_on_the_way_is_not_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is held against the seal, too: nobody's bytes are sealed as ours."""
    copied = shutil.copytree

    def changed(source: Path, folder: Path, **how: Any) -> None:
        copied(source, folder, **how)
        (folder / "logistic-regression.skops").write_bytes(b"other")

    monkeypatch.setattr("finetune.adopting.shutil.copytree", changed)
    with pytest.raises(SettingsFault, match="was changed"):
        adopted(world.store, "mine", world.judged, home=world.home)
    assert world.home.versions("mine") == ()


def test_a_disk_that_is_full_is_named_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not file by file."""

    def full(*_: Path, **_how: Any) -> None:
        raise shutil.Error([("a", "b", "[Errno 28] No space left"), ("c", "d", "the same")])

    monkeypatch.setattr("finetune.adopting.shutil.copytree", full)
    with pytest.raises(StoreFault, match="cannot be copied: the same"):
        adopted(world.store, "mine", world.judged, home=world.home)


def test_numbers_that_the_data_lacks_are_named(world: World) -> None:
    """A model of other columns is judged on nothing."""
    fewer = replace(world.rows, columns=("force", "weight"))
    with pytest.raises(DataFault, match="the data lacks: heat"):
        judged_for_use(world.store, "v0001", data=fewer, split=world.split, home=world.home)
