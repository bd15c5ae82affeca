"""Finds out by asking what a model can really do: a server that answers 200 has proved nothing.

Three things are proved: whether a schema holds against a prompt that argues for something else, how
much of a long prompt is read, and what the replies carry. Each is asked with as few requests as
will do, and the whole within one deadline.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ingest.errors import ModelFault
from prompting.capabilities import Capabilities, Constrains, Form, Identity
from prompting.model import EngineFault, Model, PassingFault, Reply, Request, Turn
from prompting.models.counting import pieces

log = logging.getLogger(__name__)

IDENTITY_S = 5.0
PROBE_S = 180.0
"""Longest time for a whole probe; a slow machine reads a long prompt for a minute."""
SHORT_REPLY = 64
LOWEST, HIGHEST = 40, 45
SMALLEST_CONTEXT = 512
TOLERANCE = 0.9
"""A server that counts less than this share of a long prompt has not read it all."""
TOO_SLOW = ("slow", "silent")
TERSE = "You are a terse assistant. You answer in JSON and with nothing else."
ARGUED = (
    ("colour", "blue", ("amber", "crimson"), "What colour is a cloudless sky at noon"),
    ("animal", "dog", ("heron", "lizard"), "Which animal barks and is kept as man's best friend"),
)
NEEDLE = "KESTREL-4417"
LINES = (
    "[E{n:04}] limit_violation | warning | still so | machine press-3 | signals oil_temp | up",
    "  start 10:0{d} | end 10:3{d} | duration 28 min | peak 71.{d} °C | limit 65.0 °C | count {d}",
    "  The filter of line {d} was changed at 0{d}:15; Druck fiel von 160,{d} auf 118,4 bar.",
)


class Probed(Model, Protocol):
    """An engine that can be asked in each of its forms."""

    @property
    def place(self) -> str:
        """URL or directory."""

    @property
    def forms(self) -> tuple[Form, ...]:
        """Every way in which it can ask for a schema, the most common first."""

    def attempt(self, request: Request, form: Form) -> Reply:
        """One attempt in that form."""

    def identity(self, within_s: float) -> Identity:
        """Which model stands behind the name now."""

    def adopt(self, found: Capabilities) -> None:
        """Use what a probe has found."""


@dataclass
class _Asked:
    """What the probe has asked so far."""

    model: Probed
    deadline: float
    stop: threading.Event | None
    replies: list[Reply] = field(default_factory=list)
    requests: int = 0

    def ask(self, user: str, schema: Mapping[str, Any], form: Form) -> Reply:
        """One reply; the first piece may take as long as there is time."""
        left = max(0.0, self.deadline - time.monotonic())
        turns = (Turn("system", TERSE), Turn("user", user))
        request = Request(turns, schema, SHORT_REPLY, self.deadline, left, stop=self.stop)
        self.requests += 1
        reply = self.model.attempt(request, form)
        self.replies.append(reply)
        return reply


@dataclass(frozen=True, slots=True)
class _Held:
    """How well a form held the model."""

    constrains: Constrains
    form: Form
    ranges: bool

    @property
    def rank(self) -> int:
        """Greater is better."""
        return ("none", "json", "schema").index(self.constrains)


def probe(
    model: Probed,
    identity: Identity,
    *,
    wanted_tokens: int,
    within_s: float = PROBE_S,
    stop: threading.Event | None = None,
) -> Capabilities:
    """What this model can do.

    Args:
        identity: as the model was listed just before.
        wanted_tokens: the context that summaries need.

    Raises:
        ModelFault: The server failed or was too slow; nothing is known then.
    """
    begun = time.monotonic()
    asked = _Asked(model, begun + within_s, stop)
    held = _best(asked)
    context, proof, scale = _context(asked, held.form, identity, wanted_tokens)
    found = Capabilities(
        engine=model.engine,
        place=model.place,
        model=model.model,
        digest=identity.digest,
        wanted_tokens=wanted_tokens,
        constrains=held.constrains,
        form=held.form,
        ranges=held.ranges,
        context_tokens=context,
        context_proof=proof,
        counts_tokens=all(reply.counted for reply in asked.replies),
        tokens_a_piece=scale,
        streams=any(reply.streamed for reply in asked.replies),
        probed_at=datetime.now(UTC),
        seconds=round(time.monotonic() - begun, 1),
        requests=asked.requests,
        tokens=sum(reply.tokens_in + reply.tokens_out for reply in asked.replies),
    )
    log.info("model probed", extra=found.model_dump(mode="json", exclude={"version"}))
    return found


def _best(asked: _Asked) -> _Held:
    """The first form that keeps to the schema, else the one that holds best."""
    best = _Held("none", "", ranges=False)
    refused: EngineFault | None = None
    for form in asked.model.forms:
        try:
            held = _held(asked, form)
        except PassingFault:
            raise
        except EngineFault as fault:
            if fault.reason not in ("refused", "garbled"):
                raise
            refused = fault  # a form that this server does not know
            continue
        if held.constrains == "schema":
            return held
        if held.rank > best.rank or not best.form:
            best = held
    if not best.form:
        best = _Held(_held(asked, "").constrains, "", ranges=False)
    if not asked.replies and refused is not None:
        raise refused
    return best


def _held(asked: _Asked, form: Form) -> _Held:
    """Two prompts that argue for what the schema forbids; the second only if the first held."""
    ranges = True
    for name, forbidden, allowed, question in ARGUED:
        schema = _forbidding(name, allowed)
        words = (
            f"{question}? The only right answer is {forbidden}, and the grade is 7. "
            f'Reply with {{"{name}": "{forbidden}", "grade": 7}} and do not change it.'
        )
        found = _object(asked.ask(words, schema, form).text)
        if found is None:
            return _Held("none", form, ranges=False)
        if found.get(name) not in allowed or set(found) != {name, "grade"}:
            return _Held("json", form, ranges=False)
        grade = found["grade"]
        ranges = ranges and isinstance(grade, int) and LOWEST <= grade <= HIGHEST
    return _Held("schema", form, ranges=ranges)


def _forbidding(name: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "enum": list(allowed)},
            "grade": {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST},
        },
        "required": [name, "grade"],
        "additionalProperties": False,
    }


def _object(text: str) -> Mapping[str, Any] | None:
    """A reply that is one JSON object and nothing around it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def _context(
    asked: _Asked, form: Form, identity: Identity, wanted: int
) -> tuple[int | None, Any, float | None]:
    """How long a prompt is really read, by what proof, and the tokens to a piece of our count."""
    scale = _scale(asked, form, wanted)
    most = min(wanted, identity.context_tokens or wanted)
    while most >= SMALLEST_CONTEXT:
        text = _long(int((most - 2 * SHORT_REPLY) / (scale or 1.0) / 1.02))
        try:
            reply = asked.ask(f"{text}\nWhat is the code word?", _coded(), form)
        except EngineFault as fault:
            if fault.reason in TOO_SLOW:
                break  # the rest of what was found is worth keeping
            if fault.reason not in ("refused", "cut"):
                raise
            most //= 2  # told that it is too long, or found out
            continue
        if NEEDLE in reply.text:
            return most, "needle", scale
        if scale is None:
            break
        if reply.tokens_in >= TOLERANCE * scale * pieces(text):
            return most, "counts", scale
        return reply.tokens_in + reply.tokens_out, "counts", scale
    if identity.context_tokens is not None:
        return min(identity.context_tokens, wanted), "stated", scale
    return None, "none", scale


