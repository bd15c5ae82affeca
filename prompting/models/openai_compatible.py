"""The engine behind any OpenAI-compatible endpoint: chat completions, read as a stream."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import SettingsFault
from prompting.capabilities import Capabilities, Form, Identity
from prompting.model import EngineFault, PassingFault, Reply, Request
from prompting.models.counting import Estimate
from prompting.models.refusals import error_words
from prompting.models.wire import Wire
from prompting.settings import PromptingSettings

log = logging.getLogger(__name__)

FORMS: tuple[Form, ...] = ("json_schema", "structured_outputs", "json_object+schema", "json_object")
"""How a schema can be asked for, the common way first; what none takes is asked for in words."""
OPTIONAL = ("stream_options", "stream", "temperature", "response_format", "structured_outputs")
"""Fields without which a request still makes sense, where a server refuses one by name."""
NAMES_A_FIELD = (400, 415, 422, 501)
PASSING_LISTING = ("created", "permission", "loaded_at", "last_used")
"""What a listing of models changes without another model being there."""


class _Loose(BaseModel):
    """Servers send more than we read."""

    model_config = ConfigDict(extra="ignore")


class _Words(_Loose):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(_Loose):
    delta: _Words | None = None
    message: _Words | None = None
    finish_reason: str | None = None


class _Counted(_Loose):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(_Loose):
    """A piece of a stream, or the whole completion of a server that does not stream."""

    choices: list[_Choice] = Field(default_factory=list)
    usage: _Counted | None = None
    error: Any = None


class OpenAICompatibleModel:
    """One model on one server; believes nothing of what it sends."""

    engine = "openai-compatible"
    forms = FORMS

    def __init__(self, settings: PromptingSettings) -> None:
        if not settings.llm_url or not settings.llm_model:
            raise SettingsFault(
                "A model needs both a server and a name.",
                remedy="Set ANDON_LLM_URL and ANDON_LLM_MODEL, or neither.",
            )
        self._settings = settings
        self._wire = Wire(settings.llm_url, key=settings.api_key(), ca_file=settings.llm_ca_file)
        self._form: Form = FORMS[0]
        self._left_out: frozenset[str] = frozenset()
        self._estimate = Estimate()
        self._streams = True
        self.context_tokens: int | None = None
        self.digest = ""

    @property
    def place(self) -> str:
        """Where the model is."""
        return self._settings.llm_url

    @property
    def model(self) -> str:
        """The name of the model on its server."""
        return self._settings.llm_model

    def adopt(self, found: Capabilities) -> None:
        """Use what a probe has found."""
        self._form = found.form
        self._estimate = Estimate.of(found.tokens_a_piece)
        self._streams = found.streams
        self.context_tokens = found.context_tokens
        self.digest = found.digest

    def count(self, text: str) -> int:
        """An estimate, measured against the server's counts once it is probed."""
        return self._estimate.count(text)

    def complete(self, request: Request) -> Reply:
        """One attempt, in the form that the server is known to take."""
        return self.attempt(request, self._form)

    def attempt(self, request: Request, form: Form) -> Reply:
        """One attempt in that form; a field that the server refuses by name is left out."""
        if not self._streams or "stream" in self._left_out:  # the first piece is the last
            request = replace(request, first_token_s=math.inf)
        reading = _Reading()
        refused: list[tuple[int, str]] = []
        body = self._body(request, form)
        try:
            reply = self._wire.exchange(
                "/chat/completions",
                body,
                request=request,
                reading=reading,
                status=lambda code, words: refused.append((code, words)),
            )
        except EngineFault:
            if not self._spares(refused, body):
                raise
            return self.attempt(request, form)
        return self._counted(reply, request)

    def identity(self, within_s: float) -> Identity:
        """What stands behind the name now, as the server lists it."""
        try:
            found = self._wire.ask("/models", within_s=within_s)
        except EngineFault as fault:
            if fault.reason not in ("refused", "garbled", "failed"):
                raise
            return Identity("")  # a server without a list, or with one that fails
        listed = found.get("data") if isinstance(found, Mapping) else None
        rows = [row for row in listed or [] if isinstance(row, Mapping)]
        mine = next((row for row in rows if row.get("id") == self.model), None)
        if mine is None:
            names = tuple(str(row.get("id"))[:80] for row in rows[:8])
            return Identity("", None, names)
        steady = {key: mine[key] for key in sorted(mine) if key not in PASSING_LISTING}
        longest = mine.get("max_model_len") or mine.get("max_context_length")
        known = longest if isinstance(longest, int) and longest > 0 else None
        return Identity.of(steady, known)

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _body(self, request: Request, form: Form) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in request.turns],
            "temperature": self._settings.llm_temperature,
            "max_tokens": request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **_asked(form, request.schema),
        }
        return {name: value for name, value in body.items() if name not in self._left_out}

    def _spares(self, refused: list[tuple[int, str]], body: Mapping[str, Any]) -> bool:
        """Whether a field can be left out that the server's refusal names."""
        if not refused or refused[-1][0] not in NAMES_A_FIELD:
            return False
        words = refused[-1][1]
        named = [name for name in OPTIONAL if name in body and name in words]
        if not named:
            return False
        gone = {named[0], "stream_options"} if named[0] == "stream" else {named[0]}
        log.info("model server refuses a field", extra={"field": named[0], "place": self.place})
        self._left_out |= gone
        return True

    def _counted(self, reply: Reply, request: Request) -> Reply:
        """The reply with counts; ours where the server has none."""
        prompt = "\n".join(turn.text for turn in request.turns)
        if reply.tokens_in and reply.tokens_in < self._estimate.least(prompt):
            raise dropped(reply.tokens_in, self.count(prompt))
        return reply if reply.tokens_in else estimated(reply, prompt, self._estimate)


