"""JSON from files that somebody may have tampered with: bounded in size and depth, finite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from ingest.errors import SettingsFault

MOST = 64 * 1024 * 1024
"""Bytes of a JSON file that is read at all."""


def read_json(path: Path, *, most: int = MOST) -> Any:
    """What a JSON file holds.

    Raises:
        SettingsFault: it is missing, too large, not JSON, too deep, or holds NaN or infinity.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as fault:
        raise SettingsFault(f"{path} cannot be read: {fault.strerror}.") from fault
    if len(content) > most:
        raise SettingsFault(f"{path} is larger than the {most} bytes that such a file may have.")
    return parse_json(content, path)


def parse_json(content: bytes | str, path: Path) -> Any:
    """What a text of JSON says; `path` is where it stood.

    Raises:
        SettingsFault: not JSON, too deep, or with NaN or infinity.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as fault:
        raise SettingsFault(f"{path} is not JSON that can be read: {str(fault)[:120]}.") from fault


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