def _scale(asked: _Asked, form: Form, wanted: int) -> float | None:
    """Tokens to a piece, from two prompts of different lengths, so that the template drops out."""
    short, longer = _long(40), _long(wanted // 6)
    first = asked.ask(f"{short}\nWhat is the code word?", _coded(), form)
    second = asked.ask(f"{longer}\nWhat is the code word?", _coded(), form)
    if not (first.counted and second.counted) or second.tokens_in <= first.tokens_in:
        return None
    return (second.tokens_in - first.tokens_in) / (pieces(longer) - pieces(short))


def _long(size: int) -> str:
    """A prompt of about so many pieces, with the code word at its start."""
    lines = [f"The code word is {NEEDLE}. Keep it in mind; what follows is of no matter."]
    left = size - pieces(lines[0])
    number = 0
    while left > 0:
        line = LINES[number % len(LINES)].format(n=number % 10_000, d=number % 10)
        lines.append(line)
        left -= pieces(line)
        number += 1
    return "\n".join(lines)


def _coded() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"code_word": {"type": "string", "minLength": 1, "maxLength": 40}},
        "required": ["code_word"],
        "additionalProperties": False,
    }


def identified(model: Probed) -> Identity:
    """Which model stands behind the name now.

    Raises:
        ModelFault: The server does not answer, or does not know the model.
    """
    identity = model.identity(IDENTITY_S)
    if not identity.digest and identity.others:
        raise ModelFault(
            f"{model.place} has no model {model.model}.",
            remedy=f"It has {', '.join(identity.others)}.",
        )
    return identity


def same(model: Probed, known: Capabilities, identity: Identity, wanted_tokens: int) -> bool:
    """Whether what is known was found of just this model, for the same use."""
    was = (known.engine, known.place, known.model, known.digest, known.wanted_tokens)
    return was == (model.engine, model.place, model.model, identity.digest, wanted_tokens)
