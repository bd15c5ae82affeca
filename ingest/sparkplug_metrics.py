"""The metrics of a Sparkplug message as readings, by what their birth announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.errors import DataFault
from ingest.history import Record
from ingest.json_text import shown
from ingest.messages import Place, Stamp, apart
from ingest.routes import filled
from ingest.sparkplug_births import Announced, Certificate, is_control, signal_of
from ingest.sparkplug_letters import BIRTHS, Letter
from ingest.sparkplug_values import moment_of, name_of_metric, quality_of_metric, value_of_metric
from ingest.timestamps import clock_fault
from ingest.vocabulary import Quality, Reading


def signal_name(place: Place, metric: str, parts: Mapping[str, str]) -> str:
    """The signal that a metric of a node or device is."""
    template = place.route.signal
    return filled(template, {**parts, "metric": metric}) if template else metric


@dataclass(slots=True)
class MetricsTaken:
    """The metrics of a message: those that are readings, and why the others are none."""

    readings: list[Record] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    is_unannounced: bool = False
    """Whether a birth is missing that would name one of them."""


def take_metrics(letter: Letter, certificate: Certificate) -> MetricsTaken:
    """Every metric as a reading, or the reason why it is none.

    What a birth announced and we do not keep is said once, with the birth.
    """
    taken, clock = MetricsTaken(), _Clock(letter)
    is_birth = letter.kind in BIRTHS
    for index, metric in enumerate(letter.payload.metrics):
        known = None
        try:
            known = _known(metric, certificate)
            if not known.is_control and (is_birth or not known.is_refused):
                taken.readings.append(_reading(metric, known, clock, letter.place))
        except DataFault as fault:
            label = shown(known.name) if known else str(index)
            taken.reasons.append(f"metric {label}: {fault.message}")
            taken.is_unannounced |= isinstance(fault, _Unannounced)
    if len(taken.readings) > 1:
        taken.readings = list(apart(taken.readings))
    return taken


class _Unannounced(DataFault):
    """A metric whose name or type only a birth can tell."""


def _known(metric: Any, certificate: Certificate) -> Announced:
    """The metric as its birth announced it, or as it describes itself."""
    name = name_of_metric(metric)
    if not name:
        found = certificate.aliases.get(metric.alias) if metric.HasField("alias") else None
        if found is None:
            raise _Unannounced(f"no birth announced alias {metric.alias}")
        return found
    if name in certificate.metrics:
        return certificate.metrics[name]
    of_protocol = is_control(name)
    if not metric.datatype and not of_protocol:
        raise _Unannounced(f"no birth announced {shown(name)}, and it has no data type")
    return Announced(name, signal_of(name), metric.datatype, is_control=of_protocol)


@dataclass(slots=True)
class _Clock:
    """The times of a message's metrics; most of them share one."""

    letter: Letter
    _known: dict[int, Stamp] = field(default_factory=dict)

    def stamp(self, metric: Any) -> Stamp:
        stated = metric.timestamp
        if not stated and not metric.HasField("timestamp"):
            if not self.letter.payload.HasField("timestamp"):
                raise DataFault("neither it nor its message has a time")
            stated = self.letter.payload.timestamp
        found = self._known.get(stated)
        if found is None:
            found = self._known[stated] = self._made(stated)
        return found

    def _made(self, stated: int) -> Stamp:
        moment = moment_of(stated)
        if fault := clock_fault(moment, latest=self.letter.latest):
            raise DataFault(f"time {moment.isoformat()} {fault}")
        payload, place = self.letter.payload, self.letter.place
        sequence = payload.seq if payload.HasField("seq") else None
        machine = place.known_machine().id
        return Stamp(machine, moment, self.letter.received, place.source, sequence)


def _reading(metric: Any, known: Announced, clock: _Clock, place: Place) -> Reading:
    if known.rival:
        raise DataFault(f"is the same signal as metric {shown(known.rival)}")
    stamp = clock.stamp(metric)
    value = value_of_metric(metric, known.datatype or metric.datatype)
    signal = signal_name(place, known.signal, place.parts)
    unit = place.unit(signal) or known.unit
    reading = stamp.reading(signal, value, unit)
    quality = quality_of_metric(metric)
    if quality is Quality.GOOD or value is None:
        return reading
    return replace(reading, quality=quality)
