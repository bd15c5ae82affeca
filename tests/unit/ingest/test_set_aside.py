"""What the log says of messages that are set aside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.history import DeadLetter
from ingest.set_aside import EVERY_S, SetAside

LETTER = DeadLetter("mqtt:t", b"{", "no JSON\x1b[2J", datetime(2026, 11, 22, tzinfo=UTC))


def test_a_flood_of_dead_letters_is_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The first at once; the others are counted and said with the next one after a minute."""
    now = 0.0
    log = SetAside(clock=lambda: now)
    for _ in range(1000):
        log.note([LETTER, LETTER])
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == (
        "messages are set aside count=2 source='mqtt:t' reason='no JSON\\x1b[2J' "
        "(see andon dead-letters list)"
    )
    now = EVERY_S
    log.note([])
    log.note([LETTER])
    assert len(caplog.records) == 2
    assert "count=1999 " in caplog.records[1].getMessage()
