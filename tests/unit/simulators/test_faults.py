"""The catalogue covers the demo plant, and effects follow their shape."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from ingest.errors import NotKnown
from ingest.plant import Machine
from simulators.faults import Fault, FaultKind, draw_bursts, kind_named


def test_every_machine_kind_has_three_shapes_of_fault(
    catalogue: tuple[FaultKind, ...], machines: tuple[Machine, ...]
) -> None:
    """Slow, sudden and chattering faults stand in the catalogue, three for every machine."""
    counted = Counter(row.machine_kind for row in catalogue)
    assert counted == {machine.kind: 3 for machine in machines}
    assert {row.shape for row in catalogue} == {"slow", "sudden", "chatter"}


def test_what_is_alarmed_on_has_a_limit_on_that_side(
    catalogue: tuple[FaultKind, ...], machines: tuple[Machine, ...]
) -> None:
    """The plant description states the limit that the primary signal of a fault crosses."""
    for row in catalogue:
        machine = next(m for m in machines if m.kind == row.machine_kind)
        spec = machine.signals[row.primary]
        assert (spec.high if row.moves[row.primary] == "up" else spec.low) is not None
        assert set(row.moves) <= set(machine.signals)


def test_an_unknown_kind_names_the_known_ones(catalogue: tuple[FaultKind, ...]) -> None:
    """A slip of the pen in a scenario is answered with the list."""
    with pytest.raises(NotKnown, match="cooler_fouled"):
        kind_named(catalogue, "cooler_frozen")


def test_effects_follow_their_shape(catalogue: tuple[FaultKind, ...]) -> None:
    """Slow grows, sudden is there at once, and nothing is at work before or after."""
    slow = Fault("m", kind_named(catalogue, "cooler_fouled"), 10.0, 210.0, 0.9)
    sudden = Fault("m", kind_named(catalogue, "encoder_loss"), 10.0, 210.0, 0.9)
    assert [slow.effect_at(t) for t in (9, 10, 55, 150, 210)] == [0.0, 0.0, 0.45, 0.9, 0.0]
    assert [sudden.effect_at(t) for t in (9, 10, 55, 150, 210)] == [0.0, 0.9, 0.9, 0.9, 0.0]


def test_bursts_come_at_least_four_times_and_never_outlast_the_fault() -> None:
    """A chattering fault chatters, whatever the seed."""
    for seed in range(200):
        bursts = draw_bursts(100.0, 450.0, random.Random(seed))
        assert len(bursts) >= 4
        assert all(100.0 < start < end <= 450.0 for start, end in bursts)
        assert all(end < start for (_, end), (start, _) in pairwise(bursts))
