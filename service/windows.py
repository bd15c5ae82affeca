"""Process windows for tasks that read the history: readings, evidence and declared limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from finetune.features import Sight, sight_features
from ingest.errors import DataFault
from ingest.evidence_settings import EvidenceSettings
from ingest.opening import opened_history
from ingest.plant import Plant, load_plant
from ingest.settings import IngestSettings
from service.lookout import Lookout
from service.parts import Parts
from service.settings import ServiceSettings, read_settings


class HistoryWindows:
    """A window is held against the time just before it, in training as at run time."""

    def __init__(self, plant: Plant, lookout: Lookout, *, normal: timedelta) -> None:
        self._plant = plant
        self._lookout = lookout
        self._normal = normal

    def __call__(self, machine: str, start: datetime, end: datetime) -> Sight:
        """A machine between two instants; NotKnown where the plant has no such machine."""
        known = self._plant.machine(machine)
        look = self._lookout.look_back(machine, start, end, normal=self._normal)
        return Sight(look.window, look.evidence, known.signals)


@contextmanager
def home_windows(home: Path, plant: Path) -> Iterator[HistoryWindows]:
    """The windows of a home, for a command.

    Raises:
        SettingsFault: there is no history, or the plant cannot be read.
    """
    settings = read_settings(ServiceSettings, home=home, plant=plant)
    described = load_plant(settings.plant)
    with opened_history(settings.home, read_settings(IngestSettings), make=False) as history:
        fitting = EvidenceSettings.fitting(settings.watch_window_s)
        lookout = Lookout(described, history, settings=fitting)
        normal = timedelta(seconds=settings.watch_baseline_s)
        yield HistoryWindows(described, lookout, normal=normal)


def window_numbers(parts: Parts, machine: str, start: datetime, end: datetime) -> dict[str, float]:
    """What a window task reads of a machine between two instants.

    Raises:
        NotKnown: the plant has no such machine.
        DataFault: no signal has a reading there.
    """
    normal = timedelta(seconds=parts.settings.watch_baseline_s)
    found = sight_features(
        HistoryWindows(parts.plant, parts.lookout, normal=normal)(machine, start, end)
    )
    if not found:
        raise DataFault("There are no readings in that window.")
    return found
