"""The port to a language model: one attempt at one reply, read as it comes, ended by one instant.

ModelFault
└── EngineFault       this attempt failed, and why in one word
    └── PassingFault  the same request may work a little later
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ingest.errors import ModelFault

Role = Literal["system", "user", "assistant"]
Reason = Literal[
    "away", "silent", "slow", "busy", "failed", "refused", "garbled", "huge", "cut", "stopped"
]
"""`away`: no connection; `silent`: no first piece in time; `slow`: not whole at the deadline;
`busy`: asked to come back later; `failed`: an error of the server; `refused`: an error of ours;
`garbled`: no reply of this protocol; `huge`: longer than anything asked for; `cut`: the server
dropped part of the prompt; `stopped`: whoever asked is gone."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    turns: tuple[Turn, ...]
    schema: Mapping[str, Any]
    """JSON schema of the reply; an engine asks for it and promises nothing."""
    max_tokens: int
    deadline: float
    """`time.monotonic()` by which the reply must be whole."""
    first_token_s: float
    """Longest silence before the first piece of the reply."""
    on_text: Callable[[str], None] | None = None
    """Called with each piece as it comes; what it raises ends the attempt."""
    stop: threading.Event | None = None
    """Once set, the attempt ends within a second and the connection is closed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said; nothing in it is checked yet."""

    text: str
    finish: Literal["stop", "length"]
    tokens_in: int
    tokens_out: int
    streamed: bool = True
    """Whether it came in pieces."""
    counted: bool = True
    """Whether the counts are the engine's; else they are our estimates."""


class Model(Protocol):
    """A model behind some engine: no retry, no repair, blocking, usable from several threads."""

    @property
    def engine(self) -> str:
        """`openai-compatible`, `ollama` or `transformers`."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def digest(self) -> str:
        """Changes when another model stands behind the name; empty: not known."""

    @property
    def context_tokens(self) -> int | None:
        """Prompt and reply that it can really take; None: not known."""

    def count(self, text: str) -> int:
        """Tokens of a text: exact, or a careful estimate that rather errs upwards."""

    def complete(self, request: Request) -> Reply:
        """One attempt.

        Raises:
            PassingFault: Worth another try.
            EngineFault: Not worth one.
        """

    def close(self) -> None:
        """Let go of connections and memory; a second time does nothing."""


class EngineFault(ModelFault):
    """An attempt that failed."""

    def __init__(self, message: str, reason: Reason, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason: Reason = reason


class PassingFault(EngineFault):
    """An attempt that failed in a way that may pass."""

    def __init__(
        self, message: str, reason: Reason, *, remedy: str = "", retry_after_s: float = 0.0
    ) -> None:
        super().__init__(message, reason, remedy=remedy)
        self.retry_after_s = retry_after_s
        """The server asked for this long a pause; 0: it did not."""
