"""Whatever a demo started ends with it, also for someone who does not want to wait."""

from __future__ import annotations

from typing import cast

import pytest

from service.demo.processes import GRACE_S, Child, Household


class Stubborn:
    """A child during whose end Ctrl-C is pressed so many times."""

    def __init__(self, presses: int) -> None:
        self.presses = presses
        self.graces: list[float] = []

    def start(self) -> None:
        """Nothing to start."""

    def stop(self, grace_s: float) -> None:
        """Interrupted, or ended."""
        self.graces.append(grace_s)
        if len(self.graces) <= self.presses:
            raise KeyboardInterrupt


@pytest.mark.parametrize("presses", [0, 1, 2])
def test_a_second_ctrl_c_shortens_the_grace_and_leaves_nobody_behind(presses: int) -> None:
    """Last started, first ended; after an interruption without waiting."""
    children = [Stubborn(0), Stubborn(presses)]
    with Household() as household:
        for child in children:
            household.start(cast("Child", child))
    assert children[1].graces == [GRACE_S, *[0.0] * presses]
    assert children[0].graces == [0.0 if presses else GRACE_S]
