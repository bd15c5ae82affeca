"""TimescaleDB: readings in chunks of a day, compressed after a week, where the server has it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

import psycopg

from ingest.postgres_link import Connection

logger = logging.getLogger(__name__)

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS timescaledb"
_HYPERTABLE = (
    "SELECT create_hypertable('readings', 'source_time',"
    " chunk_time_interval => INTERVAL '1 day', create_default_indexes => FALSE)"
)
_COMPRESSION = (
    """ALTER TABLE readings SET (timescaledb.compress, timescaledb.compress_segmentby = 'series',
           timescaledb.compress_orderby = 'source_time, sequence, numbered')""",
    "SELECT add_compression_policy('readings', compress_after => INTERVAL '7 days')",
)
"""Every column of the unique constraint has to stand in one of the two lists."""
_SAFE_TO_COMPRESS = (2, 19, 1)
"""Earlier ones end an INSERT ... ON CONFLICT DO NOTHING at the first conflict in a compressed
chunk (timescale/timescaledb#7672, mended in 2.18.1 and again in 2.19.1): readings would be lost."""


@dataclass(frozen=True, slots=True)
class Timescale:
    """What a server has of TimescaleDB."""

    version: str = ""
    """As `pg_available_extensions` says; empty: its files are not there."""
    preloaded: bool = False
    """`shared_preload_libraries` names it; without that its first use ends the connection."""
    license: str = ""
    """`apache` has no compression; empty: not known before the extension is made."""

    @property
    def usable(self) -> bool:
        """Whether readings can go into a hypertable."""
        return bool(self.version) and self.preloaded

    @property
    def compresses(self) -> bool:
        """Whether late readings are safe in chunks that are compressed."""
        numbers = tuple(int(number) for number in re.findall(r"\d+", self.version)[:3])
        return self.license != "apache" and numbers >= _SAFE_TO_COMPRESS

    @property
    def statements(self) -> tuple[str, ...]:
        """What makes the readings a hypertable; none where it cannot be one."""
        if not self.usable:
            return ()
        return (_EXTENSION, _HYPERTABLE, *(_COMPRESSION if self.compresses else ()))


def look(connection: Connection) -> Timescale:
    """What the server of a connection has.

    Only a superuser may read `shared_preload_libraries`; a setting of the loader shows the same.
    """
    row = connection.execute(
        """SELECT coalesce((SELECT coalesce(installed_version, default_version)
                            FROM pg_available_extensions WHERE name = 'timescaledb'), ''),
                  current_setting('timescaledb.disable_load', true) IS NOT NULL,
                  coalesce(current_setting('timescaledb.license', true), '')"""
    ).fetchone()
    return Timescale(*row) if row else Timescale()


def make_hypertable(connection: Connection) -> None:
    """Make the empty table of readings a hypertable; it stays a plain one where that fails."""
    try:
        with connection.transaction():
            for statement in look(connection).statements:
                connection.execute(statement)
    except psycopg.Error as fault:
        logger.warning("readings stay in a plain table, TimescaleDB refused: %s", fault)


def is_hypertable(connection: Connection) -> bool:
    """Whether the readings lie in chunks, so that old ones can be dropped by the chunk."""
    row = connection.execute("SELECT to_regclass('timescaledb_information.hypertables')").fetchone()
    if not row or row[0] is None:
        return False
    found = connection.execute(
        "SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = 'readings'"
        " AND hypertable_schema = current_schema()"
    ).fetchone()
    return found is not None
