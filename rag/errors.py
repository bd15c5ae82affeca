"""Faults that only the rag room knows apart."""

from __future__ import annotations

from ingest.errors import StoreFault


class ShardInUse(StoreFault):
    """Another process holds the embedded vectors; ask it instead."""
