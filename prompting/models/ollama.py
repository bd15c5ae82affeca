"""The engine behind Ollama's own API, which obeys a context length where its `/v1` does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.errors import SettingsFault
from prompting.capabilities import Capabilities, Form, Identity
from prompting.model import EngineFault, PassingFault, Reply, Request
from prompting.models.counting import Estimate
from prompting.models.openai_compatible import dropped, estimated
from prompting.models.refusals import error_words
from prompting.models.wire import Wire
from prompting.settings import PromptingSettings

FORMS: tuple[Form, ...] = ("format",)


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    content: str = ""
    thinking: str = ""


class _Line(BaseModel):
    """One line of the reply."""

    model_config = ConfigDict(extra="ignore")

    message: _Message | None = None
    done: bool = False
    done_reason: str = ""
    prompt_eval_count: int = 0
    eval_count: int = 0
    error: Any = None


class OllamaModel:
    """One model on an Ollama server."""

    engine = "ollama"
    forms = FORMS

    def __init__(self, settings: PromptingSettings) -> None:
        if not settings.llm_url or not settings.llm_model:
            raise SettingsFault(
                "Ollama needs both an address and the name of a model.",
                remedy="Set ANDON_LLM_URL, such as http://127.0.0.1:11434, and ANDON_LLM_MODEL.",
            )
        self._settings = settings
        self.place = self.root(settings.llm_url)
        self._wire = Wire(self.place, key=settings.api_key(), ca_file=settings.llm_ca_file)
        self._form: Form = FORMS[0]
        self._estimate = Estimate()
        self.context_tokens: int | None = None
        self.digest = ""

    @staticmethod
    def root(url: str) -> str:
        """The address of a server without the path of either API."""
        return url.removesuffix("/v1").removesuffix("/api").rstrip("/")

    @property
    def model(self) -> str:
        """The name of the model on its server."""
        return self._settings.llm_model

    def adopt(self, found: Capabilities) -> None:
        """Use what a probe has found."""
        self._form = found.form
        self._estimate = Estimate.of(found.tokens_a_piece)
        self.context_tokens = found.context_tokens
        self.digest = found.digest

    def count(self, text: str) -> int:
        """An estimate, measured against the server's counts once it is probed."""
        return self._estimate.count(text)

    def complete(self, request: Request) -> Reply:
        """One attempt; a prompt that the server cuts is a fault."""
        return self.attempt(request, self._form)

    def attempt(self, request: Request, form: Form) -> Reply:
        """One attempt, with the schema as `format` or in words alone."""
        body = self._body(request, form)
        reply = self._wire.exchange("/api/chat", body, request=request, reading=_Reading())
        prompt = "\n".join(turn.text for turn in request.turns)
        if reply.tokens_in and reply.tokens_in < self._estimate.least(prompt):
            raise dropped(reply.tokens_in, self.count(prompt))
        return reply if reply.tokens_in else estimated(reply, prompt, self._estimate)

    def identity(self, within_s: float) -> Identity:
        """The digest of the model that bears the name now."""
        found = self._wire.ask("/api/tags", within_s=within_s)
        listed = found.get("models") if isinstance(found, Mapping) else None
        rows = [row for row in listed or [] if isinstance(row, Mapping)]
        mine = next((row for row in rows if row.get("name") in self._names), None)
        if mine is None:
            return Identity("", None, tuple(str(row.get("name"))[:80] for row in rows[:8]))
        return Identity.of({"digest": mine.get("digest")}, self._trained_for(within_s))

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.model,) if ":" in self.model else (f"{self.model}:latest", self.model)

    def _trained_for(self, within_s: float) -> int | None:
        """The context that the model was trained for; the server may run it with less."""
        try:
            found = self._wire.ask("/api/show", within_s=within_s, body={"model": self.model})
        except EngineFault:
            return None
        about = found.get("model_info") if isinstance(found, Mapping) else None
        for name, value in (about or {}).items():
            if name.endswith(".context_length") and isinstance(value, int) and value > 0:
                return value
        return None

    def _body(self, request: Request, form: Form) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in request.turns],
            "stream": True,
            "think": False,
            "truncate": False,
            "shift": False,
            "options": {
                "num_ctx": self._settings.llm_context_tokens,
                "num_predict": request.max_tokens,
                "temperature": self._settings.llm_temperature,
            },
            **({"format": dict(request.schema)} if form else {}),
        }


class _Reading:
    """One JSON document a line, the last one with the counts."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._last = _Line()
        self.alive = False

    @property
    def done(self) -> bool:
        """Whether the last line has come."""
        return self._last.done

    def line(self, line: bytes) -> str:
        """The text that a line adds."""
        if not line.strip():
            return ""
        try:
            found = _Line.model_validate_json(line)
        except ValidationError as fault:
            raise EngineFault("The model server's reply is no chat.", "garbled") from fault
        if found.error is not None:
            said = error_words(found.error)
            raise PassingFault(f"The model server failed in its reply: {said}.", "failed")
        if found.message is None and not found.done:
            raise EngineFault("The model server's reply is no chat.", "garbled")
        self._last = found
        words = found.message or _Message()
        self.alive = self.alive or bool(words.content or words.thinking) or found.done
        self._text.append(words.content)
        return words.content

    def reply(self) -> Reply:
        """The whole reply."""
        if not self.done:
            words = "The model server hung up in the middle of its reply."
            raise PassingFault(words, "failed")
        finish: Literal["stop", "length"] = "stop"
        if self._last.done_reason == "length":
            finish = "length"
        counts = self._last.prompt_eval_count, self._last.eval_count
        return Reply("".join(self._text), finish, *counts, streamed=len(self._text) > 1)
