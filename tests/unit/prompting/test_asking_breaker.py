"""An endpoint that keeps failing is left alone, then tried once, whoever asks at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from prompting.breaker import Breaker, BreakerOpen
from prompting.listening import HungUp
from prompting.model import EngineFault, PassingFault, Reason, Reply, Request
from prompting.question import Unanswered
from tests.unit.prompting.asked import HOT, asker, question

REST_S = 30.0


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At some instant."""
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """Opens after three faults."""
    return Breaker(3, REST_S, clock=clock)


def fail(breaker: Breaker, times: int = 1, *, reason: Reason = "away") -> None:
    for _ in range(times):
        with pytest.raises(EngineFault), breaker.attempt():
            raise EngineFault("No.", reason)


def test_it_opens_after_faults_in_a_row(breaker: Breaker) -> None:
    """A success in between begins the count anew."""
    fail(breaker, 2)
    with breaker.attempt():
        pass
    fail(breaker, 2)
    assert str(breaker.state) == "closed"
    fail(breaker)
    assert str(breaker.state) == "open"
    with pytest.raises(BreakerOpen), breaker.attempt():
        raise AssertionError


def test_one_trial_closes_it(breaker: Breaker, clock: Clock) -> None:
    """After the rest; the others are refused meanwhile."""
    fail(breaker, 3)
    clock.now += REST_S
    assert str(breaker.state) == "half-open"
    with breaker.attempt(), pytest.raises(BreakerOpen), breaker.attempt():
        raise AssertionError
    assert str(breaker.state) == "closed"


def test_a_trial_that_fails_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    """For a whole rest."""
    fail(breaker, 3)
    clock.now += REST_S
    fail(breaker)
    assert breaker.rest_s == REST_S


@pytest.mark.parametrize("fault", [HungUp(), KeyboardInterrupt(), EngineFault("x", "stopped")])
def test_a_trial_that_says_nothing_leaves_room_for_another(
    breaker: Breaker, clock: Clock, fault: BaseException
) -> None:
    """Who asked hung up; the next one may try."""
    fail(breaker, 3)
    clock.now += REST_S
    with pytest.raises(type(fault)), breaker.attempt():
        raise fault
    assert str(breaker.state) == "half-open"
    with breaker.attempt():
        pass
    assert str(breaker.state) == "closed"


def test_a_prompt_that_was_cut_is_no_fault_of_the_endpoint(breaker: Breaker) -> None:
    """It answered."""
    fail(breaker, 9, reason="cut")
    assert str(breaker.state) == "closed"


def test_a_fault_from_before_does_not_end_a_trial(breaker: Breaker, clock: Clock) -> None:
    """A request that was under way when it opened fails late."""
    late = breaker.attempt()
    late.__enter__()
    fail(breaker, 3)
    clock.now += REST_S
    fault = EngineFault("Late.", "away")
    with breaker.attempt():
        late.__exit__(EngineFault, fault, None)
        with pytest.raises(BreakerOpen), breaker.attempt():
            raise AssertionError
    assert str(breaker.state) == "closed"


def test_a_server_may_ask_for_a_longer_rest(breaker: Breaker) -> None:
    """Within reason."""
    breaker.hold(90.0)
    assert breaker.rest_s == 90.0
    breaker.hold(1e9)
    assert breaker.rest_s == 600.0


def test_among_fifty_threads_one_makes_the_trial(breaker: Breaker, clock: Clock) -> None:
    """All others are refused at once, while it is still under way."""
    fail(breaker, 3)
    clock.now += REST_S
    refused = threading.Semaphore(0)
    tried: list[int] = []

    def attempt(number: int) -> None:
        try:
            with breaker.attempt():
                tried.append(number)
                for _ in range(49):
                    assert refused.acquire(timeout=60)
        except BreakerOpen:
            refused.release()

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(attempt, range(50)))
    assert len(tried) == 1
    assert str(breaker.state) == "closed"


def test_an_open_breaker_ends_a_question_at_once() -> None:
    """Five dead requests, then none."""
    away = PassingFault("The model server cannot be reached.", "away")
    one, model = asker(away, llm_tries=5, llm_breaker_failures=2)
    reasons = []
    for _ in range(4):
        with pytest.raises(Unanswered) as fault:
            one.ask(question())
        reasons.append(fault.value.reason)
    assert (reasons, len(model.asked)) == (["away", "breaker", "breaker", "breaker"], 2)


def test_a_model_that_breaks_the_schema_is_not_away() -> None:
    """It costs time, but it answers."""
    one, _ = asker("no", llm_breaker_failures=1)
    with pytest.raises(Unanswered):
        one.ask(question())
    assert str(one.breaker.state) == "closed"


def test_fifty_askers_of_a_dead_server_send_little() -> None:
    """Who is under way when it opens ends; nobody begins."""
    gate = threading.Barrier(50, timeout=60)

    def dead(_: Request) -> Reply:
        raise PassingFault("The model server cannot be reached.", "away")

    one, model = asker(dead, llm_tries=10, llm_breaker_failures=5)

    def ask(_: int) -> str:
        gate.wait()
        with pytest.raises(Unanswered) as fault:
            one.ask(question())
        return fault.value.reason

    with ThreadPoolExecutor(50) as pool:
        reasons = set(pool.map(ask, range(50)))
    assert reasons <= {"away", "breaker"}
    assert len(model.asked) <= 54
    assert str(one.breaker.state) == "open"


def test_it_closes_when_the_server_is_back() -> None:
    """By the next question after the rest."""
    away = PassingFault("The model server cannot be reached.", "away")
    one, _ = asker(away, HOT, llm_breaker_failures=1, llm_breaker_rest_s=0.1)
    with pytest.raises(Unanswered):
        one.ask(question())
    threading.Event().wait(one.breaker.rest_s)
    assert one.ask(question()).value == {"word": "hot"}
    assert str(one.breaker.state) == "closed"
