"""What is in use: replaced whole, one at a time, with a history of who and why; old ones go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finetune.in_use import InUse
from finetune.models import ModelStore
from finetune.promotion import GateRefused
from finetune.retention import to_remove
from ingest.errors import DataFault, NotKnown, SettingsFault
from tests.small_models import add_version, judged
from tests.unit.finetune.conftest import rewrite_json

MANY = 60
ADDING = f"""
import sys
from pathlib import Path
from finetune.in_use import InUse
in_use = InUse(Path(sys.argv[1]))
for at in range({MANY}):
    with in_use.locked():
        in_use.note("promote", f"{{sys.argv[2]}}{{at}}")
        in_use.switch([*in_use.promoted(), f"{{sys.argv[2]}}{{at}}"])
"""


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """With a version in use."""
    store = ModelStore(tmp_path / "models")
    store.promote("mine", add_version(store), reason="the first")
    return store


def test_two_processes_that_promote_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each sees what the other did; no line of the history is torn."""
    command = [sys.executable, "-c", ADDING, str(tmp_path)]
    running = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [one.wait(120) for one in running] == [0, 0]
    in_use = InUse(tmp_path)
    wanted = sorted(f"{name}{at}" for name in "ab" for at in range(MANY))
    assert sorted(in_use.promoted()) == wanted
    assert [said["version"] for said in in_use.history()] == list(in_use.promoted())


