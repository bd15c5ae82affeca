"""Everything between a question and a checked reply of a model.

Budget, redaction, cache, circuit breaker, tries within one deadline, at most one repair, account.
A question that ends without a reply ends with a reason of one word, for a label.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from ingest.errors import ModelFault
from ingest.vocabulary import Account
from prompting.asking_tries import Course, Ended, Requests
from prompting.breaker import Breaker
from prompting.listening import Listener
from prompting.model import Model, Turn
from prompting.prices import cost_of, price_of
from prompting.question import Answered, Observer, Question, T, Unanswered, Unobserved
from prompting.redaction import Masks, Redaction
from prompting.replies import ReplyFault, parsed, sendable
from prompting.reply_cache import ReplyCache
from prompting.settings import PromptingSettings

log = logging.getLogger(__name__)

MOST_SMALLER = 2
"""How often a reply that was cut off is asked for again over less."""
TURN_TOKENS = 8
"""What the form of a conversation takes for each message, at most."""
REPLY_SHARE = 0.4
"""Of what a model takes: no reply is given more room, however long it may be."""
REPEATED_CHARACTERS = (6_000, 600)
"""Of a reply that is sent back to be repaired; the fewer where the model takes no more."""
REPAIR = "Reply again, with the JSON alone."


class _CutOff(Ended):
    """The reply ended at its longest length."""


@dataclass(frozen=True, slots=True)
class _Sent(Generic[T]):
    """A question as it leaves the machine."""

    question: Question[T]
    turns: tuple[Turn, ...]
    masks: Masks
    max_tokens: int
    tokens: int
    """Of the prompt and the schema, by the model's own count."""

    def read(self, reply: str) -> T:
        """The reply checked, and its words put back."""
        question = self.question
        found = parsed(reply, question.schema)
        try:
            return question.read(self.masks.restore(found, question.quoted))
        except ReplyFault:
            raise
        except ModelFault as fault:
            raise ReplyFault(str(fault)) from fault


