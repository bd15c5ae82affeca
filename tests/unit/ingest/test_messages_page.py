"""Every route of the page about messages is one, and reads the message that stands beneath it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.codec import Codec, Message
from ingest.plant import load_plant

NOW = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs" / "messages.md"
BLOCKS = re.findall(r"```toml\n(.*?)```\n(?:\n```text\n(.*?)```)?", PAGE.read_text(), re.DOTALL)
MACHINES = "".join(
    f'[[machines]]\nid = "{name}"\nline = "line-1"\nkind = "press"\n'
    for name in ("press-3", "mill-1")
)


@pytest.mark.parametrize(("route", "message"), BLOCKS)
def test_an_example_does_what_the_page_says(tmp_path: Path, route: str, message: str) -> None:
    """Nothing of it ends as a dead letter."""
    path = tmp_path / "plant.toml"
    path.write_text(f'[mqtt]\nurl = "mqtt://127.0.0.1"\n[[mqtt.routes]]\n{route}{MACHINES}')
    codec = Codec(load_plant(path))
    if message:
        topic, _, payload = message.strip().partition(" ")
        decoded = codec.decode(Message(topic, payload.encode(), NOW))
        assert decoded.dead == []
        assert decoded.records


def test_the_page_has_its_examples() -> None:
    """All of them are found."""
    assert len(BLOCKS) == PAGE.read_text().count("```toml")
    assert sum(bool(message) for _, message in BLOCKS) == PAGE.read_text().count("```text")
