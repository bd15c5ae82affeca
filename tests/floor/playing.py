"""Shipped scenarios played in memory at the demo's speed, and what is found at chosen moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_settings import EvidenceSettings
from ingest.plant import Machine, Plant
from ingest.vocabulary import Event, Evidence, Series, Window
from simulators.dialects import load_dialects
from simulators.faults import load_catalogue
from simulators.floor import Observation, build_floor
from simulators.scenario import load_scenario
from simulators.script import Script, draw_scripts

SPEED = 10.0
"""Virtual seconds in a second of the wall clock."""
TELEMETRY_S = 5.0
"""Virtual seconds between two values of a signal."""
WINDOW = timedelta(seconds=60)
SETTINGS = EvidenceSettings.fitting(WINDOW.total_seconds())


@dataclass(frozen=True)
class Moment:
    """A window of a machine and what was found in it."""

    window: Window
    evidence: tuple[Evidence, ...]
    in_fault: bool


@dataclass
class Tape:
    """All that one machine sent in a run, at the times of the wall clock."""

    machine: Machine
    begin: datetime
    readings: dict[str, list[tuple[float, float, int]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def at(self, virtual_s: float) -> datetime:
        return self.begin + timedelta(seconds=virtual_s / SPEED)

    def take(self, seen: Observation) -> None:
        moment = self.at(seen.at_s)
        if seen.at_s % TELEMETRY_S == 0:
            row = int(seen.at_s) + 1
            for name, value in {**seen.values, "state": float(seen.state.number)}.items():
                sample = (moment.timestamp(), float(f"{value:.5g}"), row)
                self.readings.setdefault(name, []).append(sample)
        for told in seen.announcements:
            words = (told.code, told.severity, told.state, told.text)
            self.events.append(Event(self.machine.id, *words, moment, moment, "mqtt:floor"))

    def window(self, start: datetime, end: datetime) -> Window:
        first, last = start.timestamp(), end.timestamp()
        series = {}
        for name, samples in self.readings.items():
            times, values, rows = zip(*(s for s in samples if first <= s[0] < last), strict=True)
            series[name] = Series(name, self.machine.signals[name].unit, times, values, rows)
        events = tuple(event for event in self.events if start <= event.source_time < end)
        return Window(self.machine.id, start, end, series, events)

    def moments(self, script: Script, warm_up_s: float, end_s: float) -> Iterator[Moment]:
        baseline = learn(self.window(self.begin, self.at(warm_up_s)), settings=SETTINGS)
        for at_s, in_fault in looked_at(script, warm_up_s, end_s):
            window = self.window(max(self.begin, self.at(at_s) - WINDOW), self.at(at_s))
            evidence = extract(window, baseline, self.machine.signals, settings=SETTINGS)
            yield Moment(window, evidence, in_fault)


def looked_at(script: Script, warm_up_s: float, end_s: float) -> Iterator[tuple[float, bool]]:
    """Quiet moments, the middle and the end of each fault, and a while after it."""
    yield from ((0.7 * warm_up_s, False), (end_s, False))
    for remark in script.remarks[-1:]:
        yield remark.at_s + 20.0, False
    for fault in script.faults:
        yield (fault.start_s + fault.end_s) / 2, True
        yield fault.end_s - 5.0, True
        yield fault.end_s + 200.0, False


def play(scenario: Path, plant: Plant, *, seed: int, begin: datetime) -> list[Moment]:
    """Every machine's moments in a run of a scenario that begins at that time of the wall clock."""
    played = load_scenario(str(scenario))
    scripts, end_s = draw_scripts(played, plant.machines, load_catalogue(), seed=seed)
    floor = build_floor(plant.machines, scripts, load_dialects(split="floor"), seed=seed)
    tapes = {machine.id: Tape(machine, begin) for machine in plant.machines}
    while floor.next_s < end_s:
        for seen in floor.step():
            tapes[seen.machine.id].take(seen)
    return [
        moment
        for script in scripts
        for moment in tapes[script.machine].moments(script, played.warm_up_s, end_s)
    ]
