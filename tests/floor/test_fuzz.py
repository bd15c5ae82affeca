"""A flood of nonsense leaves the collector up and every record counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.floor.fuzz import FuzzFloor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_collector_outlives_a_flood_of_nonsense(
    mosquitto: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Each source received what the codec alone makes of its messages; nothing is our own fault.

    `python -m tests.floor.fuzz` sends 200,000.
    """
    outcome = FuzzFloor(tmp_path, mosquitto, free_port).run(60_000, seed=7)
    assert (outcome.wrong_sources, outcome.own_faults) == ([], 0), outcome
    assert outcome.payloads == 60_001
    assert min(outcome.stored, outcome.duplicates, outcome.dead_lettered, outcome.polled) > 0
