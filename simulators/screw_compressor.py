"""A screw compressor: air end cooled by oil through a thermostat, separator, air network."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.process import regulated, towards

OUTLET_SETPOINT = 82.0
"""degC, held by the oil thermostat."""
COOLING_AIR = 30.0
"""degC."""
OIL_COOLER = 3.0
"""Conductance with the thermostat open, kW/K."""
BYPASS = 3.3
"""Thermal resistance that a thermostat stuck on bypass adds, as a multiple of the cooler's."""


class ScrewCompressor:
    """Holds the network's pressure; a second, small compressor bridges its pauses."""

    noise: Mapping[str, float] = {
        "discharge_pressure": 0.025,
        "discharge_temp": 0.35,
        "separator_dp": 0.007,
        "motor_power": 0.5,
        "air_flow": 0.1,
        "vibration_rms": 0.06,
    }

    def __init__(self) -> None:
        self._outlet_temp = OUTLET_SETPOINT
        self._leak = 0.0
        self._clogged = 0.0

    def advance(self, dt: float, load: float, effects: Mapping[str, float]) -> dict[str, float]:
        """Move on by dt virtual seconds; see `simulators.process.Process`."""
        self._advance_outlet(dt, load, effects.get("thermostat_stuck", 0.0))
        self._leak = towards(self._leak, effects.get("air_leak", 0.0), dt=dt, tau=2.0)
        self._clogged = towards(self._clogged, effects.get("separator_clogged", 0.0), dt=dt, tau=5)
        return {
            "discharge_pressure": 7.5 - 1.55 * self._leak,
            "discharge_temp": self._outlet_temp,
            "separator_dp": 0.09 + 0.16 * load + 0.85 * self._clogged,
            "motor_power": 24.0 + 51.0 * load + 9.0 * self._clogged,
            "air_flow": 0.6 + 11.4 * load + 3.2 * self._leak,
            "vibration_rms": 1.2 + 1.0 * load,
        }

    def _advance_outlet(self, dt: float, load: float, stuck: float) -> None:
        conductance = OIL_COOLER / (1.0 + BYPASS * stuck)
        self._outlet_temp = regulated(
            self._outlet_temp,
            OUTLET_SETPOINT,
            disturbance=20.0 + 40.0 * load,
            actuator=(-conductance * (self._outlet_temp - COOLING_AIR), 0.0),
            capacity=20.0,
            tau=18.0,
            dt=dt,
        )
