"""Which model serves: the promoted one, loaded once, swapped when another is promoted."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import cast

import pytest

from finetune.models import Load, ModelStore, StoredModel
from finetune.promotion import GateReport
from ingest.errors import NotKnown, SettingsFault
from service.shelf import ModelShelf
from tests.fakes import FakeClassifier


@dataclass
class Store:
    """A store of two versions, in memory."""

    promoted: str = "v0001"
    broken: str = ""
    shadowed: str = ""
    loads: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    """Loading waits for it."""

    def current(self, task: str) -> str:
        if task != "error_code":
            raise NotKnown(f"There is no model of task {task}.")
        return self.promoted

    def load(self, task: str, version: str) -> FakeClassifier:
        self.loads.append(version)
        if self.gate is not None:
            self.gate.wait(60)
        if version == self.broken:
            raise SettingsFault("Its files were changed.")
        model = FakeClassifier({"whin": "pump_worn"})
        model.version = version
        return model

    def versions(self, task: str) -> tuple[str, ...]:
        return ("v0001", "v0002", "v0003", "v0004") if task == "error_code" else ()

    def list(self) -> tuple[StoredModel, ...]:
        return tuple(
            StoredModel("error_code", version, version == self.promoted, "tfidf", 0.9, 0.8)
            for version in self.versions("error_code")
        )

    def shadow(self, task: str) -> str | None:
        return self.shadowed or None

    def promote(self, task: str, version: str, *, load: Load, **_: object) -> GateReport:
        load(task, version)
        self.promoted = version
        return GateReport(passed=True, reasons=(), rows=1)

    def rollback(self, task: str, *, load: Load, **_: object) -> str:
        load(task, "v0001")
        self.promoted = "v0001"
        return self.promoted


@pytest.fixture
def store() -> Store:
    """With version 1 promoted."""
    return Store()


@pytest.fixture
def shelf(store: Store) -> ModelShelf:
    """A shelf over that store."""
    return ModelShelf(cast("ModelStore", store))


def test_model_is_loaded_once(shelf: ModelShelf, store: Store) -> None:
    """Not at every request."""
    assert shelf.current("error_code") is shelf.current("error_code")
    assert store.loads == ["v0001"]


def test_promotion_from_elsewhere_counts_at_the_next_call(shelf: ModelShelf, store: Store) -> None:
    """As `andon models promote` beside a running service."""
    before = shelf.current("error_code")
    store.promoted = "v0002"
    assert shelf.current("error_code").version == "v0002"
    assert before.version == "v0001"
    shelf.roll_back("error_code")
    assert shelf.current("error_code").version == "v0001"


def test_version_that_cannot_be_loaded_does_not_end_the_one_before(
    shelf: ModelShelf, store: Store
) -> None:
    """Without one before it is a fault."""
    shelf.current("error_code")
    store.promoted = store.broken = "v0002"
    for _ in range(3):
        assert shelf.current("error_code").version == "v0001"
    assert store.loads == ["v0001", "v0002"], "a refused version is not tried at every request"
    store.broken = ""
    shelf.promote("error_code", "v0002")
    assert shelf.current("error_code").version == "v0002"
    store.broken = "v0002"
    with pytest.raises(SettingsFault):
        ModelShelf(cast("ModelStore", store)).current("error_code")


def test_a_version_that_served_before_is_back_at_once(shelf: ModelShelf, store: Store) -> None:
    """Promotion and rollback between loaded versions load nothing; only a few stay loaded."""
    first = shelf.current("error_code")
    shelf.promote("error_code", "v0002")
    second = shelf.current("error_code")
    assert shelf.roll_back("error_code") == "v0001"
    assert shelf.current("error_code") is first
    shelf.promote("error_code", "v0002")
    assert shelf.current("error_code") is second
    assert store.loads == ["v0001", "v0002"]
    for version in ("v0003", "v0004", "v0001"):
        shelf.promote("error_code", version)
    assert store.loads == ["v0001", "v0002", "v0003", "v0004", "v0001"]


def test_who_can_be_served_does_not_wait_for_a_load(shelf: ModelShelf, store: Store) -> None:
    """While one request loads the new version, others are answered by the old one."""
    shelf.current("error_code")
    store.promoted, store.gate = "v0002", threading.Event()
    swapper = threading.Thread(target=shelf.current, args=("error_code",))
    swapper.start()
    while len(store.loads) < 2:
        swapper.join(0.01)
    assert shelf.current("error_code").version == "v0001"
    store.gate.set()
    swapper.join()
    assert shelf.current("error_code").version == "v0002"


def test_the_shadow_is_loaded_beside(shelf: ModelShelf, store: Store) -> None:
    """One that cannot be loaded, or that serves anyway, is no shadow; a request never fails."""
    assert shelf.shadow("error_code") is None
    store.shadowed = "v0002"
    shadow = shelf.shadow("error_code")
    assert shadow is not None
    assert (shadow.version, shelf.current("error_code").version) == ("v0002", "v0001")
    assert shelf.shadow("error_code") is shadow
    store.shadowed = store.broken = "v0003"
    assert [shelf.shadow("error_code") for _ in range(2)] == [None, None]
    assert store.loads.count("v0003") == 1
    store.shadowed = "v0001"
    assert shelf.shadow("error_code") is None


def test_a_task_without_a_model_has_no_shadow_and_that_is_no_fault(
    shelf: ModelShelf, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be answered by a prompt: nobody needs to hear that no model is trained."""
    assert shelf.shadow("only-a-route") is None
    assert caplog.records == []


def test_tasks_without_a_model_are_listed(shelf: ModelShelf) -> None:
    """With no version, so that a page can say so."""
    assert {task.name: version for task, version in shelf.tasks()} == {
        "defect_type": None,
        "error_code": "v0001",
    }
    states = {component.name: component.state for component in shelf.components()}
    assert states == {"model defect_type": "degraded", "model error_code": "ok"}


@pytest.mark.parametrize("task", ["nothing", "../error_code", "", "a/b", "\u00e9"])
def test_strange_tasks_are_not_known(shelf: ModelShelf, task: str) -> None:
    """Names of folders elsewhere among them."""
    for call in (shelf.current, shelf.roll_back, lambda name: shelf.promote(name, "v0001")):
        with pytest.raises(NotKnown):
            call(task)
