"""A hydraulic press: pump, oil tank with a cooler, ram behind a proportional valve."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.process import regulated, towards

COOLING_WATER = 22.0
"""degC."""
OIL_SETPOINT = 48.0
"""degC."""
COOLER = 1.0
"""Conductance of the clean cooler, kW/K."""
FOULING = 3.2
"""Thermal resistance that full fouling adds, as a multiple of the clean cooler's."""


class HydraulicPress:
    """Oil is warmed by losses at the pump and the valve; a fouled cooler no longer carries that."""

    noise: Mapping[str, float] = {
        "oil_temp": 0.25,
        "system_pressure": 0.8,
        "motor_current": 0.6,
        "ram_position_error": 0.012,
        "vibration_rms": 0.05,
        "cycle_time": 0.1,
    }

    def __init__(self) -> None:
        self._oil_temp = OIL_SETPOINT
        self._pressure = 210.0
        self._worn = 0.0
        self._sticking = 0.0

    def advance(self, dt: float, load: float, effects: Mapping[str, float]) -> dict[str, float]:
        """Move on by dt virtual seconds; see `simulators.process.Process`."""
        self._advance_oil(dt, load, effects.get("cooler_fouled", 0.0))
        self._worn = towards(self._worn, effects.get("pump_worn", 0.0), dt=dt, tau=6.0)
        self._sticking = towards(self._sticking, effects.get("valve_sticking", 0.0), dt=dt, tau=1.5)
        self._pressure = towards(self._pressure, 210.0 - 38.0 * self._worn, dt=dt, tau=3.0)
        return {
            "oil_temp": self._oil_temp,
            "system_pressure": self._pressure,
            "motor_current": 26.0 + 36.0 * load + 15.0 * self._worn,
            "ram_position_error": 0.06 + 0.06 * load + 0.56 * self._sticking,
            "vibration_rms": 0.9 + 0.9 * load,
            "cycle_time": 11.8 + 2.8 * self._worn,
        }

    def _advance_oil(self, dt: float, load: float, fouling: float) -> None:
        conductance = COOLER / (1.0 + FOULING * fouling)
        self._oil_temp = regulated(
            self._oil_temp,
            OIL_SETPOINT,
            disturbance=4.0 + 8.0 * load,
            actuator=(-conductance * (self._oil_temp - COOLING_WATER), 0.0),
            capacity=14.0,
            tau=18.0,
            dt=dt,
        )
