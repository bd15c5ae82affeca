"""What is asked of a model, what comes back, and whoever keeps the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ingest.errors import ModelFault
from ingest.vocabulary import Account
from prompting.redaction import Masks

T = TypeVar("T")


def no_less() -> None:
    """A question that cannot be asked over less."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A filled prompt, and how to read the reply."""

    prompt: str
    """Reference of the prompt, with its hash."""
    system: str
    user: str
    schema: Mapping[str, Any]
    read: Callable[[Any], T]
    """From JSON that follows the schema; ModelFault when it cannot be used all the same."""
    smaller: Callable[[], Question[T] | None] = no_less
    """The same question over less, if it can be asked so."""
    max_tokens: int | None = None
    """Longest reply; None: as the settings say."""
    quoted: frozenset[str] = frozenset()
    """Properties of the reply that repeat words of people: hidden words are put back there."""
    masks: Masks | None = None
    """Those by which the prompt was filled; None: the whole user message is to be masked."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What a model said, checked, and what it took."""

    value: T
    account: Account
    engine: str
    model: str


class Unanswered(ModelFault):
    """No usable reply."""

    def __init__(self, message: str, reason: str, account: Account) -> None:
        super().__init__(message)
        self.reason = reason
        """One word: a reason of the engine (away, silent, slow, busy, failed, refused, garbled,
        huge, cut, stopped), or schema, length, budget, breaker."""
        self.account = account


class Observer(Protocol):
    """Whoever keeps figures; called from many threads."""

    def asked(self, engine: str, model: str, *, outcome: str, account: Account) -> None:
        """A question ended: `answered`, `cached` or the reason why not."""

    def fell_back(self, reason: str) -> None:
        """A text was written by rule because the model did not."""

    def replaced(self, engine: str, model: str, *, sentences: int) -> None:
        """Sentences of a model failed their check and were replaced."""


class Unobserved:
    """Keeps no figures."""

    def asked(self, engine: str, model: str, *, outcome: str, account: Account) -> None:
        """Nothing is kept."""

    def fell_back(self, reason: str) -> None:
        """Nothing is kept."""

    def replaced(self, engine: str, model: str, *, sentences: int) -> None:
        """Nothing is kept."""
