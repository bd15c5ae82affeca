"""The stored route of a task: followed, replaced, reset, and refused when it is not as written."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.task import Label, Task, TaskKind
from ingest.errors import NotKnown, SettingsFault
from service.comparison.nouns import Approach, Item, Known, Route
from service.sealed_file import write_sealed
from service.task_routes import KEPT, KIND, Measured, Member, RouteStore, TaskRoute

TASK = Task("obd", TaskKind.TEXT, (Label("fuel"), Label("spark")))
KNOWN = Known(TASK, (Item("rail pressure low", label="fuel"),), seed=1)
NEAREST = Member(Approach.RAG, "nearest", "all-MiniLM-L6-v2", 640)
TRAINED = Member(Approach.FINETUNE, "hybrid", "all-MiniLM-L6-v2", 640)
BY_RAG = TaskRoute("obd", Route.RAG, (NEAREST,), KNOWN, Measured("obd-1", 0.8, (0.7, 0.9)))
CASCADE = TaskRoute("obd", Route.CASCADE, (NEAREST, TRAINED), KNOWN, version="v0002")


@pytest.fixture
def store(tmp_path: Path) -> RouteStore:
    """Nothing is followed yet."""
    return RouteStore(tmp_path / "routes")


def test_a_task_without_a_route_follows_none(store: RouteStore) -> None:
    """Nor does one whose name no folder may have; nothing is made by asking."""
    assert [store.current(name) for name in ("obd", "../models", "")] == [None, None, None]
    assert store.tasks() == ()
    assert store.reset("obd") is False
    assert not store.root.exists()


def test_a_route_comes_back_as_it_was_set(store: RouteStore) -> None:
    """With everything that it needs, who set it and when."""
    stored = store.follow(BY_RAG, who="Ada", reason="cheap enough")
    assert store.current("obd") == stored
    assert (stored.revision, stored.who, stored.reason) == ("r0001", "Ada", "cheap enough")
    assert stored.set_at.endswith("+00:00")
    assert replace(stored, revision="", set_at="", who="", reason="") == BY_RAG


def test_the_last_route_is_followed_and_the_history_tells_all(store: RouteStore) -> None:
    """A revision is never written anew."""
    store.follow(BY_RAG, who="Ada")
    store.follow(CASCADE, who="Bob", reason="two points more")
    assert store.followed("obd") == "r0002"
    said = [(one["action"], one["version"], one["arms"]) for one in store.history("obd")]
    assert said == [
        ("follow", "r0001", "rag/nearest"),
        ("follow", "r0002", "rag/nearest + finetune/hybrid"),
    ]
    assert store.read("obd", "r0001").route is Route.RAG


def test_who_does_not_say_is_the_user_of_the_process(store: RouteStore) -> None:
    """Nobody changes a route unnamed."""
    assert store.follow(BY_RAG).who


def test_after_a_reset_no_route_is_followed_and_no_number_comes_twice(store: RouteStore) -> None:
    """Whoever kept the name of an old revision must never meet another one under it."""
    store.follow(BY_RAG)
    assert store.reset("obd", who="Ada") is True
    assert store.current("obd") is None
    assert store.reset("obd") is False
    assert store.follow(CASCADE).revision == "r0002"
    assert [one["action"] for one in store.history("obd")] == ["follow", "reset", "follow"]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(BY_RAG, members=(replace(NEAREST, labels="many"),)),  # type: ignore[arg-type]
        replace(BY_RAG, members=(TRAINED,)),
        replace(BY_RAG, known=None),
    ],
)
def test_what_could_not_be_followed_is_not_set(store: RouteStore, wrong: TaskRoute) -> None:
    """A forged report must not take the place of a route that works."""
    before = store.follow(BY_RAG)
    with pytest.raises(SettingsFault, match="not of a form that can be followed"):
        store.follow(wrong)
    assert store.current("obd") == before


def test_a_route_that_is_too_large_to_be_read_is_not_set(
    store: RouteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers goes on answering."""
    before = store.follow(BY_RAG)
    monkeypatch.setattr("service.sealed_file.MOST", 400)
    with pytest.raises(SettingsFault, match="larger than the 400 bytes"):
        store.follow(BY_RAG)
    assert store.followed("obd") == before.revision


