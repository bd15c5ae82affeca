"""Versions on disk: promoted, rolled back, whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.models import ModelStore
from ingest.errors import NotKnown, SettingsFault
from tests.small_models import add_version


def add(store: ModelStore, *, promote: bool = True) -> str:
    """A version that is as good as any other."""
    version = add_version(store)
    if promote:
        store.promote("mine", version)
    return version


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def test_an_empty_store_knows_nothing(store: ModelStore) -> None:
    """And says how to change that."""
    assert store.list() == ()
    with pytest.raises(NotKnown, match="andon train mine"):
        store.load("mine")


def test_the_promoted_version_is_in_use(store: ModelStore) -> None:
    """A version that was only added is not."""
    assert add(store) == "v0001"
    assert add(store, promote=False) == "v0002"
    assert store.load("mine").version == "v0001"
    assert store.load("mine", "v0002").version == "v0002"
    assert [(model.version, model.current) for model in store.list()] == [
        ("v0001", True),
        ("v0002", False),
    ]


def test_a_task_of_which_nothing_is_in_use_is_listed(store: ModelStore) -> None:
    """Or nobody would know what can be promoted; strange folders are no task."""
    add(store, promote=False)
    (store.root / ".scratch").mkdir()
    (store.root / "empty").mkdir()
    assert [(model.task, model.current) for model in store.list()] == [("mine", False)]


def test_rollback_goes_the_way_back(store: ModelStore) -> None:
    """To what was in use before, not to the number before; then there is nothing left."""
    for _ in range(3):
        add(store, promote=False)
    for version in ("v0001", "v0003", "v0002"):
        store.promote("mine", version)
    assert [store.rollback("mine"), store.rollback("mine")] == ["v0003", "v0001"]
    with pytest.raises(NotKnown, match="No version of task mine was in use before"):
        store.rollback("mine")
    assert store.current("mine") == "v0001"


def test_the_tenth_thousand_version_comes_last(store: ModelStore) -> None:
    """Versions are ordered by number, not by letters."""
    add(store)
    folder = store.folder("mine", "v0001")
    folder.rename(folder.with_name("v9999"))
    assert add(store) == "v10000"
    assert store.versions("mine") == ("v9999", "v10000")


def test_a_version_that_could_not_be_written_is_not_there(store: ModelStore) -> None:
    """No half folder stays behind."""

    def fail(folder: Path, version: str) -> None:
        (folder / "half").write_text(version)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store.add("mine", fail)
    assert list((store.root / "mine").iterdir()) == []


@pytest.mark.parametrize("version", ["v0009", "../v0001", "current", "", "v1"])
def test_a_version_that_is_not_there_is_not_known(store: ModelStore, version: str) -> None:
    """Paths are not versions."""
    add(store)
    for act in (store.promote, store.folder):
        with pytest.raises(NotKnown, match="no version"):
            act("mine", version)


@pytest.mark.parametrize("name", ["../mine", "a/b", "", ".", "a" * 65, "é"])
def test_a_name_that_is_no_folder_is_refused(store: ModelStore, name: str) -> None:
    """Before any file is looked for."""
    with pytest.raises(SettingsFault, match="is no name for a task"):
        store.versions(name)


def test_a_broken_version_cannot_be_promoted(store: ModelStore) -> None:
    """What is in use stays in use."""
    add(store)
    add(store, promote=False)
    (store.folder("mine", "v0002") / "model.json").write_text("{}")
    with pytest.raises(SettingsFault, match=r"model\.json was changed"):
        store.promote("mine", "v0002")
    assert store.current("mine") == "v0001"
