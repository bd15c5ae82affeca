"""Parses a command line of `andon` to its end without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer.main

from service.cli.main import app


def parse(arguments: Sequence[str]) -> None:
    """Raise the parser's usage error when `andon` has no such command or option."""
    _parse(typer.main.get_command(app), list(arguments))


def _parse(command: Any, arguments: list[str]) -> None:
    with command.make_context("andon", list(arguments)) as context:
        if hasattr(command, "resolve_command"):
            _, leaf, rest = command.resolve_command(context, list(arguments))
            assert leaf is not None, arguments
            _parse(leaf, rest)
