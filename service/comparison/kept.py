"""Comparisons that are kept: one folder each below the home, found by their id."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path

FOLDER = "comparisons"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
"""Of a comparison; also the name of its folder."""


def new_id(task: str, at: datetime) -> str:
    """An id that says task and time (UTC), such as `error_code-20261123-072645-3fa9`."""
    return f"{task[:80]}-{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def folder_of(home: Path, identity: str) -> Path:
    """Where a comparison of that home lies."""
    return home / FOLDER / identity