class Asker:
    """Asks one model; usable from any number of threads."""

    def __init__(
        self,
        model: Model,
        settings: PromptingSettings,
        *,
        cache: ReplyCache | None = None,
        redaction: Redaction | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.model = model
        self.observer: Observer = observer or Unobserved()
        self.breaker = Breaker(settings.llm_breaker_failures, settings.llm_breaker_rest_s)
        self._settings = settings
        self._cache = cache
        self._redaction = redaction or Redaction()

    @property
    def priced(self) -> bool:
        """Whether the price table has the model; else its tokens are counted as free."""
        return price_of(self._settings.llm_prices, self.model.model) is not None

    def masks(self) -> Masks:
        """For a question that masks the words of people field by field."""
        return self._redaction.masks()

    def close(self) -> None:
        """Let go of the model."""
        self.model.close()

    def ask(self, question: Question[T], *, listener: Listener | None = None) -> Answered[T]:
        """A reply that follows the schema and could be read.

        Raises:
            Unanswered: There is none within the deadline, and why.
        """
        course = Course(self._settings, listener or Listener())
        try:
            value = self._answer(question, course)
        except Ended as end:
            raise Unanswered(str(end), end.reason, self._booked(course, end.reason)) from end
        account = self._booked(course, "cached" if course.cached else "answered")
        return Answered(value, account, self.model.engine, self.model.model)

    def _answer(self, question: Question[T], course: Course) -> T:
        """The first reply that is whole, over less each time that one was cut off."""
        for _ in range(MOST_SMALLER):
            sent = self._fitting(question)
            try:
                return self._reply(sent, course)
            except _CutOff:
                smaller = sent.question.smaller()
                if smaller is None:
                    raise
                question = smaller
        return self._reply(self._fitting(question), course)

    def _fitting(self, question: Question[T]) -> _Sent[T]:
        """The question, or the same over less, so that prompt and reply fit the model."""
        sent = self._sent(question)
        limit = self._limit()
        while sent.tokens + sent.max_tokens > limit:
            smaller = sent.question.smaller()
            if smaller is None:
                raise Ended(
                    f"The prompt takes {sent.tokens} tokens and the reply up to {sent.max_tokens}, "
                    f"but the model only {limit} together.",
                    "budget",
                )
            sent = self._sent(smaller)
        return sent

    def _sent(self, question: Question[T]) -> _Sent[T]:
        masks, user = question.masks, question.user
        if masks is None:
            masks = self._redaction.masks()
            user = masks.hide(user, keep=frozenset(_closed(question.schema)))
        turns = (Turn("system", sendable(question.system)), Turn("user", sendable(user)))
        wanted = question.max_tokens or self._settings.llm_max_tokens
        share = int(self._limit() * REPLY_SHARE)
        longest = min(wanted, self._settings.llm_max_tokens, share)
        form = self.model.count(json.dumps(question.schema))
        return _Sent(question, turns, masks, longest, self._tokens(turns) + form)

    def _tokens(self, turns: Collection[Turn]) -> int:
        return sum(self.model.count(turn.text) + TURN_TOKENS for turn in turns)

    def _reply(self, sent: _Sent[T], course: Course) -> T:
        """From the cache, else from the model, and then kept."""
        key = self._key(sent)
        kept = self._cache.get(key) if self._cache else None
        if kept is not None:
            try:
                value = sent.read(kept)
            except ReplyFault:
                log.info("cached reply dropped", extra={"prompt": sent.question.prompt})
            else:
                course.cached = True
                return value
        value, text = self._from_model(sent, course)
        if self._cache:
            self._cache.put(key, text)
        return value

    def _from_model(self, sent: _Sent[T], course: Course) -> tuple[T, str]:
        """A reply that can be read, repaired once at most."""
        requests = Requests(self.model, self.breaker, course)
        turns = sent.turns
        while True:
            reply = requests.reply(turns, sent.question.schema, max_tokens=sent.max_tokens)
            try:
                return sent.read(reply.text), reply.text
            except ReplyFault as fault:
                if reply.finish == "length":
                    raise _CutOff(
                        "The reply was cut off at the longest length allowed.", "length"
                    ) from fault
                again = self._repairing(sent, reply.text, fault)
                if course.repairs or again is None:
                    raise Ended(str(fault), "schema") from fault
                turns = again
                course.repairs += 1
                log.info("reply repaired", extra={"model": self.model.model, "reason": str(fault)})

    def _repairing(self, sent: _Sent[T], reply: str, fault: ReplyFault) -> tuple[Turn, ...] | None:
        """The turns with the reply, as much of it as there is room for, and what is wrong."""
        told = Turn("user", f"{sendable(fault.detail)} {REPAIR}")
        for length in REPEATED_CHARACTERS:
            more = (Turn("assistant", sendable(reply[:length])), told)
            if sent.tokens + self._tokens(more) + sent.max_tokens <= self._limit():
                return (*sent.turns, *more)
        return None

    def _limit(self) -> int:
        """Tokens of prompt and reply together that the model takes, or is believed to."""
        return self.model.context_tokens or self._settings.llm_context_tokens

    def _key(self, sent: _Sent[T]) -> str:
        """Everything that a reply depends on."""
        shown = [(turn.role, turn.text) for turn in sent.turns]
        model = (self.model.engine, self.model.model, self.model.digest)
        given = (self._settings.llm_temperature, sent.max_tokens)
        parts = (sent.question.prompt, shown, sent.question.schema, model, given)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _booked(self, course: Course, outcome: str) -> Account:
        name = self.model.model
        account = Account(
            tokens_in=course.tokens_in,
            tokens_out=course.tokens_out,
            seconds=round(course.seconds, 3),
            tries=course.tries,
            repairs=course.repairs,
            cost=cost_of(
                self._settings.llm_prices,
                name,
                tokens_in=course.tokens_in,
                tokens_out=course.tokens_out,
            ),
            cached=course.cached,
        )
        self.observer.asked(self.model.engine, name, outcome=outcome, account=account)
        level = logging.INFO if outcome in ("answered", "cached") else logging.WARNING
        words = {"tries": account.tries, "seconds": account.seconds, "cost": account.cost}
        log.log(level, "model asked", extra={"model": name, "outcome": outcome, **words})
        return account


def _closed(schema: Any) -> Iterator[str]:
    """The words that a reply may choose from: our own, such as ids."""
    if isinstance(schema, Mapping):
        for name, inner in schema.items():
            if name == "enum":
                yield from (word for word in inner if isinstance(word, str))
            else:
                yield from _closed(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _closed(inner)
