"""Connections to PostgreSQL: how the history's URL is read, and what every connection is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ingest.errors import SettingsFault, StoreFault

Connection = psycopg.Connection[Any]

_PATIENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": "15000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "application_name": "andon",
}
"""A server that went without a word is noticed within seconds; the URL may say otherwise."""
_NO_RIGHT = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)
_SESSION = """
    SET synchronous_commit = on; SET timezone = 'UTC'; SET jit = off;
    SET client_min_messages = warning"""


class PostgresLink:
    """Makes connections to one database. It never shows the password."""

    def __init__(self, url: str, password_file: Path | None = None) -> None:
        given = _parsed(url)
        if given.pop("password", None):
            raise SettingsFault(
                "ANDON_HISTORY_URL holds a password, which others could read.",
                remedy="Put it into a file of its own and name that in "
                "ANDON_HISTORY_PASSWORD_FILE.",
            )
        self._address = make_conninfo("", **(_PATIENCE | given))
        self._password_file = password_file
        self.place = _place(given)

    def connect(self) -> Connection:
        """A connection in autocommit whose commits are on the server's disk before it confirms.

        Raises:
            SettingsFault: the password's file cannot be read.
            StoreFault: the database cannot be reached, or is not one that can be used.
        """
        with self.own_faults():
            connection = psycopg.connect(self._address, password=self._password(), autocommit=True)
            try:
                connection.execute(_SESSION)
                self._look_at(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def own_faults(self) -> Iterator[None]:
        """What the driver raises becomes a StoreFault that names the database."""
        try:
            yield
        except (psycopg.Error, UnicodeError) as fault:  # such is a host's name with an empty part
            words = (str(fault).strip() or type(fault).__name__).splitlines()[0].rstrip(".")
            raise StoreFault(
                f"The history {self.place} cannot be used: {words}.", remedy=_remedy(fault)
            ) from fault

    def _look_at(self, connection: Connection) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreFault(
                f"The database {self.place} keeps text as {encoding}, which cannot hold all texts.",
                remedy="Make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
            )

    def _password(self) -> str | None:
        if self._password_file is None:
            return None
        try:
            return self._password_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsFault(
                f"The password file {self._password_file} cannot be read: {fault}.",
                remedy="Correct ANDON_HISTORY_PASSWORD_FILE.",
            ) from fault


def _parsed(url: str) -> dict[str, Any]:
    remedy = "Write it as postgresql://USER@HOST:PORT/DATABASE."
    if not url.startswith(("postgresql://", "postgres://")):
        scheme = url.split("://", maxsplit=1)[0] if "://" in url else "no URL"
        words = f"ANDON_HISTORY_URL names no PostgreSQL database ({scheme[:20]})."
        raise SettingsFault(words, remedy=remedy)
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError as fault:
        words = f"ANDON_HISTORY_URL cannot be used: {str(fault).strip()}."
        raise SettingsFault(words, remedy=remedy) from fault


def _place(given: dict[str, Any]) -> str:
    host, port = given.get("host", "localhost"), given.get("port", "5432")
    return f"postgresql://{host}:{port}/{given.get('dbname', given.get('user', ''))}"


def _remedy(fault: Exception) -> str:
    if isinstance(fault, _NO_RIGHT):
        return "Make its role the owner of the database: ALTER DATABASE ... OWNER TO ..."
    if isinstance(fault, psycopg.errors.DiskFull):
        return "Make room on the disk of the database server."
    return "Look at ANDON_HISTORY_URL, at ANDON_HISTORY_PASSWORD_FILE and at the database server."
