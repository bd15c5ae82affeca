"""What one poll of a controller brought, in columns: cheap to make, records where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.making import make_reading
from ingest.vocabulary import Event, Quality, Reading, Value


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one instant by signal; None is no value, and bad."""

    at: datetime
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Polled:
    """Readings and notes that nobody waits for a confirmation of.

    A lane hands on one of these a poll, not a hundred readings: making those costs as much as the
    poll itself, so that is left to the thread that writes.
    """

    machine: str
    source: str
    units: Mapping[str, str]
    """Of every signal in the samples."""
    samples: tuple[Sample, ...]
    notes: tuple[Event, ...] = ()

    def records(self) -> list[Reading | Event]:
        """One reading a value, and the notes."""
        machine, source, units = self.machine, self.source, self.units
        made: list[Reading | Event] = [
            make_reading(
                machine,
                signal,
                value,
                units[signal],
                Quality.GOOD if value is not None else Quality.BAD,
                sample.at,
                sample.at,
                source,
                None,
            )
            for sample in self.samples
            for signal, value in sample.values.items()
        ]
        return made + list(self.notes)
