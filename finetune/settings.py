"""Settings of the classifier room."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FinetuneSettings(BaseSettings):
    """Read once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix="ANDON_", frozen=True, extra="ignore")

    encoder: str = ""
    """Directory or hub id (`owner/name` or `owner/name@revision`) of the encoder; empty: ours."""
    threads: int = Field(default=2, ge=1, le=64)
    """CPU threads that the encoder and a training may use."""
