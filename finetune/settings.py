"""Settings of the classifier room."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FinetuneSettings(BaseSettings):
    """Read once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix="ANDON_", frozen=True, extra="ignore")

    encoder: str = ""
    """Directory or hub id (`owner/name` or `owner/name@revision`) of the encoder; empty: ours."""
    reranker: str = ""
    """Directory of a sentence-transformers cross-encoder that ranks found passages; empty: none."""
    threads: int = Field(default=2, ge=1, le=64)
    """CPU threads that the encoder and a training may use."""
    train_device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where transformers are trained; `auto`: on a GPU where torch sees one."""
    train_precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of the passes in a training; `auto`: bf16 on a GPU or a processor that computes in it."""
    runtime: Literal["auto", "torch", "openvino", "onnxruntime"] = "auto"
    """What runs transformers when models serve; `auto`: the fastest that gives torch's answers."""
    models_kept: int = Field(default=5, ge=1, le=1000)
    """Newest versions of a task that stay after a training; those in use, before and shadow do."""
