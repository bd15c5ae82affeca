"""A task is answered by the route that it follows, whole and at once, or by what was before."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import DataFault, NotKnown, SettingsFault
from ingest.vocabulary import Diagnosis
from service.comparison.nouns import Item, Route
from service.following import RETRY_S, Following
from service.task_routes import RouteStore
from tests.fakes import FakeClassifier, FakeShelf
from tests.unit.service.routed_fakes import (
    BY_BOTH,
    BY_PROMPT,
    BY_RAG,
    BY_WORDS,
    KNOWN,
    TASK,
    TRAINED,
    Arms,
    Words,
)

Follow = Callable[..., Following]


@pytest.fixture
def store(tmp_path: Path) -> RouteStore:
    """Nothing is followed yet."""
    return RouteStore(tmp_path / "routes")


def following(store: RouteStore, arms: Arms, *, shelf: FakeShelf | None = None) -> Following:
    """Over a shelf with a model of the task, unless another is given."""
    model = FakeClassifier({"whin": "pump_worn"})
    return Following(store, shelf or FakeShelf(model), arms)


def said(following: Following, *texts: str, task: str = "error_code") -> list[Diagnosis]:
    """What is answered now."""
    return following.current(task).answers.classify(texts)


def test_without_a_route_the_shelf_answers(store: RouteStore) -> None:
    """As before there were routes; a task of neither is not known."""
    ways = following(store, Arms({}))
    answering = ways.current("error_code")
    assert (answering.route, answering.revision, answering.trouble) == (Route.FINETUNE, "", "")
    assert said(ways, "it whines")[0].engine == "classifier"
    with pytest.raises(NotKnown):
        ways.current("another")
    assert ways.troubles() == {}


def test_a_route_counts_at_the_next_request_and_so_does_its_end(store: RouteStore) -> None:
    """Set by another process: there is nothing to be told."""
    ways = following(store, Arms({"words": Words()}))
    elsewhere = RouteStore(store.root)
    assert said(ways, "it sticks")[0].label == "no_fault"
    elsewhere.follow(BY_RAG)
    (found,) = said(ways, "it sticks")
    assert (found.label, found.engine, found.model_version) == ("valve_stuck", "rag", "r0001")
    assert ways.current("error_code").route is Route.RAG
    elsewhere.reset("error_code")
    assert said(ways, "it sticks")[0].engine == "classifier"


def test_a_route_is_made_ready_once(store: RouteStore) -> None:
    """Not at every request; and with what it learnt when it was measured."""
    words = Words()
    ways = following(store, Arms({"words": words}))
    store.follow(BY_RAG)
    for _ in range(3):
        said(ways, "it sticks")
    assert words.learnt == [KNOWN]


def test_an_arm_learns_as_many_examples_as_when_it_was_measured(store: RouteStore) -> None:
    """Else it would not be what was measured."""
    words = Words()
    more = replace(KNOWN, examples=(*KNOWN.examples, Item("it sticks too", label="valve_stuck")))
    for per_class in (0, 1, None):
        member = replace(BY_WORDS, per_class=per_class)
        store.follow(replace(BY_RAG, members=(member,), known=more))
        said(following(store, Arms({"words": words})), "it sticks")
    assert [len(known.examples) for known in words.learnt] == [0, 2, 3]


def test_a_cascade_asks_the_model_in_use_where_the_first_abstains(store: RouteStore) -> None:
    """Each diagnosis says who gave it, and in full."""
    ways = following(store, Arms({"words": Words()}))
    store.follow(BY_BOTH)
    first, then = said(ways, "it sticks", "it whines")
    assert (first.label, first.engine, first.model_version) == ("valve_stuck", "rag", "r0001")
    assert (then.label, then.engine, then.model_version) == ("pump_worn", "classifier", "fake-1")
    assert then.reason == "First: no word is known"
    assert then.alternatives[0].label == "pump_worn"


def test_while_a_route_is_made_ready_the_others_are_served_as_before(store: RouteStore) -> None:
    """Nobody who can be served waits for an encoder."""
    gate = threading.Event()
    words = Words(gate=gate)
    ways = following(store, Arms({"words": words}))
    store.follow(BY_RAG)
    told: list[Diagnosis] = []
    first = threading.Thread(target=lambda: told.extend(said(ways, "it sticks")))
    first.start()
    assert words.begun.wait(60)
    assert said(ways, "it sticks")[0].engine == "classifier"
    gate.set()
    first.join(60)
    assert told[0].engine == "rag"
    assert said(ways, "it sticks")[0].engine == "rag"


def test_where_nothing_was_before_the_others_wait(store: RouteStore) -> None:
    """There is nothing else to serve them by; it is made ready once for all of them."""
    gate, words = threading.Event(), Words()
    words.gate = gate
    ways = following(store, Arms({"words": words}), shelf=FakeShelf())
    store.follow(BY_RAG)
    told: list[Diagnosis] = []
    threads = [
        threading.Thread(target=lambda: told.extend(said(ways, "it sticks"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(60)
    assert [one.engine for one in told] == ["rag"] * 4
    assert len(words.learnt) == 1


def test_a_torn_route_leaves_the_one_before_in_place_and_says_so(
    store: RouteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once in the log, and in every answer's surroundings."""
    ways = following(store, Arms({"words": Words()}))
    store.follow(BY_RAG)
    said(ways, "it sticks")
    store.follow(BY_BOTH)
    (store.root / "error_code" / "r0002.route").write_bytes(b"torn")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            answering = ways.current("error_code")
            assert (answering.revision, answering.route) == ("r0001", Route.RAG)
            assert "is not followed" in answering.trouble
            assert "andon routes reset error_code" in answering.trouble
    assert len([one for one in caplog.records if one.message == "route refused"]) == 1
    assert "error_code" in ways.troubles()


