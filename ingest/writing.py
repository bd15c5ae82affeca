"""One write into the SQLite history: rows, dead letters and counters, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingest.history import Birth, DeadLetter, Record, Written
from ingest.instants import microseconds
from ingest.storable import Tally, fingerprint, refused, storable_text, storable_value, summed
from ingest.vocabulary import Event, Reading

SeriesKey = tuple[str, str, str]
"""Machine, signal, source."""

_INSERT_READING = """
    INSERT INTO readings (series, source_time, received_time, sequence, fingerprint,
                          value, is_bool, unit, quality)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (series, source_time, ifnull(sequence, -1), fingerprint) DO NOTHING"""

_INSERT_EVENT = """
    INSERT INTO events (machine, code, severity, state, text, source_time, received_time,
                        source, sequence, fingerprint)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (machine, source_time, source, code, ifnull(sequence, -1), fingerprint)
    DO NOTHING"""

_INSERT_DEAD_LETTER = """
    INSERT INTO dead_letters (source, payload, reason, received_time) VALUES (?, ?, ?, ?)"""

_KEEP_BIRTH = """
    INSERT INTO births (broker, name, content, received_time) VALUES (?, ?, ?, ?)
    ON CONFLICT (broker, name) DO UPDATE SET
        content = excluded.content, received_time = excluded.received_time
        WHERE excluded.received_time >= births.received_time"""

_COUNT = """
    INSERT INTO counters (source, received, stored, duplicates, dead_lettered, last_received)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET
        received = received + excluded.received, stored = stored + excluded.stored,
        duplicates = duplicates + excluded.duplicates,
        dead_lettered = dead_lettered + excluded.dead_lettered,
        last_received = max(last_received, excluded.last_received)"""

_ROW_FAULTS = (
    OverflowError,
    ValueError,
    TypeError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""What one bad value can raise; everything else is the store's own trouble."""


@dataclass(slots=True)
class Writing:
    """Takes records into an open transaction; nothing counts before the commit."""

    connection: sqlite3.Connection
    series: Mapping[SeriesKey, int]
    """Known before this transaction."""
    new_series: dict[SeriesKey, int] = field(default_factory=dict)
    """Made or found in this transaction."""
    tallies: dict[str, Tally] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Store one record, or find it a duplicate, or set it aside."""
        try:
            stored = self._reading(record) if isinstance(record, Reading) else self._event(record)
        except _ROW_FAULTS as fault:
            self.set_aside(refused(record, fault))
            return
        tally = self._tally(record.source, record.received_time)
        tally.received += 1
        tally.stored += stored
        tally.duplicates += not stored

    def set_aside(self, letter: DeadLetter) -> None:
        """Keep a dead letter."""
        source = storable_text(letter.source)
        received = microseconds(letter.received_time)
        row = (source, letter.payload, storable_text(letter.reason), received)
        self.connection.execute(_INSERT_DEAD_LETTER, row)
        tally = self._tally(source, letter.received_time)
        tally.received += 1
        tally.dead_lettered += 1

    def remember(self, birth: Birth) -> None:
        """Keep a birth in the place of an earlier one."""
        received = microseconds(birth.received_time)
        row = (birth.broker, birth.name, birth.content, received)
        self.connection.execute(_KEEP_BIRTH, row)

    def take_back(self, letter: DeadLetter) -> None:
        """Uncount a dead letter that records will stand for."""
        tally = self._tally(letter.source, letter.received_time)
        tally.received -= 1
        tally.dead_lettered -= 1

    def finish(self) -> Written:
        """Bring the counters up to date."""
        self.connection.executemany(
            _COUNT,
            [
                (name, t.received, t.stored, t.duplicates, t.dead_lettered, t.last_received)
                for name, t in self.tallies.items()
            ],
        )
        return summed(self.tallies.values())

    def _tally(self, source: str, received: datetime) -> Tally:
        tally = self.tallies.setdefault(source, Tally())
        tally.last_received = max(tally.last_received, microseconds(received))
        return tally

    def _reading(self, reading: Reading) -> bool:
        value, quality = storable_value(reading)
        content = (value, reading.unit, quality)
        row = (
            self._series(reading),
            microseconds(reading.source_time),
            microseconds(reading.received_time),
            reading.sequence,
            0 if reading.sequence is not None else fingerprint(content),
            value,
            isinstance(value, bool),
            reading.unit,
            quality,
        )
        return self.connection.execute(_INSERT_READING, row).rowcount == 1

    def _event(self, event: Event) -> bool:
        content = (event.severity, event.state, event.text)
        row = (
            event.machine,
            event.code,
            event.severity,
            event.state,
            event.text,
            microseconds(event.source_time),
            microseconds(event.received_time),
            event.source,
            event.sequence,
            0 if event.sequence is not None else fingerprint(content),
        )
        return self.connection.execute(_INSERT_EVENT, row).rowcount == 1

    def _series(self, reading: Reading) -> int:
        key = (reading.machine, reading.signal, reading.source)
        known = self.series.get(key) or self.new_series.get(key)
        if known:
            return known
        self.connection.execute(
            "INSERT OR IGNORE INTO series (machine, signal, source) VALUES (?, ?, ?)", key
        )
        (found,) = self.connection.execute(
            "SELECT id FROM series WHERE machine = ? AND signal = ? AND source = ?", key
        ).fetchone()
        self.new_series[key] = int(found)
        return int(found)
