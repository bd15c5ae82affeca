"""Normal operation is clean, every fault is clear, and no fault looks like another."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from ingest.plant import Machine, SignalSpec
from ingest.vocabulary import MachineState
from simulators.faults import Fault, FaultKind, draw_bursts
from simulators.floor import Floor, Observation, SimulatedMachine, process_of
from simulators.scenario import Scenario, load_scenario
from simulators.script import Script

SEEDS = range(11, 16)
START_S, END_S = 100.0, 450.0
KINDS = [
    "cooler_fouled",
    "pump_worn",
    "valve_sticking",
    "encoder_loss",
    "tool_worn",
    "coolant_low",
    "heater_band_failed",
    "mould_cooling_blocked",
    "check_ring_leaking",
    "separator_clogged",
    "thermostat_stuck",
    "air_leak",
]

Play = Callable[[Scenario, int], tuple[Floor, tuple[Script, ...], float]]


def outside(value: float, spec: SignalSpec, *, margin: float = 0.0) -> bool:
    """Whether a value is past a limit, or closer to one than the margin."""
    over = spec.high is not None and value > spec.high - margin
    return over or (spec.low is not None and value < spec.low + margin)


def suffering(
    kind: str,
    machines: tuple[Machine, ...],
    catalogue: tuple[FaultKind, ...],
    *,
    seed: int,
    strength: float,
) -> tuple[Machine, FaultKind, list[Observation]]:
    """Ten minutes of a machine with one fault."""
    row = next(row for row in catalogue if row.kind == kind)
    machine = next(m for m in machines if m.kind == row.machine_kind)
    bursts = draw_bursts(START_S, END_S, random.Random(seed)) if row.shape == "chatter" else ()
    fault = Fault(machine.id, row, START_S, END_S, strength, bursts)
    simulated = SimulatedMachine(machine, Script(machine.id, (fault,), (), ()), seed=seed)
    return machine, row, [simulated.step() for _ in range(700)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quiet_shift_stays_inside_every_limit(play: Play, seed: int) -> None:
    """In whatever state, no reading comes closer to a limit than six standard deviations."""
    floor, _, end_s = play(load_scenario("quiet"), seed)
    seen = set()
    while floor.next_s < end_s:
        for look in floor.step():
            seen.add(look.state)
            noise = process_of(look.machine).noise
            for signal, value in look.values.items():
                spec = look.machine.signals[signal]
                assert not outside(value, spec, margin=6 * noise[signal]), (signal, look)
    assert {MachineState.EXECUTE, MachineState.HELD, MachineState.IDLE} <= seen


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_crosses_its_limit_by_half_time(
    kind: str, seed: int, machines: tuple[Machine, ...], catalogue: tuple[FaultKind, ...]
) -> None:
    """The weakest fault crosses its limit clearly in its first half, and is gone after its end."""
    machine, row, looks = suffering(kind, machines, catalogue, seed=seed, strength=0.92)
    noise = process_of(machine).noise[row.primary]
    spec = machine.signals[row.primary]
    crossed = [look.at_s for look in looks if outside(look.values[row.primary], spec)]
    assert START_S <= crossed[0] <= (START_S + END_S) / 2
    clear = [look for look in looks if outside(look.values[row.primary], spec, margin=-6 * noise)]
    assert len(clear) >= 30
    assert crossed[-1] < END_S + 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_moves_its_own_signals_and_no_others(
    kind: str, machines: tuple[Machine, ...], catalogue: tuple[FaultKind, ...]
) -> None:
    """The signals of the catalogue move in its direction; the machine's others never leave home."""
    machine, row, looks = suffering(kind, machines, catalogue, seed=3, strength=1.02)
    noise = process_of(machine).noise
    home = looks[0].values
    for signal in home:
        moved = [(look.values[signal] - home[signal]) / noise[signal] for look in looks[100:450]]
        if signal in row.moves:
            far = max(moved) if row.moves[signal] == "up" else -min(moved)
            assert far > 15, signal
        else:
            assert max(map(abs, moved)) < 8.1, signal


def test_no_two_faults_of_a_machine_share_a_signal(catalogue: tuple[FaultKind, ...]) -> None:
    """So a diagnosis by signals alone is never ambiguous."""
    taken: dict[tuple[str, str], str] = {}
    for row in catalogue:
        for signal in row.moves:
            assert taken.setdefault((row.machine_kind, signal), row.kind) == row.kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_mended_machine_is_back_to_normal_soon(
    kind: str, machines: tuple[Machine, ...], catalogue: tuple[FaultKind, ...]
) -> None:
    """Within two virtual minutes of the fault's end every signal is where it was before."""
    machine, _, looks = suffering(kind, machines, catalogue, seed=5, strength=1.02)
    noise = process_of(machine).noise
    for signal, sigma in noise.items():
        before = mean(looks[:90], signal)
        after = mean(looks[570:690], signal)
        assert abs(after - before) < 0.7 * sigma, signal


def mean(looks: list[Observation], signal: str) -> float:
    return sum(look.values[signal] for look in looks) / len(looks)


def test_the_same_seed_gives_the_same_run(play: Play) -> None:
    """Readings, states and words depend on nothing but the seed."""

    def run(seed: int) -> list[tuple[Mapping[str, float], tuple[object, ...]]]:
        floor, _, _ = play(load_scenario("demo"), seed)
        return [(o.values, o.announcements) for _ in range(700) for o in floor.step()]

    assert run(21) == run(21)
    assert run(21) != run(22)
