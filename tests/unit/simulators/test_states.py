"""A pause goes through its PackML states, and production only fades well inside them."""

from __future__ import annotations

import pytest

from ingest.vocabulary import MachineState
from simulators.states import Pause, load_at, state_at


@pytest.mark.parametrize(
    ("way", "states"),
    [("held", ("holding", "held", "unholding")), ("idle", ("completing", "idle", "starting"))],
)
def test_a_pause_goes_in_rests_and_comes_out(way: str, states: tuple[str, ...]) -> None:
    """Execute, three states of the pause, execute."""
    pauses = [Pause(100.0, 30.0, way)]
    walked = [state_at(pauses, float(t)) for t in range(300)]
    order = list(dict.fromkeys(walked))
    assert [state.value for state in order] == ["execute", *states]
    assert walked[-1] is MachineState.EXECUTE


def test_load_is_full_in_execute_and_nothing_at_rest() -> None:
    """A poll that is a few seconds off never sees a load that does not fit the state."""
    pauses = [Pause(100.0, 30.0)]
    for second in range(300):
        state = state_at(pauses, float(second))
        if state is MachineState.EXECUTE:
            assert load_at(pauses, float(second)) == 1.0
        if state is MachineState.HELD:
            assert load_at(pauses, float(second)) == 0.0
    assert load_at(pauses, 105.0) == 1.0
    assert load_at(pauses, 165.0) == 1.0
