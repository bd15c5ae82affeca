"""What many tests need: a free port, the recorded data, a broker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from tests.private_postgres import PrivatePostgres

ROOT = Path(__file__).parent.parent

# A loaded machine is slow, and that is no fault of what is tested.
settings.register_profile("andon", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("andon")


class FloorsTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Two processes share the tests: one plays whole floors, the other takes file by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "floor" if file.startswith("tests/floor/") else file


def pytest_configure() -> None:
    """SIGTERM ends the tests as Ctrl-C does: what they have started is ended first.

    A shell lets what it starts in the background ignore Ctrl-C, and the processes of the tests
    would inherit that.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    # Every fresh home would look at all runtimes anew; tests of runtimes ask for them themselves.
    os.environ.setdefault("ANDON_RUNTIME", "torch")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FloorsTogether:
    """The scheduler of pytest-xdist for this suite."""
    return FloorsTogether(config, log)


def missing(what: str, remedy: str) -> None:
    """Skip for want of a part of the machine; under CI that is a failure."""
    message = f"{what} is not here: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a free loopback port at each call."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the working tree."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recorded data that is not ours and stays outside the repository."""
    folder = Path(os.environ.get("ANDON_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing(f"the test data folder {folder}", "set ANDON_TEST_DATA to it")
    return folder


@pytest.fixture(scope="session")
def mosquitto() -> Path:
    """The Mosquitto program."""
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        missing("mosquitto", "apt-get install mosquitto")
    return Path(str(found))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PrivatePostgres]:
    """A PostgreSQL server of this session alone."""
    from tests.private_postgres import PrivatePostgres, programs

    found = programs()
    if found is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with PrivatePostgres(Path(str(found))) as server:
        yield server


@pytest.fixture
def postgres(postgres_server: PrivatePostgres) -> Iterator[str]:
    """The URL of an empty database, as ANDON_HISTORY_URL takes it."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def broker(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[str]:
    """The URL of an embedded broker that lives as long as the test."""
    from ingest.broker import EmbeddedBroker

    with EmbeddedBroker(free_port(), tmp_path / "broker") as running:
        yield running.url
