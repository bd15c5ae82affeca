"""Marks for the program that started the simulators: JSON lines on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any


def tell(event: str, **fields: Any) -> None:
    """Print one mark at once."""
    sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
