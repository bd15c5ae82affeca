"""A small plant, evidence on demand, and a watch over a real history with fakes of the paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.evidence_settings import EvidenceSettings
from ingest.plant import Plant, load_plant
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import (
    Event,
    EventState,
    Evidence,
    EvidenceKind,
    Issue,
    Quality,
    Reading,
    Severity,
)
from service.advice import Adviser
from service.cards_store import CardStore
from service.database import Database
from service.hints import NoteReader
from service.lookout import Lookout
from service.settings import ServiceSettings
from service.watch import Watch
from tests.fakes import FakeClassifier, FakeLibrary, FakeShelf, FakeSummarizer

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
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
low = 15.0
high = 65.0
high_high = 75.0
[[machines.signals]]
id = "state"

[[machines]]
id = "press-4"
line = "line-1"
kind = "hydraulic-press"
[[machines.signals]]
id = "oil_temp"
unit = "degC"
high = 65.0
"""

MakeEvidence = Callable[..., Evidence]


@pytest.fixture
def evidence() -> MakeEvidence:
    """Makes a piece of evidence that is there at noon."""

    def make(
        kind: EvidenceKind = EvidenceKind.LIMIT_VIOLATION,
        *,
        severity: Severity = Severity.WARNING,
        active: bool = True,
        ago_s: float = 5.0,
        end: datetime = NOON,
        signals: tuple[str, ...] = ("oil_temp",),
        codes: tuple[str, ...] = (),
    ) -> Evidence:
        return Evidence(
            id="E0001",
            kind=kind,
            machine="press-3",
            signals=signals,
            start=NOON - timedelta(seconds=ago_s),
            end=end,
            severity=severity,
            statement="oil_temp above its high limit of 65 degC",
            numbers={},
            rows=(),
            active=active,
            direction="up",
            codes=codes,
        )

    return make


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Two presses."""
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return load_plant(path)


@dataclass
class Floor:
    """A watched floor whose clock the test moves by hand."""

    plant: Plant
    history: SqliteHistory
    database: Database
    settings: ServiceSettings
    summarizer: FakeSummarizer = field(default_factory=FakeSummarizer)
    model: FakeClassifier = field(default_factory=lambda: FakeClassifier({"whin": "pump_worn"}))
    now: datetime = NOON
    told: list[Issue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cards = CardStore(self.database)
        self.restart()

    def restart(self) -> None:
        """A new process over the same files."""
        shelf = FakeShelf(self.model)
        self.watch = Watch(
            self.plant,
            self.history,
            self.cards,
            lookout=Lookout(
                self.plant,
                self.history,
                settings=EvidenceSettings.fitting(self.settings.watch_window_s),
            ),
            adviser=Adviser(
                summarizer=self.summarizer,
                shelf=shelf,
                library=FakeLibrary({"E217": "cooler fouled"}),
            ),
            notes=NoteReader(shelf, confidence=self.settings.watch_confidence),
            settings=self.settings,
            on_card=self.told.append,
        )

    def run(self, seconds: float, *, oil: float | None = 45.0, machine: str = "press-3") -> None:
        """Let time pass: two readings a second of both presses, and one look a second."""
        for _ in range(int(seconds)):
            for half in (0.0, 0.5):
                at = self.now + timedelta(seconds=half)
                wobble = 0.1 * ((at.microsecond // 500_000 + at.second) % 3)
                both = {"press-3": 45.0, "press-4": 45.0, machine: oil}
                self.history.write(
                    [
                        self._reading(name, value + wobble, at)
                        for name, value in both.items()
                        if value is not None
                    ]
                )
            self.now += timedelta(seconds=1)
            self.watch.look(self.now)
            self.watch.advise(self.now)

    def say(
        self,
        text: str,
        *,
        code: str = "",
        severity: Severity = Severity.INFO,
        state: EventState = EventState.NOTE,
    ) -> None:
        """An event of press-3, now."""
        event = Event("press-3", code, severity, state, text, self.now, self.now, "test")
        self.history.write([event])

    @property
    def card(self) -> Issue:
        """The newest card of press-3."""
        card = self.cards.last("press-3")
        assert card is not None
        return card

    def _reading(self, machine: str, value: float, at: datetime) -> Reading:
        return Reading(machine, "oil_temp", value, "degC", Quality.GOOD, at, at, f"test:{machine}")


@pytest.fixture
def floor(plant: Plant, tmp_path: Path) -> Iterator[Floor]:
    """A floor at ten times the usual speed."""
    path = tmp_path / "history.db"
    settings = ServiceSettings(
        home=tmp_path, watch_window_s=60, watch_baseline_s=360, watch_clear_s=12
    )
    with SqliteHistory(path) as history, Database(path) as database:
        yield Floor(plant, history, database, settings)
