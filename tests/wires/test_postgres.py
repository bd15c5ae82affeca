"""What only the history in PostgreSQL has to stand: its server, its texts, its other writers."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.errors import SettingsFault, StoreFault
from ingest.history import DeadLetter, History, Record, Written
from ingest.opening import opened_history
from ingest.postgres import PostgresHistory
from ingest.postgres_link import PostgresLink
from ingest.postgres_schema import MIGRATIONS
from ingest.settings import IngestSettings
from ingest.timescale import Timescale, is_hypertable, look
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity
from tests.conftest import missing
from tests.private_postgres import KEYED_ROLE, PrivatePostgres, programs

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def history(postgres: str) -> Iterator[PostgresHistory]:
    with PostgresHistory(postgres) as opened:
        yield opened


@pytest.fixture
def own_server() -> Iterator[PrivatePostgres]:
    """A server that a test may crash without harm to the others."""
    found = programs()
    if found is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with PrivatePostgres(Path(str(found))) as server:
        yield server


def reading(number: int = 1, **changes: object) -> Reading:
    first = Reading(
        machine="press-3",
        signal="oil_temp",
        value=61.2,
        unit="degC",
        quality=Quality.GOOD,
        source_time=START + number * SECOND,
        received_time=START + number * SECOND,
        source="mqtt:press-3",
        sequence=number,
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def event(number: int = 1, **changes: object) -> Event:
    first = Event(
        machine="press-3",
        code="E217",
        severity=Severity.WARNING,
        state=EventState.RAISED,
        text="oil temp high",
        source_time=START,
        received_time=START,
        source="mqtt:press-3/events",
        sequence=number,
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def balanced(history: History) -> bool:
    return all(
        count.received == count.stored + count.duplicates + count.dead_lettered
        for count in history.counters()
    )


@pytest.mark.parametrize(
    "bad",
    [
        reading(value="a\0b"),
        reading(unit="\0"),
        reading(machine="press\0"),
        reading(source="mqtt:\0"),
        reading(value=-(2**63) - 1),
        reading(sequence=2**63),
        reading(source_time=datetime(2026, 11, 22, 10, 0)),  # noqa: DTZ001
        event(text="a\0b"),
        event(code="\ud800"),
        event(sequence=2**63),
    ],
)
def test_what_the_server_cannot_hold_is_set_aside(
    history: PostgresHistory, bad: Reading | Event
) -> None:
    """A NUL, half a surrogate pair, 65 bits, no zone: one dead letter, and its neighbours stay."""
    written = history.write([reading(100), bad, event(100), reading(101)])
    assert written == Written(4, 3, 0, 1)
    (letter,) = history.dead_letters()
    assert "the store cannot hold it" in letter.reason
    assert json.loads(letter.payload)["signal" if isinstance(bad, Reading) else "code"]
    assert balanced(history)


def test_a_dead_letter_with_a_nul_is_kept(history: PostgresHistory) -> None:
    """Its payload to the byte, its words with a mark in the place."""
    history.write([], [DeadLetter("mqtt:a\0b", b"\0\xff", "bad \0 byte", START)])
    (letter,) = history.dead_letters()
    assert (letter.payload, letter.reason) == (b"\0\xff", "bad \N{REPLACEMENT CHARACTER} byte")
    assert balanced(history)


def test_what_the_server_refuses_is_set_aside_and_its_neighbours_stay(
    history: PostgresHistory, postgres: str
) -> None:
    """Also for a reason that only the server knows."""
    with psycopg.connect(postgres) as connection:
        connection.execute("ALTER TABLE readings ADD CHECK (unit <> 'furlong')")
        connection.execute("ALTER TABLE events ADD CHECK (code <> 'E666')")
    batch: list[Record] = [
        *(reading(n, unit="furlong" if n == 5 else "degC") for n in range(10)),
        *(event(n, code="E666" if n == 5 else "E217") for n in range(10)),
        reading(3),
    ]
    assert history.write(batch) == Written(21, 18, 1, 2)
    assert history.write([reading(11)]) == Written(1, 1, 0, 0)
    assert {json.loads(letter.payload)["sequence"] for letter in history.dead_letters()} == {5}
    assert balanced(history)


def test_long_names_find_room(history: PostgresHistory) -> None:
    """A topic may have 65,535 bytes; no index of PostgreSQL takes that."""
    name = "".join(chr(0x4E00 + n % 20_000) for n in range(20_000))
    history.write(
        [reading(machine=name, signal=name, source=name), event(machine=name, code=name)],
        [DeadLetter(name, b"", name, START)],
    )
    (found,) = history.latest(name)
    assert (found.signal, found.source) == (name, name)
    assert history.events(name, START, START + SECOND)[0].code == name
    assert history.machines() == [name]


def test_a_batch_with_known_readings_is_kept_the_careful_way(history: PostgresHistory) -> None:
    """Some new, some known from before, some twice in it: each is counted as what it is."""
    history.write([reading(n) for n in range(10)])
    batch = [reading(n) for n in (*range(5, 15), 14, 14)]
    assert history.write(batch) == Written(12, 5, 7, 0)
    assert history.write([reading(n) for n in range(20)]) == Written(20, 5, 15, 0)
    assert [row.sequence for row in history.export()] == list(range(20))
    assert balanced(history)


def test_two_collectors_write_the_same_in_opposite_order(postgres: str) -> None:
    """They wait for each other and never in a circle; every record is stored once."""
    records = [
        record
        for n in range(200)
        for record in (reading(n, source=f"mqtt:{n % 7}"), event(n, source=f"mqtt:{n % 5}"))
    ]
    begin = threading.Barrier(4)

    def collect(order: int) -> int:
        with PostgresHistory(postgres) as history:
            begin.wait()
            return sum(
                history.write(records[at : at + 40][::order]).stored
                for at in range(0, len(records), 40)[::order]
            )

    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(collect, (1, -1, 1, -1)))
    assert sum(stored) == len(records)
    with PostgresHistory(postgres) as history:
        assert sum(count.received for count in history.counters()) == 4 * len(records)
        assert len(list(history.export())) == 200
        assert balanced(history)


def test_nothing_is_confirmed_while_the_server_is_away_and_all_when_it_is_back(
    own_server: PrivatePostgres,
) -> None:
    """A crash between two writes costs a StoreFault and no reading; readers do not notice."""
    with own_server.database() as url, PostgresHistory(url) as history:
        history.write([reading(1)])
        assert history.machines() == ["press-3"]
        own_server.stop(signal.SIGQUIT)
        for _ in range(2):
            with pytest.raises(StoreFault, match="cannot be used"):
                history.write([reading(2)])
            with pytest.raises(StoreFault):
                history.latest("press-3")
        own_server.start()
        assert history.write([reading(1), reading(2)]) == Written(2, 1, 1, 0)
        assert [row.sequence for row in history.export()] == [1, 2]
        own_server.stop(signal.SIGQUIT)
        own_server.start()
        assert history.machines() == ["press-3"]
        assert balanced(history)


def test_a_backend_that_is_ended_in_a_write_leaves_nothing(
    history: PostgresHistory, postgres: str
) -> None:
    """The transaction is undone and said to be; the same write succeeds the next time."""
    history.write([reading(1)])
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("BEGIN; LOCK TABLE counters")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(history.write, [reading(2)])
            ended = False
            while not ended:
                query = """SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
                           WHERE wait_event_type = 'Lock' AND datname = current_database()"""
                ended = bool((other.execute(query).fetchone() or (None,))[0])
            with pytest.raises(StoreFault):
                waiting.result()
        other.execute("ROLLBACK")
    assert history.write([reading(2)]) == Written(1, 1, 0, 0)
    assert balanced(history)


def test_a_server_that_takes_no_writes_is_asked_anew(
    history: PostgresHistory, postgres: str
) -> None:
    """After a change of the leading server the old connection leads nowhere."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(StoreFault, match="read-only"):
            history.write([reading(1)])
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert history.write([reading(1)]).stored == 1


