"""What a model was found to do when it was probed, and the file that keeps it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

log = logging.getLogger(__name__)

FILE = "model.json"
Form = Literal[
    "json_schema", "structured_outputs", "json_object+schema", "json_object", "format", "mask", ""
]
"""How an engine is asked for a schema; empty: in words alone."""
Constrains = Literal["schema", "json", "none"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model stands behind a name."""

    digest: str
    """Changes when the model does; empty: the server does not know the name."""
    context_tokens: int | None = None
    """As the server states it."""
    others: tuple[str, ...] = ()
    """The names that it does know, where it does not know ours."""

    @classmethod
    def of(cls, steady: Mapping[str, Any], context_tokens: int | None) -> Self:
        """By the digest of what does not change while the model is the same."""
        words = json.dumps(steady, sort_keys=True, default=str)
        return cls(hashlib.sha256(words.encode()).hexdigest()[:16], context_tokens)


class Capabilities(BaseModel):
    """What one model behind one engine can do, proved by asking it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    engine: str
    place: str
    """URL of the server, or the directory of the model."""
    model: str
    digest: str
    """Of the model as its server lists it."""
    wanted_tokens: int
    """The context that was asked for; another one asks for another probe."""
    constrains: Constrains
    form: Form
    """The form that constrains best."""
    ranges: bool
    """Whether the bounds of a number hold as well."""
    context_tokens: int | None = Field(default=None, ge=1)
    """Prompt and reply that it really takes; None: not known."""
    context_proof: Literal["needle", "counts", "stated", "none"] = "none"
    """By what: words at the start of a long prompt were found, or all of it was counted."""
    counts_tokens: bool
    tokens_a_piece: float | None = None
    """Tokens to a piece of our own count."""
    streams: bool
    probed_at: AwareDatetime
    seconds: float
    requests: int
    tokens: int
    """Cost of the probe."""

    @property
    def short(self) -> bool:
        """Whether it takes less than is wanted."""
        return self.context_tokens is not None and self.context_tokens < self.wanted_tokens

    @property
    def words(self) -> str:
        """For an engineer, in a line."""
        return "; ".join([self._constraint, self._context, *self._others])

    @property
    def _constraint(self) -> str:
        checked = "every reply is checked and repaired on our side"
        if self.constrains == "schema":
            return f"keeps to the schema (by {self.form})"
        if self.constrains == "json":
            return f"keeps to JSON but ignores the schema: {checked}"
        return f"ignores the schema: {checked}"

    @property
    def _context(self) -> str:
        if self.context_tokens is None:
            return f"whether it reads {self.wanted_tokens:,} tokens is not known"
        proofs = {"needle": "", "counts": " by its own count", "stated": " as it states"}
        words = f"context {self.context_tokens:,} tokens{proofs.get(self.context_proof, '')}"
        return f"{words}, {self.wanted_tokens:,} wanted" if self.short else words

    @property
    def _others(self) -> list[str]:
        found = [] if self.streams else ["does not stream"]
        found += [] if self.counts_tokens else ["counts no tokens: ours are estimates"]
        if self.constrains == "schema" and not self.ranges:
            found.append("ignores the bounds of numbers")
        return found


def kept(home: Path) -> Capabilities | None:
    """What the last probe found; None without one, or where its file is broken."""
    path = home / FILE
    try:
        return Capabilities.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as fault:
        log.warning(
            "probe is not readable", extra={"file": path.name, "fault": type(fault).__name__}
        )
        return None


def keep(home: Path, found: Capabilities) -> None:
    """Write it down, as a whole or not at all; a full disk is no reason to stop."""
    if not home.is_dir():
        return  # nobody keeps anything yet
    draft = home / f"{FILE}.{os.getpid()}.part"
    try:
        draft.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(home / FILE)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        log.warning("probe is not kept", extra={"file": FILE, "fault": str(fault)})
