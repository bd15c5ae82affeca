"""All simulated machines of a plant, moved on second by second of the virtual clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ingest.errors import SettingsFault
from ingest.plant import Machine
from ingest.vocabulary import MachineState
from simulators.cnc_mill import CncMill
from simulators.dialects import Dialect
from simulators.faults import Fault
from simulators.herald import Announcement, Herald, Speaker
from simulators.hydraulic_press import HydraulicPress
from simulators.injection_moulding import InjectionMoulding
from simulators.process import Process, measured
from simulators.screw_compressor import ScrewCompressor
from simulators.script import Script
from simulators.states import load_at, state_at

STEP_S = 1.0
"""Virtual seconds of one step, whatever the speed: a seed gives the same run at any speed."""
PROCESSES: Mapping[str, Callable[[], Process]] = {
    "hydraulic-press": HydraulicPress,
    "cnc-mill": CncMill,
    "injection-moulding": InjectionMoulding,
    "screw-compressor": ScrewCompressor,
}


@dataclass(frozen=True, slots=True)
class Observation:
    """What there is to see and to hear of one machine at one moment."""

    machine: Machine
    at_s: float
    """Virtual seconds since the start of the run."""
    state: MachineState
    values: Mapping[str, float]
    """Measured value of every signal, `state` aside."""
    announcements: tuple[Announcement, ...]


class SimulatedMachine:
    """One machine going through its script; without a herald it is silent."""

    def __init__(
        self, machine: Machine, script: Script, *, seed: int, herald: Herald | None = None
    ) -> None:
        self.machine = machine
        self.script = script
        self.herald = herald
        self._process = process_of(machine)
        self._noise = random.Random(f"{seed}:{machine.id}:noise")
        self._t = 0.0

    def step(self) -> Observation:
        """Move on by one step and look."""
        t = self._t
        effects = {fault.kind.kind: fault.effect_at(t) for fault in self.script.faults}
        effects = {kind: effect for kind, effect in effects.items() if effect}
        load = load_at(self.script.pauses, t)
        true_values = self._process.advance(STEP_S, load, effects)
        values = measured(true_values, self._process.noise, self._noise)
        told = self.herald.listen(t, values) if self.herald else []
        self._t = t + STEP_S
        state = state_at(self.script.pauses, t)
        return Observation(self.machine, t, state, values, tuple(told))


class Floor:
    """Every machine of the plant."""

    def __init__(self, machines: Sequence[SimulatedMachine]) -> None:
        self.machines = tuple(machines)
        self.next_s = 0.0
        """The virtual second of the next step."""

    def step(self) -> tuple[Observation, ...]:
        """Move every machine on by one step."""
        self.next_s += STEP_S
        return tuple(machine.step() for machine in self.machines)

    @property
    def told_faults(self) -> tuple[tuple[Fault, tuple[str, ...]], ...]:
        """Every fault of the run with the codes it raises, in the order of their starts."""
        told = [
            (fault, story.codes)
            for machine in self.machines
            if machine.herald
            for fault, story in machine.herald.stories
        ]
        return tuple(sorted(told, key=lambda pair: pair[0].start_s))


def process_of(machine: Machine) -> Process:
    """The physics of a machine's kind; SettingsFault for a kind that is not simulated."""
    if machine.kind not in PROCESSES:
        raise SettingsFault(
            f"Machine {machine.id} is of kind {machine.kind!r}, which is not simulated.",
            remedy=f"Simulated kinds: {', '.join(PROCESSES)}",
        )
    return PROCESSES[machine.kind]()


def build_floor(
    machines: Sequence[Machine],
    scripts: Sequence[Script],
    dialects: Sequence[Dialect],
    *,
    seed: int,
) -> Floor:
    """The floor with its heralds; each machine speaks one of the dialects."""
    if not dialects:
        raise SettingsFault("There is no dialect with split `floor`, so nobody can say anything.")
    by_id = {script.machine: script for script in scripts}
    simulated = []
    for machine in machines:
        rng = random.Random(f"{seed}:{machine.id}:words")
        speaker = Speaker(machine, rng.choice(dialects), dialects, rng)
        herald = Herald(by_id[machine.id], speaker)
        simulated.append(SimulatedMachine(machine, by_id[machine.id], seed=seed, herald=herald))
    return Floor(simulated)
