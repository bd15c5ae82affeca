"""One write into the PostgreSQL history: rows, dead letters and counters, inside a transaction.

Everything that is locked is locked in the same order by every writer, tables as below and rows by
their keys, so that several collectors wait for each other at most and never in a circle.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from operator import itemgetter
from typing import Any

import psycopg

from ingest.history import Birth, DeadLetter, Record, Written
from ingest.instants import instant, microseconds
from ingest.postgres_link import Connection
from ingest.storable import Tally, fingerprint, refused, storable_text, storable_value, summed
from ingest.vocabulary import Event, Reading, Value

SeriesKey = tuple[str, str, str]
"""Machine, signal, source."""
Row = tuple[Any, ...]
Keyed = tuple[Reading, int]
"""A reading and the number of its series."""
EventRow = tuple[Event, Row]

SHARES = 32
"""Parts of a source's counters, so that collectors of the same source seldom share a row."""

_BEYOND = 2**63
_TOO_LARGE = "integer too large for 64 bits"
_IDENTITY = itemgetter(0, 1, 3, 4)
"""Series, source time, sequence, numbered, of a row."""

STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_readings (
        series integer, source_time timestamptz, received_time timestamptz, sequence bigint,
        numbered boolean, real double precision, whole bigint, words text, is_bool boolean,
        unit text, quality text) ON COMMIT DELETE ROWS"""

_COLUMNS = """series, source_time, received_time, sequence, numbered, real, whole, words,
    is_bool, unit, quality"""
_TYPES = (
    *("int4", "timestamptz", "timestamptz", "int8", "bool", "float8", "int8", "text"),
    *("bool", "text", "text"),
)

_COPY = f"COPY {{table}} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_KEEP_READINGS = f"""
    WITH kept AS (
        INSERT INTO readings ({_COLUMNS})
        SELECT {_COLUMNS} FROM staged_readings ORDER BY series, source_time, sequence, numbered
        ON CONFLICT (series, source_time, sequence, numbered) DO NOTHING RETURNING series)
    SELECT series, count(*) FROM kept GROUP BY series"""

_KEEP_EVENTS = """
    WITH kept AS (
        INSERT INTO events (identity, machine, code, severity, state, text, source_time,
                            received_time, source, sequence)
        SELECT * FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
                             %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
                             %s::bigint[]) AS given (identity) ORDER BY identity
        ON CONFLICT (identity) DO NOTHING RETURNING source)
    SELECT source, count(*) FROM kept GROUP BY source"""

_FIND_SERIES = "SELECT machine, signal, source, id FROM series WHERE identity = ANY(%s)"
_MAKE_SERIES = """
    INSERT INTO series (identity, machine, signal, source)
    SELECT * FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[]) AS given (identity)
    ORDER BY identity ON CONFLICT (identity) DO NOTHING"""

_KEEP_LETTERS = """
    INSERT INTO dead_letters (source, payload, reason, received_time)
    SELECT * FROM unnest(%s::text[], %s::bytea[], %s::text[], %s::timestamptz[])"""

_KEEP_BIRTH = """
    INSERT INTO births (identity, broker, name, content, received_time)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (identity) DO UPDATE SET
        content = excluded.content, received_time = excluded.received_time
        WHERE excluded.received_time >= births.received_time"""

_COUNT = """
    INSERT INTO counters (identity, share, source, received, stored, duplicates, dead_lettered,
                          last_received)
    SELECT identity, pg_backend_pid() %% %s, source, received, stored, duplicates, dead, last
    FROM unnest(%s::bytea[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::timestamptz[])
         AS given (identity, source, received, stored, duplicates, dead, last)
    ORDER BY identity
    ON CONFLICT (identity, share) DO UPDATE SET
        received = counters.received + excluded.received,
        stored = counters.stored + excluded.stored,
        duplicates = counters.duplicates + excluded.duplicates,
        dead_lettered = counters.dead_lettered + excluded.dead_lettered,
        last_received = greatest(counters.last_received, excluded.last_received)"""

ROW_FAULTS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
)
"""What one bad row can make the server say; everything else is the store's own trouble."""
_OWN_ROW_FAULTS = (OverflowError, ValueError, TypeError)


class Way(Enum):
    """How readings come into their table, quickest first."""

    DIRECT = "copied into it: a duplicate among them makes the server refuse all"
    STAGED = "copied into a table of this connection, and from there unless known"
    SINGLY = "one after the other, so that one that is refused harms nothing but itself"


@dataclass(slots=True)
class PostgresWriting:
    """Takes records into an open transaction; nothing counts before the commit."""

    connection: Connection
    series: Mapping[SeriesKey, int]
    """Known before this transaction."""
    way: Way
    new_series: dict[SeriesKey, int] = field(default_factory=dict)
    """Made or found in this transaction."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)

    def take(self, records: Sequence[Record]) -> None:
        """Store records, or find them duplicates, or set them aside."""
        readings = [record for record in records if isinstance(record, Reading)]
        events = [record for record in records if isinstance(record, Event)]
        keyed, rows = self._keyed(readings), self._event_rows(events)
        if self.way is Way.SINGLY:
            self._take_singly(keyed, rows)
        else:
            self._keep_readings(keyed)
            self._keep_events(rows)

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        """Keep dead letters."""
        for letter in letters:
            self.letters.append(letter)
            tally = self._tally(_clean(letter.source), letter.received_time)
            tally.received += 1
            tally.dead_lettered += 1

    def take_back(self, letter: DeadLetter) -> None:
        """Uncount a dead letter that records will stand for."""
        tally = self._tally(letter.source, letter.received_time)
        tally.received -= 1
        tally.dead_lettered -= 1

    def remember(self, births: Iterable[Birth]) -> None:
        """Keep births in the place of earlier ones."""
        rows: dict[bytes, Row] = {
            _digest(b.broker, b.name): (b.broker, b.name, b.content, b.received_time)
            for b in sorted(births, key=lambda birth: birth.received_time)
        }
        for identity in sorted(rows):
            self.connection.execute(_KEEP_BIRTH, (identity, *rows[identity]))

    def finish(self) -> Written:
        """Write the dead letters and bring the counters up to date."""
        if self.letters:
            rows = [
                (_clean(letter.source), letter.payload, _clean(letter.reason), letter.received_time)
                for letter in self.letters
            ]
            self.connection.execute(_KEEP_LETTERS, _columns(rows))
        if self.tallies:
            counts = [_counter_row(name, tally) for name, tally in self.tallies.items()]
            self.connection.execute(_COUNT, [SHARES, *_columns(counts)])
        return summed(self.tallies.values())

    def _take_singly(self, keyed: list[Keyed], events: list[EventRow]) -> None:
        for pair in sorted(keyed, key=lambda pair: (pair[1], pair[0].source_time)):
            try:
                with self.connection.transaction():
                    self._keep_readings([pair])
                    self.connection.execute("DELETE FROM staged_readings")
            except ROW_FAULTS as fault:
                self.set_aside([refused(pair[0], fault)])
        for event in sorted(events, key=lambda row: bytes(row[1][0])):
            try:
                with self.connection.transaction():
                    self._keep_events([event])
            except ROW_FAULTS as fault:
                self.set_aside([refused(event[0], fault)])

    def _keep_readings(self, keyed: list[Keyed]) -> None:
        rows: list[Row] = []
        kept: list[Record] = []
        sources: dict[int, str] = {}
        for reading, series in keyed:
            try:
                rows.append(_reading_row(reading, series))
            except _OWN_ROW_FAULTS as fault:
                self.set_aside([refused(reading, fault)])
            else:
                kept.append(reading)
                sources[series] = reading.source
        if not rows:
            return
        rows.sort(key=_IDENTITY)
        if self.way is Way.DIRECT:
            self._copy("readings", rows)
            self._count(kept, Counter(reading.source for reading in kept).items())
        else:
            self._copy("staged_readings", rows)
            stored: list[tuple[int, int]] = self.connection.execute(_KEEP_READINGS).fetchall()
            self._count(kept, ((sources[series], count) for series, count in stored))

    def _copy(self, table: str, rows: Iterable[Row]) -> None:
        with self.connection.cursor() as cursor, cursor.copy(_COPY.format(table=table)) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)

    def _keep_events(self, events: list[EventRow]) -> None:
        if not events:
            return
        cursor = self.connection.execute(_KEEP_EVENTS, _columns([row for _, row in events]))
        self._count([event for event, _ in events], cursor.fetchall())

    def _count(self, records: Sequence[Record], stored: Iterable[tuple[str, int]]) -> None:
        """What is not stored of these is a duplicate."""
        counts = Counter(record.source for record in records)
        last: dict[str, datetime] = {}
        for record in records:
            if record.source not in last or last[record.source] < record.received_time:
                last[record.source] = record.received_time
        for source, count in counts.items():
            tally = self._tally(source, last[source])
            tally.received += count
            tally.duplicates += count
        for source, count in stored:
            self.tallies[source].stored += count
            self.tallies[source].duplicates -= count

    def _tally(self, source: str, received: datetime) -> Tally:
        tally = self.tallies.setdefault(source, Tally())
        tally.last_received = max(tally.last_received, microseconds(received))
        return tally

    def _keyed(self, readings: Sequence[Reading]) -> list[Keyed]:
        """Each reading with its series, which is made where it is new."""
        keys = [(reading.machine, reading.signal, reading.source) for reading in readings]
        unknown: dict[SeriesKey, str] = {}
        for key in set(keys) - self.series.keys():
            try:
                for text in key:
                    _fitting(text)
            except ValueError as fault:
                unknown[key] = str(fault)
        self._find(set(keys) - self.series.keys() - unknown.keys())
        keyed: list[Keyed] = []
        for key, reading in zip(keys, readings, strict=True):
            if key in unknown:
                self.set_aside([refused(reading, ValueError(unknown[key]))])
            else:
                keyed.append((reading, self.series.get(key) or self.new_series[key]))
        return keyed

    def _find(self, keys: set[SeriesKey]) -> None:
        """Look up series, and make those that are not there."""
        identities = {key: _digest(*key) for key in keys}
        missing = self._look_up(identities)
        if missing:
            rows = [(identities[key], *key) for key in missing]
            self.connection.execute(_MAKE_SERIES, _columns(rows))
            self._look_up({key: identities[key] for key in missing})

    def _look_up(self, identities: Mapping[SeriesKey, bytes]) -> set[SeriesKey]:
        """Take over the ids of series; those that have none are returned."""
        if identities:
            wanted = list(identities.values())
            for row in self.connection.execute(_FIND_SERIES, (wanted,)):
                machine, signal, source, number = row
                self.new_series[machine, signal, source] = number
        return identities.keys() - self.new_series.keys()

    def _event_rows(self, events: Iterable[Event]) -> list[EventRow]:
        rows: list[EventRow] = []
        for event in events:
            try:
                rows.append((event, _event_row(event)))
            except _OWN_ROW_FAULTS as fault:
                self.set_aside([refused(event, fault)])
        return rows


def _counter_row(source: str, tally: Tally) -> Row:
    return (
        _digest(source),
        source,
        tally.received,
        tally.stored,
        tally.duplicates,
        tally.dead_lettered,
        instant(tally.last_received),
    )


def _reading_row(reading: Reading, series: int) -> Row:
    value, quality = storable_value(reading)
    unit = _fitting(reading.unit)
    sequence = reading.sequence
    numbered = sequence is not None
    if sequence is None:
        sequence = fingerprint((value, unit, quality))
    elif not -_BEYOND <= sequence < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    if reading.source_time.tzinfo is None or reading.received_time.tzinfo is None:
        raise ValueError("a time without a zone")
    times = (series, reading.source_time, reading.received_time, sequence, numbered)
    if type(value) is float:
        return (*times, value, None, None, False, unit, quality)
    return (*times, *_other_value(value), unit, quality)


def _other_value(value: Value) -> Row:
    """A value in its columns: number with a fraction, integer, words, whether it is a truth."""
    if value is None:
        return (None, None, None, False)
    if isinstance(value, str):
        return (None, None, _fitting(value), False)
    if isinstance(value, float):
        return (float(value), None, None, False)
    if not -_BEYOND <= value < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    return (None, int(value), None, isinstance(value, bool))


def _event_row(event: Event) -> Row:
    content = (event.severity, event.state, event.text)
    sequence = event.sequence
    if sequence is not None and not -_BEYOND <= sequence < _BEYOND:
        raise OverflowError(_TOO_LARGE)
    mark = fingerprint(content) if sequence is None else sequence
    when = microseconds(event.source_time)
    texts = (event.machine, event.code, event.severity.value, event.state.value, event.text)
    return (
        _digest(event.source, event.machine, event.code, f"{when} {mark} {sequence is None}"),
        *(_fitting(text) for text in texts),
        event.source_time,
        event.received_time,
        _fitting(event.source),
        sequence,
    )


def _fitting(text: str) -> str:
    """ValueError for what PostgreSQL's texts cannot hold."""
    if "\0" in text:
        raise ValueError("it holds a NUL character, which PostgreSQL's texts cannot")
    if not text.isascii():
        text.encode()
    return text


def _clean(text: str) -> str:
    """Text with marks in the place of what PostgreSQL's texts cannot hold."""
    return storable_text(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _digest(*parts: str) -> bytes:
    """16 bytes that are the same for the same texts."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(framed.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    """Rows as one list a column, for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]
