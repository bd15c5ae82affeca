"""The requests of one question: one deadline, tries past faults that may pass, a breaker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from prompting.breaker import Breaker, BreakerOpen, BreakerState
from prompting.listening import HungUp, Listener
from prompting.model import EngineFault, Model, PassingFault, Reply, Request, Turn
from prompting.settings import PromptingSettings

PAUSE_S = 0.2
"""Before the second try; doubled for each further one."""
LONGEST_PAUSE_S = 5.0
LEAST_S = 0.05
"""With less time left nothing is sent."""


class Ended(Exception):
    """The question ends without a reply."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Course:
    """What one question has taken so far, and how long it still may."""

    def __init__(self, settings: PromptingSettings, listener: Listener) -> None:
        self.settings = settings
        self.listener = listener
        self.begun = time.monotonic()
        self.deadline = self.begun + settings.llm_deadline_s
        self.tokens_in = 0
        self.tokens_out = 0
        self.tries = 0
        self.faults = 0
        self.repairs = 0
        self.cached = False
        self._heard = False

    @property
    def remaining_s(self) -> float:
        """Until the deadline."""
        return self.deadline - time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the question was asked."""
        return time.monotonic() - self.begun

    def begin(self) -> None:
        """Another request; what was heard of the one before is void."""
        self.tries += 1
        if self._heard:
            self.listener.again()
        self._heard = False

    def hear(self, text: str) -> None:
        """A piece of a reply."""
        self._heard = True
        self.listener.heard(text)

    def took(self, reply: Reply) -> None:
        """Add a reply to the account."""
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out


class Requests:
    """Sends to one model."""

    def __init__(self, model: Model, breaker: Breaker, course: Course) -> None:
        self._model = model
        self._breaker = breaker
        self._course = course

    def reply(
        self, turns: tuple[Turn, ...], schema: Mapping[str, Any], *, max_tokens: int
    ) -> Reply:
        """The first reply that comes.

        Raises:
            Ended: None came.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(PassingFault),
            wait=self._pause,
            stop=self._stops,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, turns, schema, max_tokens)
        except BreakerOpen as fault:
            raise Ended(f"The model is {fault}.", "breaker") from fault
        except HungUp as fault:
            raise Ended("Nobody waits for the reply.", "stopped") from fault
        except EngineFault as fault:
            raise Ended(str(fault), fault.reason) from fault

    def _attempt(
        self, turns: tuple[Turn, ...], schema: Mapping[str, Any], max_tokens: int
    ) -> Reply:
        course = self._course
        course.listener.check()
        if course.remaining_s < LEAST_S:
            limit = course.settings.llm_deadline_s
            raise EngineFault(f"No usable reply within {limit:g} s.", "slow")
        with self._breaker.attempt():
            course.begin()
            reply = self._model.complete(
                Request(
                    turns=turns,
                    schema=schema,
                    max_tokens=max_tokens,
                    deadline=course.deadline,
                    first_token_s=min(course.settings.llm_first_token_s, course.remaining_s),
                    on_text=course.hear,
                    stop=course.listener.gone,
                )
            )
        course.took(reply)
        return reply

    def _pause(self, state: RetryCallState) -> float:
        """Longer each time, and at least as long as the server asked for."""
        backoff: float = _BACKOFF(state)
        return max(backoff, _asked_pause(state))

    def _stops(self, state: RetryCallState) -> bool:
        """After too many faults, or where the pause would outlast the deadline."""
        course = self._course
        course.faults += 1
        if state.upcoming_sleep + LEAST_S >= course.remaining_s:
            if asked := _asked_pause(state):
                self._breaker.hold(asked)
            return True
        left_alone = self._breaker.state is not BreakerState.CLOSED
        return left_alone or course.faults >= course.settings.llm_tries

    def _sleep(self, seconds: float) -> None:
        self._course.listener.gone.wait(seconds)


_BACKOFF = wait_exponential_jitter(multiplier=PAUSE_S, max=LONGEST_PAUSE_S, jitter=PAUSE_S)


def _asked_pause(state: RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    return fault.retry_after_s if isinstance(fault, PassingFault) else 0.0
