"""Which history a setting names: the file in the home folder, or a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ingest.errors import SettingsFault
from ingest.history import History, history_path
from ingest.roster import Roster
from ingest.roster_sqlite import SqliteRoster, roster_path
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory


def opened_history(
    home: Path, settings: IngestSettings, *, make: bool = True
) -> AbstractContextManager[History]:
    """The history of a home, to be closed by the caller's `with`.

    Args:
        home: Andon's folder; the file lies there when no database is named.
        settings: names the database, if any.
        make: begin a new history where there is none yet.

    Raises:
        SettingsFault: there is none and none may be made, or the setting cannot be used.
        StoreFault: it is there and cannot be opened.
    """
    if settings.history_url:
        return _database(settings, make=make)
    path = history_path(home)
    if not make and not path.exists():
        raise SettingsFault(
            f"There is no history at {path}.",
            remedy="Name its folder with --home or ANDON_HOME, or run `andon ingest` first.",
        )
    return SqliteHistory(path, reserve_bytes=settings.disk_reserve_bytes)


def opened_roster(home: Path, settings: IngestSettings) -> AbstractContextManager[Roster]:
    """The roster of the collectors that write into that history, to be closed likewise."""
    if not settings.history_url:
        return SqliteRoster(roster_path(home))
    with _postgres_installed():
        from ingest.roster_postgres import PostgresRoster
    return PostgresRoster(settings.history_url, settings.history_password_file)


def _database(settings: IngestSettings, *, make: bool) -> AbstractContextManager[History]:
    with _postgres_installed():
        from ingest.postgres import PostgresHistory
    return PostgresHistory(settings.history_url, settings.history_password_file, make=make)


@contextmanager
def _postgres_installed() -> Iterator[None]:
    try:
        yield
    except ImportError as fault:
        raise SettingsFault(
            f"ANDON_HISTORY_URL names a PostgreSQL database, and {fault.name} is not installed.",
            remedy="Install it: pip install 'psycopg[binary]'; or unset the setting.",
        ) from fault
