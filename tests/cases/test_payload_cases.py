"""Every `case.toml`: bad input is kept as bad, set aside with its reason, or a duplicate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.codec import Codec, Message
from ingest.dead_letters import replay
from ingest.history import Written
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading
from tests.payload_cases import case_messages, case_names, plant

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", case_names())
def test_a_case(name: str, tmp_path: Path) -> None:
    """Each message does what the case says, the counters balance, and no letter is lost."""
    codec = Codec(plant())
    with SqliteHistory(tmp_path / "h.db") as history:
        for number, case in enumerate(case_messages(name)):
            received = RECEIVED + timedelta(milliseconds=number)
            decoded = codec.decode(Message(case.topic, case.payload, received))
            written = history.write(decoded.records, decoded.dead, decoded.births)
            expected = Written(case.records, case.stored, case.duplicates, bool(case.dead))
            assert (number, written) == (number, expected), [d.reason for d in decoded.dead]
            assert all(case.dead in letter.reason for letter in decoded.dead)
            found = [record for record in decoded.records if isinstance(record, Reading)]
            assert sum(reading.quality is Quality.BAD for reading in found) == case.bad
        letters = history.dead_letters()
        again = replay(history, Codec(plant()), letters)
        assert (again.tried, len(history.dead_letters())) == (len(letters), len(letters))
