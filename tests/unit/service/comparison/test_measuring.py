"""One arm set up and asked: one at a time, without the right answers, and given up when mute."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.errors import DataFault, ModelFault
from service.comparison.cost import cost_per_1000, one_off_cost
from service.comparison.measuring import ask, attempt, set_up
from service.comparison.nouns import Approach, Item, Known, Prices, Reply
from tests.unit.service.comparison.fake_arms import TASK, FakeArm, items, right


class Batches:
    """Notes how many items came in each call."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        self.sizes.append(len(items))
        return [right(item) for item in items]


def mute(item: Item) -> Reply:
    """What an arm says whose model is away."""
    return Reply(None, reason="The model server cannot be reached.", failed=True)


def test_the_first_items_are_asked_one_at_a_time_and_none_twice() -> None:
    """Latency is of one item alone; what is beyond it goes together."""
    batches = Batches()
    found = ask(batches, items(20), alone=7)
    assert batches.sizes == [1] * 7 + [13]
    assert [reply.label for reply in found.replies] == [item.label for item in items(20)]
    assert found.alone == 7
    assert 0 < found.p50_ms <= found.p95_ms


def test_nobody_sees_the_right_answers() -> None:
    """Neither when set up nor when asked."""
    arm = FakeArm(Approach.PROMPT, "curious")
    standing = set_up(arm, Known(TASK), items(1)[0])
    ask(standing.answerer, items(5))
    assert len(arm.asked) == 6
    assert {item.label for item in arm.asked} == {""}
    assert {item.group for item in arm.asked} == {""}


def test_a_model_that_is_away_is_given_up_soon() -> None:
    """Each try costs a deadline; its figures would say nothing about the arm."""
    arm = FakeArm(Approach.PROMPT, "away", mute)
    with pytest.raises(ModelFault, match="cannot be reached"):
        ask(arm.ready(Known(TASK)), items(200))
    assert len(arm.asked) <= 10


def test_a_model_that_misses_one_in_a_hundred_is_measured() -> None:
    """Those count as wrong."""
    arm = FakeArm(
        Approach.PROMPT, "hiccup", lambda item: mute(item) if " 9" in item.text else right(item)
    )
    found = ask(arm.ready(Known(TASK)), items(90))
    assert sum(reply.failed for reply in found.replies) == 1


def test_a_model_that_misses_one_in_ten_is_no_ground_for_figures() -> None:
    """Whatever the others say."""
    arm = FakeArm(
        Approach.PROMPT, "patchy", lambda item: mute(item) if item.text[-1] == "9" else right(item)
    )
    with pytest.raises(ModelFault, match="11 of 110 that were asked"):
        ask(arm.ready(Known(TASK)), items(200))


def test_one_item_that_fails_alone_is_a_fault_too() -> None:
    """A test of one row."""
    with pytest.raises(ModelFault):
        ask(FakeArm(Approach.PROMPT, "away", mute).ready(Known(TASK)), items(1))


def test_whatever_an_arm_raises_becomes_words() -> None:
    """A fault of ours says what to do; any other its kind."""

    def fail(fault: Exception) -> None:
        raise fault

    assert attempt(lambda: fail(DataFault("No rows.", remedy="Label some."))) == (
        None,
        "No rows. Label some.",
    )
    assert attempt(lambda: fail(ZeroDivisionError("by zero")))[1].endswith(
        "ZeroDivisionError: by zero"
    )
    assert attempt(lambda: 3) == (3, "")


def test_what_an_arm_costs() -> None:
    """An hour of a core, tokens, and the hours of a person who labels."""
    prices = Prices(cpu_hour=0.36, labour_hour=30.0, label_minutes=2.0)
    replies = [Reply("a", cost=0.001), Reply("a", cost=0.003)]
    assert cost_per_1000(replies, 100.0, prices) == pytest.approx(2.0 + 0.01)
    assert one_off_cost(1000.0, 60, prices) == pytest.approx(60.0 + 0.1)