def test_old_revisions_are_removed_but_not_the_newest(store: RouteStore) -> None:
    """A route holds its examples: they must not pile up."""
    for _ in range(KEPT + 3):
        store.follow(BY_RAG)
    assert len(store.revisions("obd")) == KEPT
    assert store.followed("obd") == store.revisions("obd")[-1]


def test_several_at_once_get_a_revision_each(store: RouteStore) -> None:
    """The command line and the service may set a route in the same moment."""
    store.follow(BY_RAG)
    found: list[str] = []

    def work() -> None:
        found.extend(store.follow(BY_RAG).revision for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 20
    assert store.followed("obd") == max(found)


def test_a_name_that_no_folder_may_have_is_refused(store: RouteStore) -> None:
    """Nothing is written outside the folder of the routes."""
    with pytest.raises(SettingsFault, match="no name for a task"):
        store.follow(replace(BY_RAG, task="../../etc"))


def test_an_unknown_revision_is_not_known(store: RouteStore) -> None:
    """A path is no revision either."""
    store.follow(BY_RAG)
    for name in ("r0009", "../obd/r0001", ""):
        with pytest.raises(NotKnown):
            store.read("obd", name)


@pytest.mark.parametrize("torn", [b"", b"{", b"\x00" * 400, b'{"kind": "andon route"}\n{}'])
def test_a_torn_route_is_refused_and_says_what_to_do(store: RouteStore, torn: bytes) -> None:
    """A disk that failed in the middle must not change what is answered."""
    store.follow(BY_RAG)
    (store.root / "obd" / "r0001.route").write_bytes(torn)
    with pytest.raises(SettingsFault, match="andon routes reset obd"):
        store.current("obd")


def test_every_flipped_byte_is_noticed(store: RouteStore) -> None:
    """In the header and in the content."""
    store.follow(BY_RAG)
    path = store.root / "obd" / "r0001.route"
    content = path.read_bytes()
    for at in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(SettingsFault):
            store.current("obd")


def _swapped(body: dict[str, object], **change: object) -> bytes:
    return json.dumps({**body, **change}).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"route": "none"},
        {"route": "prompt"},
        {"route": "cascade"},
        {"route": "magic"},
        {"members": []},
        {"members": [{"approach": "rag", "name": 7}]},
        {"known": None},
        {"task": "another"},
    ],
)
def test_a_sealed_route_whose_parts_do_not_fit_is_refused(
    store: RouteStore, change: dict[str, object]
) -> None:
    """A right checksum proves that nothing changed, not that it makes sense."""
    store.follow(BY_RAG)
    path = store.root / "obd" / "r0001.route"
    body = json.loads(path.read_bytes().split(b"\n", 1)[1])
    write_sealed(path, _swapped(body, **change), kind=KIND)
    with pytest.raises(SettingsFault, match="not of a form"):
        store.current("obd")


def test_a_pointer_that_names_nothing_is_a_fault_and_not_silence(store: RouteStore) -> None:
    """Who lost the file of a route must hear of it."""
    store.follow(BY_RAG)
    (store.root / "obd" / "r0001.route").unlink()
    with pytest.raises(NotKnown, match="r0001"):
        store.current("obd")


def test_a_pointer_that_cannot_be_read_says_whose_it_is(store: RouteStore) -> None:
    """Bytes that are no text."""
    store.follow(BY_RAG)
    (store.root / "obd" / "current").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsFault, match="andon routes reset obd"):
        store.followed("obd")
    assert store.reset("obd") is True
    assert store.current("obd") is None
