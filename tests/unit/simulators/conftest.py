"""The demo plant, the catalogue and dialects of the tests' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.plant import Machine, load_plant
from simulators.dialects import Dialect, Wordings
from simulators.faults import FaultKind, load_catalogue
from simulators.floor import Floor, build_floor
from simulators.scenario import Scenario
from simulators.script import Script, draw_scripts

Play = Callable[[Scenario, int], tuple[Floor, tuple[Script, ...], float]]


@pytest.fixture(scope="session")
def machines(repository: Path) -> tuple[Machine, ...]:
    """The machines of the demo plant."""
    return load_plant(repository / "plant.toml").machines


@pytest.fixture(scope="session")
def catalogue() -> tuple[FaultKind, ...]:
    """The shipped fault catalogue."""
    return load_catalogue()


@pytest.fixture(scope="session")
def dialects(catalogue: tuple[FaultKind, ...]) -> tuple[Dialect, ...]:
    """Two dialects with three wordings of everything, free of words that noise could change."""
    return tuple(Dialect(name, "floor", _templates(name, catalogue)) for name in ("AA", "BB"))


def _templates(name: str, catalogue: tuple[FaultKind, ...]) -> dict[str, Wordings]:
    def three(label: str, sort: str) -> tuple[str, ...]:
        return tuple(f"{name} {sort}{n} {label} {{value}}" for n in range(3))

    labels = [kind.kind for kind in catalogue] + ["no_fault"]
    return {
        label: Wordings(three(label, "E"), three(label, "C"), three(label, "N")) for label in labels
    }


@pytest.fixture(scope="session")
def play(
    machines: tuple[Machine, ...],
    catalogue: tuple[FaultKind, ...],
    dialects: tuple[Dialect, ...],
) -> Play:
    """A floor for a scenario and a seed, with its scripts and its end."""

    def build(scenario: Scenario, seed: int) -> tuple[Floor, tuple[Script, ...], float]:
        scripts, end_s = draw_scripts(scenario, machines, catalogue, seed=seed)
        return build_floor(machines, scripts, dialects, seed=seed), scripts, end_s

    return build
