"""A CNC mill: spindle, feed axis with an encoder, flood coolant that also cools the spindle."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.process import regulated, towards

SPINDLE_SETPOINT = 42.0
"""degC, held by the coolant through the spindle's jacket."""
COOLANT_TEMP = 20.0
"""degC."""
JACKET = 0.4
"""Conductance from the jacket to the full flow of coolant, kW/K."""
STARVATION = 7.0
"""Thermal resistance that missing coolant adds, as a multiple of the full flow's."""


class CncMill:
    """Cutting force loads and warms the spindle; a worn edge needs more force and chatters."""

    noise: Mapping[str, float] = {
        "spindle_load": 1.2,
        "spindle_speed": 9.0,
        "coolant_flow": 0.3,
        "following_error": 0.35,
        "vibration_rms": 0.05,
        "spindle_temp": 0.25,
    }

    def __init__(self) -> None:
        self._spindle_temp = SPINDLE_SETPOINT
        self._flow = 22.0
        self._wear = 0.0
        self._lost = 0.0

    def advance(self, dt: float, load: float, effects: Mapping[str, float]) -> dict[str, float]:
        """Move on by dt virtual seconds; see `simulators.process.Process`."""
        starving = effects.get("coolant_low", 0.0)
        self._advance_spindle(dt, load, starving)
        self._flow = towards(self._flow, 22.0 - 13.5 * starving, dt=dt, tau=1.5)
        self._wear = towards(self._wear, effects.get("tool_worn", 0.0), dt=dt, tau=5.0)
        self._lost = towards(self._lost, effects.get("encoder_loss", 0.0), dt=dt, tau=1.0)
        return {
            "spindle_load": 6.0 + 39.0 * load + 48.0 * self._wear,
            "spindle_speed": 60.0 + 7940.0 * load,
            "coolant_flow": self._flow,
            "following_error": 2.5 + 1.5 * load + 45.0 * self._lost,
            "vibration_rms": 0.6 + 0.9 * load + 4.3 * self._wear,
            "spindle_temp": self._spindle_temp,
        }

    def _advance_spindle(self, dt: float, load: float, starving: float) -> None:
        conductance = JACKET / (1.0 + STARVATION * starving)
        self._spindle_temp = regulated(
            self._spindle_temp,
            SPINDLE_SETPOINT,
            disturbance=0.8 + 2.2 * load,
            actuator=(-conductance * (self._spindle_temp - COOLANT_TEMP), 0.0),
            capacity=5.0,
            tau=25.0,
            dt=dt,
        )
