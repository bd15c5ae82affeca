"""The task files that docs/classifier.md shows, so that what it says is what runs."""

from __future__ import annotations

import re
from pathlib import Path


def documented_task(name: str, folder: Path) -> Path:
    """The task file of that name, as a file."""
    text = (Path(__file__).parents[3] / "docs" / "classifier.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    content = next(block for block in blocks if f'name = "{name}"' in block)
    path = folder / f"{name}.toml"
    path.write_text(content, encoding="utf-8")
    return path
