"""Numbers of the advisory locks that PostgreSQL keeps for the history."""

from __future__ import annotations

MIGRATION = 0x616E_646F_6E01
"""Held while tables are changed."""
WRITERS = 0x616E_646F_6E02
"""Shared by all that write readings; held alone to move an instant of `ingest/upkeep.py`."""
WORKERS = 0x616E_646F_6E03
"""Held by the one process that makes rollups or deletes."""
