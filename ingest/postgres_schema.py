"""The tables of the PostgreSQL history, as numbered migrations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import psycopg

from ingest.errors import StoreFault
from ingest.postgres_link import Connection
from ingest.postgres_locks import MIGRATION
from ingest.timescale import make_hypertable

logger = logging.getLogger(__name__)

Migration = Callable[[Connection], None]


def _m0001_first_tables(connection: Connection) -> None:
    """Long texts are no part of any index: PostgreSQL's have room for 2,704 bytes only."""
    connection.execute(
        """
        CREATE TABLE series (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            identity bytea NOT NULL UNIQUE,
            machine text NOT NULL, signal text NOT NULL, source text NOT NULL);
        COMMENT ON COLUMN series.identity IS 'hash of machine, signal and source';
        CREATE INDEX series_by_machine ON series USING hash (machine);

        CREATE TABLE readings (
            id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000),
            source_time timestamptz NOT NULL, received_time timestamptz NOT NULL,
            sequence bigint NOT NULL, real double precision, whole bigint,
            series integer NOT NULL,
            numbered boolean NOT NULL, is_bool boolean NOT NULL,
            unit text NOT NULL, quality text NOT NULL, words text,
            CONSTRAINT readings_identity UNIQUE (series, source_time, sequence, numbered));
        COMMENT ON COLUMN readings.sequence IS
            'number given by the source if numbered, else a fingerprint of the content';

        CREATE TABLE events (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            identity bytea NOT NULL UNIQUE,
            machine text NOT NULL, code text NOT NULL, severity text NOT NULL,
            state text NOT NULL, text text NOT NULL,
            source_time timestamptz NOT NULL, received_time timestamptz NOT NULL,
            source text NOT NULL, sequence bigint);
        COMMENT ON COLUMN events.identity IS
            'hash of source, machine, code, source time and sequence, or content without one';
        CREATE INDEX events_by_time ON events (source_time);
        CREATE INDEX events_by_machine ON events (left(machine, 100), source_time);

        CREATE TABLE dead_letters (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            source text NOT NULL, payload bytea NOT NULL, reason text NOT NULL,
            received_time timestamptz NOT NULL);

        CREATE TABLE counters (
            identity bytea NOT NULL, share integer NOT NULL, source text NOT NULL,
            received bigint NOT NULL, stored bigint NOT NULL,
            duplicates bigint NOT NULL, dead_lettered bigint NOT NULL,
            last_received timestamptz NOT NULL,
            PRIMARY KEY (identity, share)) WITH (fillfactor = 50);
        COMMENT ON TABLE counters IS
            'the sum over the shares of a source counts; one writer keeps to one share';

        CREATE TABLE births (
            identity bytea PRIMARY KEY,
            broker text NOT NULL, name text NOT NULL, content text NOT NULL,
            received_time timestamptz NOT NULL);

        CREATE VIEW measurements AS
            SELECT machine, signal, source_time, received_time,
                   CASE WHEN numbered THEN sequence END AS sequence,
                   coalesce(real, whole) AS number, words AS text, unit, quality, source,
                   readings.id AS row
            FROM readings JOIN series ON series.id = readings.series"""
    )


def _m0003_rollups(connection: Connection) -> None:
    """See `ingest/upkeep.py` for the four instants, `ingest/rollups.py` for the columns."""
    connection.execute(
        """
        CREATE TABLE upkeep (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            rolled_to timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
            marked_to timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
            kept_from timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
            minutes_from timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00');
        INSERT INTO upkeep DEFAULT VALUES;

        CREATE TABLE late (
            series integer NOT NULL, hour timestamptz NOT NULL, PRIMARY KEY (series, hour));

        CREATE TABLE rollups (
            series integer NOT NULL, step interval NOT NULL, bucket timestamptz NOT NULL,
            count bigint NOT NULL, rest bigint NOT NULL, texts bigint NOT NULL,
            total double precision NOT NULL,
            low double precision, low_time timestamptz,
            high double precision, high_time timestamptz,
            first double precision, first_time timestamptz,
            last double precision, last_time timestamptz,
            received_time timestamptz NOT NULL, unit text NOT NULL,
            all_good boolean NOT NULL, is_bool boolean NOT NULL,
            PRIMARY KEY (series, step, bucket))"""
    )


MIGRATIONS: Sequence[Migration] = (_m0001_first_tables, make_hypertable, _m0003_rollups)
"""In order, append only: what has run in a plant is never changed. `andon_schema` counts them."""


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, each step in its own transaction.

    Several processes may open a new history at once: the lock is taken before looking.
    """
    while _step(connection):
        pass


def has_history(connection: Connection) -> bool:
    """Whether a history was begun in this database."""
    row = connection.execute("SELECT to_regclass('andon_schema') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _step(connection: Connection) -> bool:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION,))
        if not has_history(connection):
            connection.execute("CREATE TABLE andon_schema (step integer NOT NULL)")
            connection.execute("INSERT INTO andon_schema VALUES (0)")
        row = connection.execute("SELECT max(step) FROM andon_schema").fetchone()
        done = int(row[0]) if row else 0
        if done > len(MIGRATIONS):
            raise StoreFault(
                f"The history was written by a newer Andon (step {done}).",
                remedy="Update Andon, or name another database.",
            )
        if done == len(MIGRATIONS):
            return False
        MIGRATIONS[done](connection)
        connection.execute("UPDATE andon_schema SET step = %s", (done + 1,))
        return True


def warn_of_unsafe(connection: Connection, place: str) -> None:
    """Say once that a server does not keep what it confirms."""
    try:
        row = connection.execute("SHOW fsync").fetchone()
    except psycopg.Error:
        return
    if row and row[0] == "off":
        logger.warning("the database server runs with fsync off and may lose data url=%s", place)
