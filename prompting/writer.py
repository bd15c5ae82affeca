"""The port to whoever writes a summary, and what passes through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ingest.vocabulary import Evidence, Statement


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a writer is asked: the filled prompt, the schema of the reply, the evidence."""

    system: str
    user: str
    schema: Mapping[str, Any]
    evidence: tuple[Evidence, ...]
    """Those that may be cited, first onset first."""
    scope: str
    language: str
    statements: int
    """Most sentences."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a draft took."""

    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A summary with its slots still open; nothing in it is trusted yet."""

    headline: Statement
    statements: tuple[Statement, ...]
    usage: Usage = Usage()


class Writer(Protocol):
    """Writes a draft."""

    @property
    def engine(self) -> str:
        """`deterministic` or `openai-compatible`."""

    @property
    def model(self) -> str:
        """Name of the model, empty without one."""

    def write(self, assignment: Assignment) -> Draft:
        """A draft over the evidence of the assignment.

        Raises:
            ModelFault: No usable draft within the writer's deadline.
        """
