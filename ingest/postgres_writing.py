"""One write into the PostgreSQL history: rows, dead letters and counters, inside a transaction.

Everything that is locked is locked in the same order by every writer, tables as below and rows by
their keys, so that several collectors wait for each other at most and never in a circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from operator import itemgetter

import psycopg

from ingest.history import Birth, DeadLetter, Record, Written
from ingest.instants import microseconds
from ingest.postgres_link import Connection
from ingest.postgres_locks import WRITERS
from ingest.postgres_rows import (
    OWN_ROW_FAULTS,
    Row,
    clean,
    columns_of,
    counter_row,
    digest,
    event_row,
    fitting,
    reading_row,
)
from ingest.storable import SeriesKey, Tally, refused, summed
from ingest.upkeep import BEGINNING, HOUR, floor, too_old
from ingest.vocabulary import Event, Reading

Keyed = tuple[Reading, int]
"""A reading and the number of its series."""
EventRow = tuple[Event, Row]

SHARES = 32
"""Parts of a source's counters, so that collectors of the same source seldom share a row."""

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

_STANDING = f"""
    SELECT pg_advisory_xact_lock_shared({WRITERS}); SELECT kept_from, marked_to FROM upkeep"""
_MARK_LATE = """
    INSERT INTO late (series, hour)
    SELECT * FROM unnest(%s::integer[], %s::timestamptz[]) AS given (series, hour)
    ORDER BY series, hour
    ON CONFLICT (series, hour) DO UPDATE SET hour = excluded.hour"""
"""The mark is locked: who works it off waits until what is marked is there."""

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
    late: set[tuple[int, datetime]] = field(default_factory=set)
    """Series and hours whose rollups have to be made again."""

    def take(self, records: Sequence[Record]) -> None:
        """Store records, or find them duplicates, or set them aside."""
        readings = [record for record in records if isinstance(record, Reading)]
        events = [record for record in records if isinstance(record, Event)]
        keyed = self._timely(self._keyed(readings)) if readings else []
        rows = self._event_rows(events)
        if self.way is Way.SINGLY:
            self._take_singly(keyed, rows)
        else:
            self._keep_readings(keyed)
            self._keep_events(rows)
        if self.late:
            self.connection.execute(_MARK_LATE, columns_of(sorted(self.late)))

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        """Keep dead letters."""
        for letter in letters:
            self.letters.append(letter)
            tally = self._tally(clean(letter.source), letter.received_time)
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
            digest(b.broker, b.name): (b.broker, b.name, b.content, b.received_time)
            for b in sorted(births, key=lambda birth: birth.received_time)
        }
        for identity in sorted(rows):
            self.connection.execute(_KEEP_BIRTH, (identity, *rows[identity]))

    def finish(self) -> Written:
        """Write the dead letters and bring the counters up to date."""
        if self.letters:
            rows = [
                (clean(letter.source), letter.payload, clean(letter.reason), letter.received_time)
                for letter in self.letters
            ]
            self.connection.execute(_KEEP_LETTERS, columns_of(rows))
        if self.tallies:
            counts = [counter_row(name, tally) for name, tally in self.tallies.items()]
            self.connection.execute(_COUNT, [SHARES, *columns_of(counts)])
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
                rows.append(reading_row(reading, series))
            except OWN_ROW_FAULTS as fault:
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
        cursor = self.connection.execute(_KEEP_EVENTS, columns_of([row for _, row in events]))
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
                    fitting(text)
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

    def _timely(self, keyed: list[Keyed]) -> list[Keyed]:
        """Without what is from before the time that is kept; the late leave marks."""
        cursor = self.connection.execute(_STANDING)
        cursor.nextset()
        kept_from, marked_to = cursor.fetchone() or (BEGINNING, BEGINNING)
        timely: list[Keyed] = []
        for pair in keyed:
            moment = pair[0].source_time
            if moment.tzinfo is not None and moment < marked_to:
                if moment < kept_from:
                    self.set_aside([refused(pair[0], too_old(kept_from))])
                    continue
                self.late.add((pair[1], floor(moment, HOUR)))
            timely.append(pair)
        return timely

    def _find(self, keys: set[SeriesKey]) -> None:
        """Look up series, and make those that are not there."""
        identities = {key: digest(*key) for key in keys}
        missing = self._look_up(identities)
        if missing:
            rows = [(identities[key], *key) for key in missing]
            self.connection.execute(_MAKE_SERIES, columns_of(rows))
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
                rows.append((event, event_row(event)))
            except OWN_ROW_FAULTS as fault:
                self.set_aside([refused(event, fault)])
        return rows
