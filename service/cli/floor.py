"""andon check, probe, ingest, history and dead-letters: the wires and the history."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