def test_every_commit_waits_for_the_disk(history: PostgresHistory, postgres: str) -> None:
    """Whatever the database has as its default."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        try:
            link = PostgresLink(postgres)
            with link.connect() as ours:
                assert ours.execute("SHOW synchronous_commit").fetchone() == ("on",)
        finally:
            connection.execute(f"ALTER DATABASE {name} RESET synchronous_commit")


def test_several_processes_may_begin_a_history_at_once(postgres: str) -> None:
    """Each step of the tables is made once."""
    with ThreadPoolExecutor(6) as pool:
        for opened in list(pool.map(lambda _: PostgresHistory(postgres), range(6))):
            opened.close()
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT step FROM andon_schema").fetchall() == [
            (len(MIGRATIONS),)
        ]


def test_a_history_of_a_newer_andon_is_left_alone(history: PostgresHistory, postgres: str) -> None:
    """It is refused with what to do."""
    with psycopg.connect(postgres) as connection:
        connection.execute("UPDATE andon_schema SET step = 99")
    with pytest.raises(StoreFault, match=r"newer Andon \(step 99\)"):
        PostgresHistory(postgres)


def test_reading_commands_begin_no_history(postgres: str) -> None:
    """An empty database stays empty, and that it is empty is said."""
    with pytest.raises(SettingsFault, match="There is no history in postgresql://127"):
        PostgresHistory(postgres, make=False)
    with psycopg.connect(postgres) as connection:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_password_comes_from_its_file_and_is_never_shown(
    postgres_server: PrivatePostgres, postgres: str, tmp_path: Path
) -> None:
    """The right one opens, a wrong one and a missing file are refused in words without it."""
    name = postgres.rsplit("/", 1)[1]
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {KEYED_ROLE}")
        connection.execute(f"CREATE ROLE {KEYED_ROLE} LOGIN PASSWORD 'open sesame'")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {KEYED_ROLE}")
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    url = postgres_server.url(name, KEYED_ROLE)
    settings = IngestSettings(history_url=url, history_password_file=file)
    with opened_history(tmp_path, settings) as history:
        assert "sesame" not in history.place
    file.write_text("open barley")
    with pytest.raises(StoreFault) as refused:
        opened_history(tmp_path, settings)
    assert "authentication failed" in str(refused.value)
    assert "barley" not in str(refused.value)
    file.unlink()
    with pytest.raises(SettingsFault, match="cannot be read"):
        opened_history(tmp_path, settings)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://andon:secret@127.0.0.1/andon", "holds a password"),
        ("postgresql://andon@127.0.0.1/andon?ssl=yes", "invalid URI query parameter"),
        ("mysql://andon:secret@127.0.0.1/andon", r"no PostgreSQL database \(mysql\)"),
        ("history.db", r"no PostgreSQL database \(no URL\)"),
    ],
)
def test_a_url_that_cannot_be_used_is_a_fault_of_the_settings(url: str, words: str) -> None:
    """With what to write in its place, and no password in the words."""
    with pytest.raises(SettingsFault, match=words) as refused:
        PostgresLink(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_named(free_port: Callable[[], int]) -> None:
    """Without the role, with the setting to look at."""
    port = free_port()
    with pytest.raises(StoreFault, match=rf"127\.0\.0\.1:{port}/andon .*ANDON_HISTORY_URL"):
        PostgresHistory(f"postgresql://andon@127.0.0.1:{port}/andon")
    with pytest.raises(StoreFault, match=r"10\.0\.\.5:5432/andon cannot be used: .*label empty"):
        PostgresHistory("postgresql://andon@10.0..5/andon")


def test_a_role_without_rights_is_told_what_it_lacks(
    postgres_server: PrivatePostgres, postgres: str
) -> None:
    """PostgreSQL 15 lets only the owner make tables."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS visitor")
        connection.execute("CREATE ROLE visitor LOGIN")
    url = postgres_server.url(postgres.rsplit("/", 1)[1], "visitor")
    with pytest.raises(StoreFault, match=r"permission denied .*OWNER TO"):
        PostgresHistory(url)


