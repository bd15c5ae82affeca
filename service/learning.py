"""The classifiers' life beside their answers: what is heard, compared, watched and trained."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.classified import Classified
from service.classifier_figures import ClassifierFigures
from service.comparisons import Comparisons
from service.database import Database
from service.drift_watch import DriftWatch
from service.observer import Observer
from service.ports import Shelf
from service.settings import ServiceSettings
from service.trainings import Trainings


@dataclass(frozen=True, slots=True)
class Learning:
    """Its parts, over one database."""

    figures: ClassifierFigures
    classified: Classified
    drift: DriftWatch
    observer: Observer
    trainings: Trainings
    comparisons: Comparisons

    @property
    def loops(self) -> Mapping[str, Callable[[threading.Event], None]]:
        """What runs in threads of their own, by name."""
        beside = {"trainings": self.trainings.run, "comparisons": self.comparisons.run}
        return {"observer": self.observer.run, **beside}


def learning_of(database: Database, shelf: Shelf, settings: ServiceSettings) -> Learning:
    """All of it for the models of a home."""
    figures, classified = ClassifierFigures(), Classified(database)
    drift = DriftWatch(shelf, classified, figures)
    return Learning(
        figures=figures,
        classified=classified,
        drift=drift,
        observer=Observer(shelf, classified, figures, check=drift.check),
        trainings=Trainings(database, settings.home, plant=settings.plant),
        comparisons=Comparisons(settings.home, plant=settings.plant),
    )
