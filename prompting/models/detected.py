"""An engine that finds out by asking whether its server is Ollama, at the first use."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from prompting.capabilities import Capabilities, Form, Identity
from prompting.model import EngineFault, Reply, Request
from prompting.models.ollama import OllamaModel
from prompting.models.openai_compatible import OpenAICompatibleModel
from prompting.models.wire import Wire
from prompting.settings import PromptingSettings

DETECT_S = 2.0


class DetectedModel:
    """Ollama answers at `/v1` too, but cuts prompts there: it is better spoken to as itself."""

    def __init__(self, settings: PromptingSettings) -> None:
        self._openai = OpenAICompatibleModel(settings)
        self._ollama = OllamaModel(settings)
        self._wire = Wire(self._ollama.place, key=settings.api_key(), ca_file=settings.llm_ca_file)
        self._found: OpenAICompatibleModel | OllamaModel | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> str:
        """As found; until then the common one."""
        return self._likely.engine

    @property
    def forms(self) -> tuple[Form, ...]:
        """Those of the engine."""
        return self._likely.forms

    @property
    def place(self) -> str:
        """The address of the server."""
        return self._likely.place

    @property
    def model(self) -> str:
        """The name of the model on its server."""
        return self._likely.model

    @property
    def digest(self) -> str:
        """As probed."""
        return self._likely.digest

    @property
    def context_tokens(self) -> int | None:
        """As probed."""
        return self._likely.context_tokens

    def adopt(self, found: Capabilities) -> None:
        """Use what a probe has found, the kind of server among it."""
        self._found = self._ollama if found.engine == self._ollama.engine else self._openai
        self._found.adopt(found)

    def count(self, text: str) -> int:
        """As the engine counts."""
        return self._likely.count(text)

    def complete(self, request: Request) -> Reply:
        """One attempt by the engine that fits."""
        left = request.deadline - time.monotonic()
        return self._right(min(DETECT_S, left / 2)).complete(request)

    def attempt(self, request: Request, form: Form) -> Reply:
        """One attempt in that form."""
        return self._likely.attempt(request, form)

    def identity(self, within_s: float) -> Identity:
        """Which model stands behind the name now."""
        return self._right(within_s).identity(within_s)

    def close(self) -> None:
        """Hang up."""
        for each in (self._openai, self._ollama, self._wire):
            each.close()

    @property
    def _likely(self) -> OpenAICompatibleModel | OllamaModel:
        return self._found or self._openai

    def _right(self, within_s: float) -> OpenAICompatibleModel | OllamaModel:
        """The engine for what answers there; asked again as long as nothing does."""
        with self._lock:
            if self._found is None:
                try:
                    found = self._wire.ask("/api/version", within_s=within_s)
                    is_ollama = isinstance(found, Mapping) and "version" in found
                    self._found = self._ollama if is_ollama else self._openai
                except EngineFault as fault:
                    if fault.reason in ("refused", "garbled"):
                        self._found = self._openai
            return self._likely