def test_a_database_that_cannot_hold_every_text_is_refused(
    postgres_server: PrivatePostgres,
) -> None:
    """Better at the start than at the first umlaut."""
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreFault, match=r"LATIN1.*ENCODING 'UTF8'"):
        PostgresHistory(postgres_server.url("latin"))


def test_readings_can_be_looked_at_with_sql(history: PostgresHistory, postgres: str) -> None:
    """A view for the plant's own tools, with one number a row."""
    history.write([reading(1, value=7), reading(2, value="auto", sequence=None)])
    with psycopg.connect(postgres) as connection:
        query = "SELECT signal, sequence, number, text FROM measurements ORDER BY source_time"
        assert connection.execute(query).fetchall() == [
            ("oil_temp", 1, 7.0, None),
            ("oil_temp", None, None, "auto"),
        ]


def test_without_timescaledb_readings_lie_in_a_plain_table(
    history: PostgresHistory, postgres: str
) -> None:
    """Nothing is asked of a server that does not have it."""
    history.write([reading(1)])
    with psycopg.connect(postgres) as connection:
        if look(connection).usable:
            pytest.skip("this server has TimescaleDB")
        assert look(connection).statements == ()
        assert not is_hypertable(connection)


@pytest.mark.parametrize(
    ("found", "made", "compressed"),
    [
        (Timescale(), False, False),
        (Timescale("2.20.0", preloaded=False), False, False),
        (Timescale("2.20.0", preloaded=True), True, True),
        (Timescale("2.19.1", preloaded=True, license="timescale"), True, True),
        (Timescale("2.20.0", preloaded=True, license="apache"), True, False),
        (Timescale("2.17.2", preloaded=True, license="timescale"), True, False),
    ],
)
def test_what_is_made_of_timescaledb(found: Timescale, made: bool, compressed: bool) -> None:
    """A hypertable where it is loaded; compression where no insert is cut short by it."""
    statements = " ".join(found.statements)
    assert ("create_hypertable" in statements) is made
    assert ("add_compression_policy" in statements) is compressed
