"""Nothing is lost between a machine and the centre, whichever of them and of us is killed.

A broker that is killed forgets what it confirmed, so the machine keeps an outbox too; the harness
finds the loss of a machine that trusts the broker and of a cell that forgets too early.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.floor.forwarding import Chain


@pytest.mark.slow
def test_killing_machine_broker_cell_and_centre_loses_and_doubles_nothing(
    tmp_path: Path, mosquitto: Path
) -> None:
    """Each by SIGKILL at random, and the collector together with the broker that it listens to."""
    outcome = Chain(tmp_path, mosquitto).run(6)
    assert (outcome.lost, outcome.doubled, outcome.waiting) == (0, 0, 0)
    assert outcome.balanced
    assert outcome.made > 0
    assert min(outcome.kills.values()) > 0


@pytest.mark.slow
def test_the_harness_finds_the_loss_of_a_cell_that_forgets_too_early(
    tmp_path: Path, mosquitto: Path
) -> None:
    """A record that leaves the outbox before the centre has confirmed it."""
    chain = Chain(tmp_path, mosquitto, collector="hasty")
    outcome = chain.run_through([(chain.centre,), (chain.centre,)], patience_s=4)
    assert outcome.lost > outcome.waiting


@pytest.mark.slow
def test_the_harness_finds_the_loss_of_a_machine_that_trusts_the_broker(
    tmp_path: Path, mosquitto: Path
) -> None:
    """A PUBACK is no promise: what waited for the collector dies with the broker."""
    chain = Chain(tmp_path, mosquitto, careless=True)
    both = (chain.collector, chain.broker)
    assert chain.run_through([both, both], patience_s=10).lost > 0