def test_a_crash_before_the_switch_leaves_the_old_one_in_use(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history knows of the attempt; the next one is not in its way."""
    add_version(store)

    def die(self: InUse, versions: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(InUse, "switch", die)
        with pytest.raises(KeyboardInterrupt):
            store.promote("mine", "v0002")
    assert store.current("mine") == "v0001"
    store.promote("mine", "v0002")
    assert store.current("mine") == "v0002"


def test_a_torn_line_of_the_history_is_left_out(store: ModelStore) -> None:
    """As after a crash while it was written; what comes after it is whole."""
    path = store.root / "mine" / "promotions.jsonl"
    path.write_text(path.read_text() + '{"at": "2026-11-')
    store.promote("mine", "v0001", who="B. Roth")
    assert [said["who"] for said in store.promotions("mine")][1:] == ["B. Roth"]


def test_a_refused_version_stays_stored_and_the_old_one_in_use(store: ModelStore) -> None:
    """The refusal says why and what to do; the list and the history show it."""
    add_version(store, said=judged(wrong=range(0, 30, 3)))
    with pytest.raises(GateRefused, match=r"Label good: 0 of 10 rows.*--force") as refusal:
        store.promote("mine", "v0002", who="B. Roth")
    assert refusal.value.report.against == "v0001"
    assert store.current("mine") == "v0001"
    assert [(one.version, one.current, one.gate) for one in store.list("mine")] == [
        ("v0001", True, "passed"),
        ("v0002", False, "refused"),
    ]
    last = store.promotions("mine")[-1]
    assert (last["action"], last["version"], last["who"]) == ("refuse", "v0002", "B. Roth")
    assert not store.gate("mine", "v0002").passed


def test_a_forced_version_is_logged_with_who_and_why(store: ModelStore) -> None:
    """And with what the gate had against it; a version that passes is not said to be forced."""
    add_version(store, said=judged(wrong=range(0, 30, 3)))
    report = store.promote("mine", "v0002", force=True, who="B. Roth", reason="labels were wrong")
    assert not report.passed
    last = store.promotions("mine")[-1]
    assert (last["action"], last["who"], last["reason"], last["before"]) == (
        "force",
        "B. Roth",
        "labels were wrong",
        ["v0001"],
    )
    assert "Label good" in last["reasons"][0]
    assert store.list("mine")[1].gate == "forced"
    add_version(store)
    store.promote("mine", "v0003", force=True)
    assert store.promotions("mine")[-1]["action"] == "promote"


def test_the_way_back_and_forth_is_shown(store: ModelStore) -> None:
    """In use, before and the shadow; without a name it was who runs the process."""
    for _ in range(2):
        add_version(store)
    store.promote("mine", "v0002")
    store.set_shadow("mine", "v0003", who="B. Roth")
    assert [(one.current, one.previous, one.shadow) for one in store.list()] == [
        (False, True, False),
        (True, False, False),
        (False, False, True),
    ]
    assert store.rollback("mine", reason="worse on nights") == "v0001"
    assert [said["action"] for said in store.promotions("mine")] == [
        *("promote", "promote", "shadow", "rollback")
    ]
    assert all(said["who"] and said["at"] for said in store.promotions("mine"))
    store.set_shadow("mine", None)
    assert store.shadow("mine") is None
    with pytest.raises(NotKnown):
        store.set_shadow("mine", "v0009")
    with pytest.raises(DataFault, match="in use"):
        store.set_shadow("mine", "v0001")
    with pytest.raises(NotKnown):
        store.set_shadow("other", None)


def test_a_rollback_passes_over_a_version_that_is_gone(store: ModelStore) -> None:
    """A folder that somebody removed by hand is no way back."""
    for version in ("v0002", "v0003"):
        add_version(store)
        store.promote("mine", version)
    folder = store.folder("mine", "v0002")
    folder.rename(folder.with_name("aside"))
    assert store.rollback("mine") == "v0001"
    with pytest.raises(NotKnown, match="was in use before"):
        store.rollback("mine")


VERSIONS = tuple(f"v{number:04d}" for number in range(1, 9))


@pytest.mark.parametrize(
    ("promoted", "shadow", "keep", "gone"),
    [
        ((), None, 5, "v0001 v0002 v0003"),
        (("v0001",), None, 5, "v0002 v0003"),
        (("v0001", "v0002", "v0003", "v0005"), None, 1, "v0004 v0006 v0007 v0001"),
        (("v0008",), "v0002", 2, "v0001 v0003 v0004 v0005 v0006"),
        (("v0008",), None, 100, ""),
        ((), None, 0, "v0001 v0002 v0003 v0004 v0005 v0006 v0007"),
    ],
)
def test_old_versions_go_and_needed_ones_stay(
    promoted: tuple[str, ...], shadow: str | None, keep: int, gone: str
) -> None:
    """The newest, the one in use, two steps back and the shadow stay, whatever is asked."""
    found = to_remove(VERSIONS, promoted, shadow=shadow, keep=keep)
    assert sorted(found) == sorted(gone.split())


def test_pruning_leaves_a_store_that_works(store: ModelStore) -> None:
    """Nothing of a removed version stays behind, and its number is not given again."""
    for _ in range(5):
        store.promote("mine", add_version(store))
    (store.root / "mine" / ".removing-v0000").mkdir()
    (store.root / "mine" / ".training-abc").mkdir()
    assert store.prune("mine", keep=2) == ("v0001", "v0002", "v0003")
    assert store.versions("mine") == ("v0004", "v0005", "v0006")
    left = sorted(path.name for path in (store.root / "mine").iterdir() if "v000" in path.name)
    kept = ("v0004", "v0005", "v0006")
    assert left == sorted([*kept, *(f"{name}.gate.json" for name in kept)])
    assert (store.root / "mine" / ".training-abc").exists()
    assert [store.rollback("mine"), store.rollback("mine")] == ["v0005", "v0004"]
    assert add_version(store) == "v0007"
    assert store.prune("nothing", keep=1) == ()


def test_a_folder_from_before_is_refused_with_what_to_do(store: ModelStore) -> None:
    """It stands in the list with the reason, and the next version needs no comparison with it."""
    manifest = store.folder("mine", "v0001") / "manifest.json"
    rewrite_json(manifest, lambda read: read.update(format=1))
    with pytest.raises(SettingsFault, match=r"of format 1.*Train it again"):
        store.load("mine")
    assert [(one.current, "Train it again" in one.fault) for one in store.list()] == [(True, True)]
    add_version(store, said=judged(wrong=range(0, 30, 3)))
    assert store.gate("mine", "v0002").against == ""
    assert store.promote("mine", "v0002").passed
    assert store.load("mine").version == "v0002"


@pytest.mark.parametrize("name", ["current", "shadow"])
def test_a_file_that_names_no_version_is_named(store: ModelStore, name: str) -> None:
    """A folder in its place, a pipe that nobody writes to, a device without an end."""
    path = store.root / "mine" / name
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(SettingsFault, match=f"{name}, which names"):
        store.list()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(SettingsFault, match=f"{name}, which names"):
        store.list()
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(SettingsFault, match=f"{name}, which names"):
        store.list()


def test_a_gate_file_that_nobody_can_read_is_no_verdict(store: ModelStore) -> None:
    """It is there for people; nothing is decided by it."""
    for content in ("{", "[]", json.dumps({"passed": "yes"})):
        (store.root / "mine" / "v0001.gate.json").write_text(content)
        assert store.list()[0].gate in ("", "refused")
