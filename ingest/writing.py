"""One write into the SQLite history: rows, dead letters and counters, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from ingest.history import Birth, DeadLetter, Record, Written
from ingest.instants import EPOCH, instant, microseconds
from ingest.many_rows import ROW_FAULTS, ManyRows
from ingest.storable import (
    SeriesKey,
    Tally,
    fingerprint,
    refused,
    storable_text,
    storable_value,
    summed,
)
from ingest.upkeep import too_old
from ingest.vocabulary import Event, Quality, Reading, Value

ReadingRow = tuple[int, int, int, int | None, int, Value, int, str, str]

_READINGS = ManyRows(
    """INSERT INTO readings (series, source_time, received_time, sequence, fingerprint,
                             value, is_bool, unit, quality)""",
    columns=9,
    then="ON CONFLICT (series, source_time, ifnull(sequence, -1), fingerprint) DO NOTHING",
)

_STANDING = "SELECT kept_from, marked_to FROM upkeep"
_HOUR_US = 3_600_000_000

_STORED_SINCE = """
    SELECT series.source, count(*) FROM readings JOIN series ON series.id = readings.series
    WHERE readings.id > ? GROUP BY series.source"""

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

_COUNTERS = ManyRows(
    "INSERT INTO counters (source, received, stored, duplicates, dead_lettered, last_received)",
    columns=6,
    then="""ON CONFLICT (source) DO UPDATE SET
        received = received + excluded.received, stored = stored + excluded.stored,
        duplicates = duplicates + excluded.duplicates,
        dead_lettered = dead_lettered + excluded.dead_lettered,
        last_received = max(last_received, excluded.last_received)""",
)

_QUALITY = {quality: quality.value for quality in Quality}
"""Plain texts: SQLite asks a text of a subclass how it wants to be stored, which takes long."""


@dataclass(slots=True)
class Writing:
    """Takes records into an open transaction; nothing counts before the commit."""

    connection: sqlite3.Connection
    series: Mapping[SeriesKey, int]
    """Known before this transaction."""
    new_series: dict[SeriesKey, int] = field(default_factory=dict)
    """Made or found in this transaction."""
    tallies: dict[str, Tally] = field(default_factory=dict)

    def take(self, records: Iterable[Record]) -> None:
        """Store records, or find them duplicates, or set them aside."""
        readings: list[Reading] = []
        for record in records:
            if isinstance(record, Reading):
                readings.append(record)
            else:
                self._take_event(record)
        if readings:
            self._take_readings(readings)

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
        rows = [
            (name, t.received, t.stored, t.duplicates, t.dead_lettered, t.last_received)
            for name, t in self.tallies.items()
        ]
        _COUNTERS.insert(self.connection, rows, refuse=_fail)
        return summed(self.tallies.values())

    def _tally(self, source: str, received: datetime) -> Tally:
        self._heard(source, microseconds(received))
        return self.tallies[source]

    def _heard(self, source: str, received: int) -> None:
        tally = self.tallies.setdefault(source, Tally())
        tally.last_received = max(tally.last_received, received)

    def _take_readings(self, readings: Sequence[Reading]) -> None:
        (newest,) = self.connection.execute("SELECT ifnull(max(id), 0) FROM readings").fetchone()
        taken, rows = self._rows(readings)
        faults: dict[int, Exception] = {}
        stored = _READINGS.insert(self.connection, rows, refuse=faults.__setitem__)
        for at, fault in faults.items():
            self.set_aside(refused(taken[at], fault))
        sources = [reading.source for at, reading in enumerate(taken) if at not in faults]
        new = Counter(sources)
        if stored < len(sources):
            new = Counter(dict(self.connection.execute(_STORED_SINCE, (newest,))))
        for source, count in Counter(sources).items():
            tally = self.tallies.setdefault(source, Tally())
            tally.received += count
            tally.stored += new[source]
            tally.duplicates += count - new[source]
        for source, received in {
            (reading.source, row[2]) for reading, row in zip(taken, rows, strict=True)
        }:
            self._heard(source, received)

    def _rows(self, readings: Sequence[Reading]) -> tuple[list[Reading], list[ReadingRow]]:
        """Readings as rows; one that cannot be kept is set aside, a late one leaves a mark."""
        taken: list[Reading] = []
        rows: list[ReadingRow] = []
        said = received = EPOCH
        said_us = received_us = 0
        kept_from, marked_to = self.connection.execute(_STANDING).fetchone()
        late: set[tuple[int, int]] = set()
        for reading in readings:
            key = (reading.machine, reading.signal, reading.source)
            try:
                series = self.series.get(key) or self._series(key)
            except ROW_FAULTS as fault:
                self.set_aside(refused(reading, fault))
                continue
            if reading.source_time is not said:  # many of a message are of one instant
                said = reading.source_time
                said_us = microseconds(said)
            if reading.received_time is not received:
                received = reading.received_time
                received_us = microseconds(received)
            if said_us < marked_to:
                if said_us < kept_from:
                    self.set_aside(refused(reading, too_old(instant(kept_from))))
                    continue
                late.add((series, said_us - said_us % _HOUR_US))
            taken.append(reading)
            value, sequence = reading.value, reading.sequence
            if type(value) is float and value - value == 0 and sequence is not None:
                quality = _QUALITY[reading.quality]  # the usual one, without a call
                rows.append(
                    (series, said_us, received_us, sequence, 0, value, 0, reading.unit, quality)
                )
            else:
                rows.append((series, said_us, received_us, *_content(reading)))
        self.connection.executemany("INSERT OR IGNORE INTO late VALUES (?, ?)", late)
        return taken, rows

    def _take_event(self, event: Event) -> None:
        try:
            stored = self._event(event)
        except ROW_FAULTS as fault:
            self.set_aside(refused(event, fault))
            return
        tally = self._tally(event.source, event.received_time)
        tally.received += 1
        tally.stored += stored
        tally.duplicates += not stored

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

    def _series(self, key: SeriesKey) -> int:
        """The id of a series that was not known before this transaction."""
        if known := self.new_series.get(key):
            return known
        self.connection.execute(
            "INSERT OR IGNORE INTO series (machine, signal, source) VALUES (?, ?, ?)", key
        )
        (found,) = self.connection.execute(
            "SELECT id FROM series WHERE machine = ? AND signal = ? AND source = ?", key
        ).fetchone()
        self.new_series[key] = int(found)
        return int(found)


def _content(reading: Reading) -> tuple[int | None, int, Value, int, str, str]:
    """What a row says beside its series and its times."""
    value, quality = storable_value(reading)
    sequence = reading.sequence
    mark = 0 if sequence is not None else fingerprint((value, reading.unit, quality))
    if value is True or value is False:
        return sequence, mark, int(value), 1, reading.unit, _QUALITY[quality]
    return sequence, mark, value, 0, reading.unit, _QUALITY[quality]


def _fail(_place: int, fault: Exception) -> NoReturn:
    raise fault
