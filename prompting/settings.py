"""Settings of the prompting room: which model, how long it may take, what it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.errors import SettingsFault
from prompting.prices import Price


class PromptingSettings(BaseSettings):
    """Built once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix="ANDON_", frozen=True, extra="ignore")

    llm_engine: Literal["auto", "openai", "ollama", "transformers"] = "auto"
    """What kind of server or model it is; `auto`: the folder or the server itself tells."""
    llm_url: str = ""
    """Base URL of an OpenAI-compatible or Ollama server, such as http://127.0.0.1:8000/v1."""
    llm_model: str = ""
    """Name of the model on that server."""
    llm_folder: Path | None = None
    """Directory of a transformers model, run in this process; instead of a server."""
    llm_api_key_file: Path | None = None
    """File that holds the key of that server, if it wants one."""
    llm_ca_file: Path | None = None
    """Certificates that vouch for that server's https; empty: those of the system."""
    llm_context_tokens: int = Field(default=8192, ge=512, le=1_000_000)
    """Prompt and reply together; asked of Ollama, and of every server it is probed."""
    llm_first_token_s: float = Field(default=15.0, gt=0, le=600)
    """Longest silence before a reply begins."""
    llm_probe_s: float = Field(default=300.0, ge=0, le=86_400)
    """How often it is looked at whether the model is another; 0: it is never probed."""
    llm_deadline_s: float = Field(default=20.0, gt=0, le=600)
    """Longest time for a summary by the model, over all tries and the repair."""
    llm_tries: int = Field(default=3, ge=1, le=10)
    """Most attempts when the server fails or is away."""
    llm_max_tokens: int = Field(default=2400, ge=64, le=32_000)
    """Longest reply; most prompts ask for a shorter one."""
    llm_temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """0 for the same words every time."""
    llm_prices: Annotated[dict[str, Price], NoDecode] = Field(default_factory=dict)
    """Prices of a million tokens by model, such as {"gpt-*": {"input": 2.5, "output": 10}}."""
    llm_breaker_failures: int = Field(default=5, ge=1, le=1000)
    """After so many failed requests in a row the model is left alone for a while."""
    llm_breaker_rest_s: float = Field(default=30.0, ge=0.1, le=3600)
    """How long; then one request tries it again."""
    llm_cache_entries: int = Field(default=2000, ge=0, le=1_000_000)
    """Most checked replies kept in ANDON_HOME, so that the same question costs nothing; 0: none."""
    llm_cache_mb: float = Field(default=20.0, gt=0, le=10_000)
    """Most room for them."""
    llm_cache_hours: float = Field(default=168.0, gt=0, le=87_600)
    """How long they are kept."""
    llm_redact: Literal["always", "remote", "never"] = "always"
    """When what the rules name is hidden from a model; `remote`: from one on another machine."""
    llm_redact_file: Path | None = None
    """TOML file with rules of what to hide: lists of names, badge numbers."""
    prompts_folder: Path | None = None
    """Prompt files of the plant's own; one with the same id and language wins."""

    @field_validator("llm_url")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        if "@" in value:
            raise ValueError("must hold no name or password; put a key into a file")
        return value.rstrip("/")

    @field_validator("llm_prices", mode="before")
    @classmethod
    def _table(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else {}
        except (ValueError, RecursionError) as fault:
            raise ValueError(f"must be JSON: {fault}") from fault

    def api_key(self) -> str:
        """The key from its file; empty where none is set.

        Raises:
            SettingsFault: The file holds no key or cannot be read.
        """
        path = self.llm_api_key_file
        if path is None:
            return ""
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsFault(
                f"The key file {path} cannot be read: {fault}.",
                remedy="Correct ANDON_LLM_API_KEY_FILE.",
            ) from fault
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise SettingsFault(
                f"The key file {path} must hold one key and nothing else.",
                remedy="Correct ANDON_LLM_API_KEY_FILE.",
            )
        return key
