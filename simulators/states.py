"""Operating states of a machine over a run: production, and pauses through the PackML states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.vocabulary import MachineState

TRANSITION_S = 20.0
"""Virtual seconds that a machine takes into a pause and out of it."""
_LEAD_S = 8.0
"""A machine going into a pause still runs at full load for so long."""
_RAMP_S = 6.0
"""The load then falls, or after the pause rises, within so long."""
_WAYS = {
    "held": (MachineState.HOLDING, MachineState.HELD, MachineState.UNHOLDING),
    "idle": (MachineState.COMPLETING, MachineState.IDLE, MachineState.STARTING),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch without production: on the way in, at rest, on the way out."""

    start_s: float
    """Virtual seconds since the start of the run."""
    rest_s: float
    """Virtual seconds at rest."""
    way: str = "held"
    """`held` (PackML's Hold) or `idle` (an order completed, the next one started)."""

    @property
    def end_s(self) -> float:
        """When production runs again."""
        return self.start_s + self.rest_s + 2 * TRANSITION_S


def state_at(pauses: Sequence[Pause], t: float) -> MachineState:
    """The PackML state at a virtual second."""
    pause = _pause_at(pauses, t)
    if pause is None:
        return MachineState.EXECUTE
    into, rest, out = _WAYS[pause.way]
    since = t - pause.start_s
    if since < TRANSITION_S:
        return into
    return rest if since < TRANSITION_S + pause.rest_s else out


def load_at(pauses: Sequence[Pause], t: float) -> float:
    """Production load, 0 to 1; it changes only well inside the transitional states."""
    pause = _pause_at(pauses, t)
    if pause is None:
        return 1.0
    falling = 1.0 - (t - pause.start_s - _LEAD_S) / _RAMP_S
    rising = (t - (pause.end_s - TRANSITION_S)) / _RAMP_S
    return min(max(falling, rising, 0.0), 1.0)


def _pause_at(pauses: Sequence[Pause], t: float) -> Pause | None:
    return next((pause for pause in pauses if pause.start_s <= t < pause.end_s), None)
