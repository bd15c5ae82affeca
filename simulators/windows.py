"""Training data of the task `defect_type`: process windows cut out of simulated runs.

The columns are those of `finetune/tasks/defect_type.toml`, computed here on purpose with own code.
A window ends at a random moment of a fault that shows, and looks back as far as the watch of a
running service does; before the first fault it finds less.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev

from ingest.plant import Machine, SignalSpec, load_plant
from simulators.faults import Fault, FaultKind, load_catalogue
from simulators.floor import SimulatedMachine
from simulators.scenario import Benign, Draw, Scenario
from simulators.script import draw_scripts

GOOD = "good"
LENGTH_S = 600.0
"""Virtual seconds that a window looks back."""
SAMPLE_S = 5
"""Virtual seconds between two samples."""
WINDOWS_A_FAULT = 3
GOOD_WINDOWS_A_RUN = 1
_SHOWN_S = 5.0
"""Virtual seconds that a fault shows before the first window ends."""
STATISTICS = ("mean", "std", "min", "max", "last_minus_first")
_SCENARIO = Scenario(
    name="windows",
    draw=Draw(faults_per_machine=2),
    benign=Benign(pauses_per_machine=2),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One window as numbers."""

    machine_kind: str
    group: str
    label: str
    features: Mapping[str, float]


def write_windows(out: Path, plant: Path, *, seed: int, runs: int) -> None:
    """Write the CSV: so many runs, each of every machine with two of its fault kinds."""
    machines = load_plant(plant).machines
    rows = [
        row
        for number in range(runs)
        for row in rows_of_run(machines, load_catalogue(), seed=seed + number)
    ]
    features = sorted({name for row in rows for name in row.features})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["machine_kind", "group", "label", *features])
    for row in rows:
        cells = [_cell(row.features.get(name)) for name in features]
        writer.writerow([row.machine_kind, row.group, row.label, *cells])
    out.write_text(text.getvalue(), encoding="utf-8")


def rows_of_run(
    machines: Sequence[Machine], catalogue: tuple[FaultKind, ...], *, seed: int
) -> Iterator[Row]:
    """The windows of one run."""
    scripts, end_s = draw_scripts(_SCENARIO, machines, catalogue, seed=seed)
    for machine, script in zip(machines, scripts, strict=True):
        rng = random.Random(f"{seed}:{machine.id}:windows")
        simulated = SimulatedMachine(machine, script, seed=seed)
        samples = [simulated.step().values for _ in range(int(end_s))][::SAMPLE_S]
        for end, label in _ends(samples, machine, script.faults, rng):
            features = window_features(samples[max(end - int(LENGTH_S) // SAMPLE_S, 0) : end])
            yield Row(machine.kind, f"{machine.kind}-{seed}", label, features)


def window_features(samples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The statistics of each signal over a window."""
    features: dict[str, float] = {}
    for signal in samples[0]:
        values = [sample[signal] for sample in samples]
        numbers = (
            fmean(values),
            pstdev(values),
            min(values),
            max(values),
            values[-1] - values[0],
        )
        features |= {
            f"{signal}.{name}": number for name, number in zip(STATISTICS, numbers, strict=True)
        }
    return features


def _ends(
    samples: Sequence[Mapping[str, float]],
    machine: Machine,
    faults: Sequence[Fault],
    rng: random.Random,
) -> Iterator[tuple[int, str]]:
    """Where windows end (index of the first sample behind) and what the parts are like there."""
    for _ in range(GOOD_WINDOWS_A_RUN):
        first = faults[0].start_s if faults else len(samples) * SAMPLE_S
        yield int(rng.uniform(200.0, first) / SAMPLE_S), GOOD
    for fault in faults:
        shows = _shows_from(samples, machine, fault)
        if shows is None:
            continue
        for _ in range(WINDOWS_A_FAULT):
            at_s = rng.uniform(shows + _SHOWN_S, fault.end_s)
            yield int(at_s / SAMPLE_S) + 1, fault.kind.defect or GOOD


def _shows_from(
    samples: Sequence[Mapping[str, float]], machine: Machine, fault: Fault
) -> float | None:
    """The virtual second at which a fault first crosses its limit."""
    spec = machine.signals[fault.kind.primary]
    for place in range(int(fault.start_s / SAMPLE_S), int(fault.end_s / SAMPLE_S)):
        if _beyond(samples[place][fault.kind.primary], spec):
            return float(place * SAMPLE_S)
    return None


def _beyond(value: float, spec: SignalSpec) -> bool:
    return (spec.high is not None and value > spec.high) or (
        spec.low is not None and value < spec.low
    )


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"