def estimated(reply: Reply, prompt: str, estimate: Estimate) -> Reply:
    """The same reply with our own counts."""
    counts = estimate.count(prompt), estimate.count(reply.text)
    return Reply(reply.text, reply.finish, *counts, streamed=reply.streamed, counted=False)


def dropped(read: int, sent: int) -> EngineFault:
    """The fault of a server that cuts a prompt without a word."""
    return EngineFault(
        f"The server read {read} tokens of a prompt of about {sent}: it cuts what is too long.",
        "cut",
        remedy="Give the server a longer context, or lower ANDON_LLM_CONTEXT_TOKENS.",
    )


def _asked(form: Form, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that ask for a schema in one of the forms."""
    if form == "json_schema":
        named = {"name": "reply", "strict": True, "schema": dict(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if form == "structured_outputs":
        return {"structured_outputs": {"json": dict(schema)}}
    if form == "json_object+schema":
        return {"response_format": {"type": "json_object", "schema": dict(schema)}}
    if form == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {}


class _Reading:
    """Server-sent events, or one JSON document where the server does not stream."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._whole: list[bytes] = []
        self._finish = ""
        self._usage = _Counted()
        self._events = 0
        self.alive = False
        self.done = False

    def line(self, line: bytes) -> str:
        """The text that a line adds."""
        if self._whole or (not self._events and line.lstrip().startswith(b"{")):
            self._whole.append(line)
            return ""
        if not line.startswith(b"data:"):
            return ""  # an empty line, a comment, an event's name
        self._events += 1
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            self.done = True
            return ""
        return self._take(data)

    def reply(self) -> Reply:
        """The whole reply."""
        if self._whole:
            self._take(b"\n".join(self._whole))
        if not self._events and not self._whole:
            raise EngineFault("The model server's reply is no chat completion.", "garbled")
        if not self._finish and not self.done:
            words = "The model server hung up in the middle of its reply."
            raise PassingFault(words, "failed")
        if self._finish == "content_filter":
            raise EngineFault("The model server withheld its reply.", "refused")
        finish: Literal["stop", "length"] = "length" if self._finish == "length" else "stop"
        counts = self._usage.prompt_tokens, self._usage.completion_tokens
        return Reply("".join(self._text), finish, *counts, streamed=bool(self._events))

    def _take(self, data: bytes) -> str:
        try:
            chunk = _Chunk.model_validate_json(data)
        except ValidationError as fault:
            words = "The model server's reply is no chat completion."
            raise EngineFault(words, "garbled") from fault
        if chunk.error is not None:
            said = error_words(chunk.error)
            raise PassingFault(f"The model server failed in its reply: {said}.", "failed")
        if self._whole and not chunk.choices:
            raise EngineFault("The model server's reply is no chat completion.", "garbled")
        self._usage = chunk.usage or self._usage
        return self._choice(chunk.choices[0]) if chunk.choices else ""

    def _choice(self, choice: _Choice) -> str:
        words = choice.delta or choice.message or _Words()
        self._finish = choice.finish_reason or ("stop" if choice.message else self._finish)
        text = words.content or ""
        self.alive = self.alive or bool(text or words.reasoning_content or words.reasoning)
        self._text.append(text)
        return text