def test_after_a_restart_a_torn_route_leaves_the_classifier(store: RouteStore) -> None:
    """And without a classifier it is a fault that says what to do."""
    store.follow(BY_RAG)
    (store.root / "error_code" / "r0001.route").write_bytes(b"torn")
    answering = following(store, Arms({})).current("error_code")
    assert (answering.route, answering.revision) == (Route.FINETUNE, "")
    assert "is not followed" in answering.trouble
    with pytest.raises(SettingsFault, match="andon routes reset error_code"):
        following(store, Arms({}), shelf=FakeShelf()).current("error_code")


def test_a_route_that_was_mended_is_tried_again_after_a_while(store: RouteStore) -> None:
    """Put back from a backup, for instance; not tried at every request meanwhile."""
    now = [0.0]
    arms = Arms({"words": Words()})
    ways = Following(store, FakeShelf(FakeClassifier({})), arms, clock=lambda: now[0])
    store.follow(BY_RAG)
    path = store.root / "error_code" / "r0001.route"
    whole = path.read_bytes()
    path.write_bytes(b"torn")
    assert ways.current("error_code").trouble
    path.write_bytes(whole)
    assert ways.current("error_code").trouble
    now[0] = RETRY_S
    assert ways.current("error_code").trouble == ""
    assert ways.current("error_code").route is Route.RAG


def test_an_unreadable_pointer_leaves_what_was_followed(store: RouteStore) -> None:
    """Bytes that are no text are no reason to answer otherwise."""
    ways = following(store, Arms({"words": Words()}))
    store.follow(BY_RAG)
    said(ways, "it sticks")
    (store.root / "error_code" / "current").write_bytes(b"\xff\xfe")
    answering = ways.current("error_code")
    assert answering.route is Route.RAG
    assert "cannot be read" in answering.trouble


def test_without_the_language_model_that_was_measured_the_classifier_answers(
    store: RouteStore,
) -> None:
    """A prompt route on a service where no model is set."""
    store.follow(BY_PROMPT)
    answering = following(store, Arms({})).current("error_code")
    assert answering.route is Route.FINETUNE
    assert "No language model is set" in answering.trouble


def test_a_cascade_whose_first_cannot_be_made_ready_is_answered_by_its_second(
    store: RouteStore,
) -> None:
    """And every reply says that the first could not be asked."""
    store.follow(BY_BOTH)
    ways = following(store, Arms({"words": Words(fault=DataFault("No examples."))}))
    answering = ways.current("error_code")
    assert answering.trouble == "rag/words cannot be asked: No examples."
    (found,) = said(ways, "it whines")
    assert found.label == "pump_worn"
    assert found.reason == "First: rag/words cannot be asked: No examples."


def test_a_cascade_without_a_model_in_use_is_answered_by_its_first(store: RouteStore) -> None:
    """What that abstains on stays open, with both reasons."""
    store.follow(BY_BOTH)
    ways = following(store, Arms({"words": Words(guess="no_fault")}), shelf=FakeShelf())
    assert "no model of task error_code" in ways.current("error_code").trouble
    answered, passed = said(ways, "it sticks", "it whines")
    assert answered.label == "valve_stuck"
    assert (passed.label, passed.likeliest, passed.engine) == (None, "no_fault", "rag")
    assert "no model of task error_code" in passed.reason


def test_another_model_than_the_one_that_was_measured_is_named(store: RouteStore) -> None:
    """The figures of the report are no longer those of what answers."""
    store.follow(BY_RAG)
    ways = following(store, Arms({"words": Words(model="other words")}))
    trouble = "rag/words was measured with words; other words answers."
    assert ways.current("error_code").trouble == trouble
    assert ways.troubles() == {"error_code": trouble}


def test_the_model_that_answers_changes_with_the_shelf_at_once(store: RouteStore) -> None:
    """A promotion needs no new route."""
    model = FakeClassifier({"whin": "pump_worn"})
    ways = following(store, Arms({"words": Words()}), shelf=FakeShelf(model))
    store.follow(BY_BOTH)
    assert said(ways, "it whines")[0].model_version == "fake-1"
    model.version = "fake-2"
    assert said(ways, "it whines")[0].model_version == "fake-2"


def test_a_route_to_the_classifier_needs_nothing_of_its_own(store: RouteStore) -> None:
    """It is the shelf, under a revision that says who wanted it."""
    store.follow(replace(BY_RAG, route=Route.FINETUNE, members=(TRAINED,), known=None))
    answering = following(store, Arms({})).current("error_code")
    assert (answering.route, answering.revision) == (Route.FINETUNE, "r0001")
    assert answering.answers.version == "fake-1"


def test_tasks_that_only_a_route_answers_are_tasks(store: RouteStore) -> None:
    """With their labels; those whose route is torn are not."""
    mine = replace(KNOWN, task=replace(TASK, name="mine"))
    store.follow(replace(BY_RAG, task="mine", known=mine))
    store.follow(replace(BY_RAG, task="torn"))
    (store.root / "torn" / "r0001.route").write_bytes(b"torn")
    ways = following(store, Arms({"words": Words()}))
    assert {task.name: version for task, version in ways.tasks()} == {
        "error_code": "fake-1",
        "mine": None,
    }
    assert set(ways.troubles()) == {"mine", "torn"}


def test_names_that_nobody_set_a_route_for_take_no_room(store: RouteStore) -> None:
    """Whoever asks for a million tasks must not fill the memory."""
    ways = following(store, Arms({}))
    for name in ("a", "b", "../c"):
        with pytest.raises(NotKnown):
            ways.current(name)
    assert ways._places == {}
