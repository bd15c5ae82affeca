"""Every history that there is, for the suites that each must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.history import History
from ingest.opening import opened_history
from ingest.settings import IngestSettings


@pytest.fixture(params=["sqlite", "postgres"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], History]]:
    """Opens the same history again, as another process would."""
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    settings = IngestSettings(history_url=url)
    with ExitStack() as opened:
        yield lambda: opened.enter_context(opened_history(tmp_path / "home", settings))


@pytest.fixture
def history(reopen: Callable[[], History]) -> History:
    return reopen()
