"""Settings of the rag room: limits on documents, the engine, and how scores are weighed."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RagSettings(BaseSettings):
    """Built once at the entry point and passed down."""

    model_config = SettingsConfigDict(env_prefix="ANDON_", frozen=True, extra="ignore")

    qdrant_url: str = ""
    """URL of a Qdrant server; empty: the embedded engine; `:memory:`: qdrant-client in memory."""
    qdrant_api_key: SecretStr | None = None
    qdrant_collection: str = "andon"
    qdrant_timeout_s: int = Field(default=10, ge=1)
    """Seconds that one call to the server may take; it is tried three times."""

    document_max_mb: int = Field(default=50, ge=1)
    document_max_pages: int = Field(default=2000, ge=1)
    document_max_blocks: int = Field(default=50_000, ge=100)
    """Paragraphs, steps and table rows of one document."""
    document_cpu_s: int = Field(default=300, ge=1)
    """CPU seconds that reading one document may take in all."""
    document_stall_s: float = Field(default=2.0, ge=0.5)
    """CPU seconds in which a page must be read; pages that are nearly that dear use it up."""
    document_memory_mb: int = Field(default=400, ge=256)
    """Of the process that reads a document."""
    ocr_page_s: int = Field(default=30, ge=0)
    """Seconds that Tesseract may take for a page that is an image; 0: no OCR."""

    passage_words: int = Field(default=120, ge=20)
    bm25_k1: float = Field(default=0.6, gt=0)
    bm25_b: float = Field(default=0.3, ge=0, le=1)
    bm25_average_words: float = Field(default=60.0, gt=0)
    """Terms of an average passage; fixed, so that a new document leaves old vectors valid."""

    fusion: str = Field(default="min-max", pattern="^(min-max|rrf|sparse|dense)$")
    fusion_dense_weight: float = Field(default=0.4, ge=0, le=1)
    """Share of the dense score; the sparse score has the rest."""
    fusion_depth: int = Field(default=100, ge=10)
    """How many passages each of the two searches contributes."""
    reranker_depth: int = Field(default=20, ge=2, le=100)
    """How many of the best passages a cross-encoder reads, where `ANDON_RERANKER` names one."""

    support_min: float = Field(default=0.46, ge=0, le=1)
    """An answer with less support is declined. Support is a weighted mean of the cosine of the
    nearest passage and the share of the question's terms that stand together in one."""
    support_cosine_weight: float = Field(default=0.6, ge=0, le=1)
