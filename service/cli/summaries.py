"""andon evidence, summarize and prompts: what is going on."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
