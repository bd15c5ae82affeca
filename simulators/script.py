"""What each machine goes through in a run: faults, pauses and remarks, drawn by seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.errors import SettingsFault
from ingest.plant import Machine
from simulators.faults import Fault, FaultKind, draw_bursts, kind_named
from simulators.scenario import Benign, Scenario
from simulators.states import TRANSITION_S, Pause

REPAIR_S = 40.0
"""Virtual seconds at rest after a fault, while it is mended."""
BEFORE_FAULT_S = 70.0
"""Nothing harmless comes closer before a fault of the same machine, or to either end of the run."""
AFTER_FAULT_S = 180.0
"""Nobody makes a harmless remark sooner after a fault of the same machine."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A moment at which someone or something says a harmless thing."""

    at_s: float
    info: bool
    """An info event of the controller; otherwise an operator's note."""


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that one machine will go through in a run."""

    machine: str
    faults: tuple[Fault, ...]
    pauses: tuple[Pause, ...]
    remarks: tuple[Remark, ...]


def draw_scripts(
    scenario: Scenario,
    machines: Sequence[Machine],
    catalogue: tuple[FaultKind, ...],
    *,
    seed: int,
) -> tuple[tuple[Script, ...], float]:
    """The scripts of all machines, and the virtual second at which the run ends."""
    rng = random.Random(f"{seed}:{scenario.name}:script")
    faults = _written(scenario, machines, catalogue, rng) + _drawn(
        scenario, machines, catalogue, rng
    )
    latest = max((fault.end_s for fault in faults), default=scenario.warm_up_s)
    end_s = latest + scenario.tail_s
    return tuple(
        _script(
            machine.id,
            tuple(fault for fault in faults if fault.machine == machine.id),
            benign=scenario.benign,
            end_s=end_s,
            rng=rng,
        )
        for machine in machines
    ), end_s


def _written(
    scenario: Scenario,
    machines: Sequence[Machine],
    catalogue: tuple[FaultKind, ...],
    rng: random.Random,
) -> list[Fault]:
    kinds = {machine.id: machine.kind for machine in machines}
    faults = []
    for row in scenario.faults:
        kind = kind_named(catalogue, row.kind)
        if kinds.get(row.machine) != kind.machine_kind:
            raise SettingsFault(
                f"Scenario {scenario.name}: {row.machine} cannot have {row.kind},"
                f" which is a fault of a {kind.machine_kind}."
            )
        end_s = row.start_s + row.duration_s
        faults.append(_fault(row.machine, kind, (row.start_s, end_s), row.severity, rng))
    return faults


def _drawn(
    scenario: Scenario,
    machines: Sequence[Machine],
    catalogue: tuple[FaultKind, ...],
    rng: random.Random,
) -> list[Fault]:
    """Faults one after the other on every machine; the very first starts with the warm-up's end."""
    draw = scenario.draw
    if draw is None:
        return []
    faults = []
    for place, machine in enumerate(rng.sample(list(machines), len(machines))):
        kinds = [kind for kind in catalogue if kind.machine_kind == machine.kind]
        at = scenario.warm_up_s + place * draw.stagger_s
        at += rng.uniform(0.0, draw.jitter_s) if place else 0.0
        for kind in rng.sample(kinds, min(draw.faults_per_machine, len(kinds))):
            until = at + draw.duration_s + rng.uniform(0.0, draw.jitter_s)
            faults.append(_fault(machine.id, kind, (at, until), rng.uniform(*draw.severity), rng))
            at = until + draw.recovery_s + rng.uniform(0.0, draw.jitter_s)
    return faults


def _fault(
    machine: str,
    kind: FaultKind,
    span: tuple[float, float],
    strength: float,
    rng: random.Random,
) -> Fault:
    start_s, end_s = span
    bursts = draw_bursts(start_s, end_s, rng) if kind.shape == "chatter" else ()
    return Fault(machine, kind, start_s, end_s, strength, bursts)


def _script(
    machine: str,
    faults: tuple[Fault, ...],
    *,
    benign: Benign,
    end_s: float,
    rng: random.Random,
) -> Script:
    repairs = [Pause(fault.end_s + 2.0, REPAIR_S) for fault in faults]
    busy = [
        (fault.start_s - BEFORE_FAULT_S, repair.end_s + BEFORE_FAULT_S)
        for fault, repair in zip(faults, repairs, strict=True)
    ]
    pauses = _pauses(busy, benign.pauses_per_machine, end_s=end_s, rng=rng)
    busy = [(fault.start_s - BEFORE_FAULT_S, fault.end_s + AFTER_FAULT_S) for fault in faults]
    remarks = []
    for info in [True] * benign.infos_per_machine + [False] * benign.notes_per_machine:
        at_s = _free_moment(busy, 0.0, end_s=end_s, rng=rng)
        remarks += [Remark(at_s, info)] if at_s is not None else []
    return Script(
        machine,
        faults,
        tuple(sorted([*repairs, *pauses], key=lambda pause: pause.start_s)),
        tuple(sorted(remarks, key=lambda remark: remark.at_s)),
    )


def _pauses(
    busy: Sequence[tuple[float, float]], count: int, *, end_s: float, rng: random.Random
) -> list[Pause]:
    """So many pauses, or fewer where the run has no room for them."""
    pauses: list[Pause] = []
    taken = list(busy)
    for _ in range(count):
        rest_s = rng.uniform(30.0, 60.0)
        start_s = _free_moment(taken, rest_s + 2 * TRANSITION_S, end_s=end_s, rng=rng)
        if start_s is not None:
            pauses.append(Pause(start_s, rest_s, rng.choice(("held", "idle"))))
            taken.append((start_s - BEFORE_FAULT_S, pauses[-1].end_s + BEFORE_FAULT_S))
    return pauses


def _free_moment(
    busy: Sequence[tuple[float, float]], length_s: float, *, end_s: float, rng: random.Random
) -> float | None:
    """A random start for something that long outside of everything busy; None if none is found."""
    latest = end_s - length_s - BEFORE_FAULT_S
    for _ in range(50):
        at = rng.uniform(BEFORE_FAULT_S, max(latest, BEFORE_FAULT_S))
        if all(at + length_s < start or at > until for start, until in busy):
            return at
    return None
