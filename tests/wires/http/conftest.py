"""The real app over a real history and a real card store, with fakes of the three paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from finetune.models import ModelStore
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import load_plant
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Evidence, EvidenceKind, Issue, Quality, Reading, Severity
from service.access import Access, Role, create_key
from service.answer_log import AnswerLog
from service.app import create_app
from service.cards_store import CardStore, NewCard
from service.database import Database
from service.feed import Feed
from service.instructions import InstructionStore
from service.learning import learning_of
from service.ledger import Ledger
from service.lookout import Lookout
from service.parts import Parts
from service.settings import ServiceSettings
from service.shelf import ModelShelf
from tests.fakes import FakeClassifier, FakeLibrary, FakeShelf, FakeSummarizer
from tests.small_models import add_version

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOCAL = "http://127.0.0.1"
PLANT = """
[plant]
name = "Small plant"
timezone = "Europe/Berlin"

[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[[machines.signals]]
id = "oil_temp"
unit = "degC"
high = 65.0
[[machines.signals]]
id = "state"
"""


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """All parts, clock at noon; nobody watches."""
    plant_file = tmp_path / "plant.toml"
    plant_file.write_text(PLANT)
    plant = load_plant(plant_file)
    path = tmp_path / "history.db"
    settings = ServiceSettings(home=tmp_path, plant=plant_file)
    shelf = FakeShelf(FakeClassifier({"whin": "pump_worn"}), root=tmp_path / "models")
    with SqliteHistory(path) as history, Database(path) as database:
        yield Parts(
            settings=settings,
            plant=plant,
            history=history,
            cards=CardStore(database),
            instructions=InstructionStore(database),
            ledger=Ledger(database),
            answers=AnswerLog(database),
            lookout=Lookout(plant, history, settings=EvidenceSettings()),
            summarizer=FakeSummarizer(),
            shelf=shelf,
            library=FakeLibrary({"E217": "cooler_fouled"}),
            access=Access(None),
            feed=Feed(),
            learning=learning_of(database, shelf, settings),
            clock=lambda: NOON,
        )


@pytest.fixture
def real_parts(parts: Parts, tmp_path: Path) -> Iterator[Parts]:
    """With real models of one task: the first in use, the second with other answers."""
    store = ModelStore(tmp_path / "models")
    store.promote("mine", add_version(store))
    add_version(store, turned=1)
    shelf = ModelShelf(store)
    with Database(tmp_path / "history.db") as database:
        learning = learning_of(database, shelf, parts.settings)
        yield replace(parts, shelf=shelf, learning=learning)


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    """A client on this machine, of a service without keys."""
    with TestClient(create_app(parts), base_url=LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def keyed(parts: Parts, tmp_path: Path) -> Iterator[Callable[[Role | None], TestClient]]:
    """Makes clients of a service with keys, by role."""
    path = tmp_path / "keys.json"
    tokens = {role: create_key(path, role, name=f"a-{role}") for role in Role}
    app = create_app(replace(parts, access=Access(path)))
    with TestClient(app, base_url="http://andon.plant") as one:

        def of(role: Role | None) -> TestClient:
            one.headers.pop("Authorization", None)
            if role is not None:
                one.headers["Authorization"] = f"Bearer {tokens[role]}"
            return one

        yield of


@pytest.fixture
def card(parts: Parts) -> Issue:
    """An open card of press-3."""
    evidence = Evidence(
        id="E0001",
        kind=EvidenceKind.ALARM,
        machine="press-3",
        signals=(),
        start=NOON - timedelta(seconds=9),
        end=NOON,
        severity=Severity.WARNING,
        statement="alarm E217 raised 1 times",
        numbers={},
        rows=(),
        codes=("E217",),
        quotes=("oil hot",),
    )
    new = NewCard("press-3", "line-1", Severity.WARNING, "alarm E217", (evidence,), NOON)
    return parts.cards.open(new, NOON)


@pytest.fixture
def readings(parts: Parts) -> list[Reading]:
    """A minute of oil temperature until noon, stored."""
    found = [
        Reading(
            machine="press-3",
            signal="oil_temp",
            value=45.0 + number % 3,
            unit="degC",
            quality=Quality.GOOD,
            source_time=(at := NOON - timedelta(seconds=60 - number)),
            received_time=at,
            source="test",
            sequence=number,
        )
        for number in range(60)
    ]
    parts.history.write(found)
    return found
