"""Faults that only the rag room knows apart."""

from __future__ import annotations

from ingest.errors import StoreFault


class ShardDamaged(StoreFault):
    """The embedded vectors cannot be used; they are made anew from the document store."""


class ShardInUse(StoreFault):
    """Another process holds the embedded vectors; ask it instead."""
