"""An injection-moulding machine: heated barrel, cooled mould, screw with a check ring."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.process import regulated, towards

BARREL_SETPOINT = 230.0
"""degC."""
MOULD_SETPOINT = 60.0
"""degC."""
ROOM = 30.0
"""degC around the barrel."""
WATER = 20.0
"""degC of the mould's cooling water."""
HEATER = 20.0
"""kW of all heater bands together."""
BARREL_LOSS = 0.06
"""kW/K from the barrel to the room."""
CHANNELS = 0.6
"""Conductance of the mould's free water channels, kW/K."""
SCALE = 2.75
"""Thermal resistance that full blockage adds, as a multiple of the free channels'."""


class InjectionMoulding:
    """Heaters hold the barrel, water holds the mould, the check ring holds the melt in front."""

    noise: Mapping[str, float] = {
        "barrel_temp": 0.35,
        "mould_temp": 0.22,
        "clamp_force": 5.0,
        "injection_pressure": 4.0,
        "cushion": 0.12,
        "cycle_time": 0.15,
    }

    def __init__(self) -> None:
        self._barrel_temp = BARREL_SETPOINT
        self._mould_temp = MOULD_SETPOINT
        self._cycle_time = 28.0
        self._leak = 0.0

    def advance(self, dt: float, load: float, effects: Mapping[str, float]) -> dict[str, float]:
        """Move on by dt virtual seconds; see `simulators.process.Process`."""
        blocked = effects.get("mould_cooling_blocked", 0.0)
        self._advance_barrel(dt, effects.get("heater_band_failed", 0.0))
        self._advance_mould(dt, load, blocked)
        self._cycle_time = towards(self._cycle_time, 28.0 + 5.0 * blocked, dt=dt, tau=12.0)
        self._leak = towards(self._leak, effects.get("check_ring_leaking", 0.0), dt=dt, tau=1.5)
        return {
            "barrel_temp": self._barrel_temp,
            "mould_temp": self._mould_temp,
            "clamp_force": 90.0 + 1410.0 * load,
            "injection_pressure": 900.0 - 95.0 * self._leak,
            "cushion": 6.0 - 4.2 * self._leak,
            "cycle_time": self._cycle_time,
        }

    def _advance_barrel(self, dt: float, failed: float) -> None:
        self._barrel_temp = regulated(
            self._barrel_temp,
            BARREL_SETPOINT,
            disturbance=-BARREL_LOSS * (self._barrel_temp - ROOM),
            actuator=(0.0, HEATER * (1.0 - 0.52 * failed)),
            capacity=2.4,
            tau=18.0,
            dt=dt,
        )

    def _advance_mould(self, dt: float, load: float, blocked: float) -> None:
        conductance = CHANNELS / (1.0 + SCALE * blocked)
        self._mould_temp = regulated(
            self._mould_temp,
            MOULD_SETPOINT,
            disturbance=2.0 + 8.0 * load,
            actuator=(-conductance * (self._mould_temp - WATER), 0.0),
            capacity=6.0,
            tau=18.0,
            dt=dt,
        )
