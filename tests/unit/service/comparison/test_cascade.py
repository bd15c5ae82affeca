"""Two answerers as one: who is asked what, and what their replies come to together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.errors import ModelFault
from service.comparison.cascade import Cascade
from service.comparison.nouns import Item, Reply

PUMP, VALVE, NOISE = Item("pump whines"), Item("valve stuck"), Item("zzz")


@dataclass
class Told:
    """Says what it is told to by text, and remembers what it was asked."""

    replies: dict[str, Reply]
    asked: list[str] = field(default_factory=list)

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """By text; otherwise it abstains."""
        self.asked += [item.text for item in items]
        return [self.replies.get(item.text, Reply(None, reason="no idea")) for item in items]


class Away:
    """Breaks its promise: it raises."""

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """Never."""
        raise ModelFault("The model server is away.", remedy="Start it.")


def sure(label: str, *, tokens: int = 0, cost: float = 0.0) -> Reply:
    return Reply(label, 0.9, label, tokens, tokens, cost, reason=f"it is {label}")


def test_the_second_is_asked_only_where_the_first_abstains() -> None:
    """Order is kept and no item that was answered costs anything more."""
    first, then = Told({"pump whines": sure("pump")}), Told({"valve stuck": sure("valve")})
    replies = Cascade(first, then).answer([VALVE, PUMP, NOISE, PUMP])
    assert [reply.label for reply in replies] == ["valve", "pump", None, "pump"]
    assert then.asked == ["valve stuck", "zzz"]


def test_the_second_is_left_alone_where_the_first_answers_all() -> None:
    """No empty question reaches a dear answerer."""
    then = Told({})
    assert Cascade(Told({"pump whines": sure("pump")}), then).answer([PUMP])[0].label == "pump"
    assert then.asked == []


def test_a_reply_costs_what_both_took() -> None:
    """The first was asked too, and said nothing for its tokens."""
    first = Told({"valve stuck": Reply(None, 0.3, "pump", 10, 1, 0.5, reason="unsure")})
    then = Told({"valve stuck": sure("valve", tokens=100, cost=2.0)})
    (reply,) = Cascade(first, then).answer([VALVE])
    assert (reply.tokens_in, reply.tokens_out, reply.cost) == (110, 101, 2.5)
    assert (reply.label, reply.likeliest, reply.confidence) == ("valve", "valve", 0.9)
    assert reply.reason == "it is valve First: unsure"


def test_where_both_abstain_the_likeliest_is_that_of_the_second_if_it_has_one() -> None:
    """An abstention with a guess still counts as a guess."""
    guess = Told({"zzz": Reply(None, 0.3, "pump", reason="unsure")})
    other = Told({"zzz": Reply(None, 0.4, "valve", reason="not sure")})
    (reply,) = Cascade(guess, other).answer([NOISE])
    assert (reply.label, reply.likeliest, reply.confidence) == (None, "valve", 0.4)
    (reply,) = Cascade(guess, Told({})).answer([NOISE])
    assert (reply.label, reply.likeliest, reply.confidence) == (None, "pump", 0.3)


def test_a_first_that_fails_is_passed_over_and_the_reply_says_so() -> None:
    """The dear one answers everything while the cheap one is away."""
    (reply,) = Cascade(Away(), Told({"pump whines": sure("pump")})).answer([PUMP])
    assert (reply.label, reply.failed) == ("pump", False)
    assert reply.reason == "it is pump First: The model server is away. Start it."


def test_a_second_that_fails_leaves_the_answers_of_the_first() -> None:
    """Only what the first passed on is abstained on, with its guess and both reasons."""
    first = Told({"pump whines": sure("pump"), "zzz": Reply(None, 0.3, "pump", reason="unsure")})
    answered, passed = Cascade(first, Away()).answer([PUMP, NOISE])
    assert answered.label == "pump"
    assert (passed.label, passed.likeliest, passed.failed) == (None, "pump", True)
    assert passed.reason == "The model server is away. Start it. First: unsure"


def test_the_steps_tell_who_answered() -> None:
    """The share that the first answered is told from them."""
    first, then = Told({"pump whines": sure("pump")}), Told({"valve stuck": sure("valve")})
    steps = Cascade(first, then).steps([PUMP, VALVE])
    assert [step.then is None for step in steps] == [True, False]
    assert [step.by_first for step in steps] == [True, False]


def test_where_only_the_first_has_a_guess_the_word_is_its_own() -> None:
    """Also when the second was asked."""
    guess = Told({"zzz": Reply(None, 0.3, "pump", reason="unsure")})
    (step,) = Cascade(guess, Told({})).steps([NOISE])
    assert step.by_first
