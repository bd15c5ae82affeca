"""andon docs and ask: the documents and the questions put to them."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
