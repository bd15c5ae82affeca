"""Evidence for planted errors: numbers and times so far apart that no mix-up is true."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ingest.vocabulary import Evidence, EvidenceKind, Quantity, Severity

DAY = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
LENGTH = timedelta(hours=8)
SIGNALS: Mapping[str, tuple[str, float]] = {
    "oil_temp": ("degC", 50.0),
    "system_pressure": ("bar", 160.0),
    "motor_current": ("A", 32.0),
    "spindle_vibration": ("mm/s", 2.4),
    "air_flow": ("m3/min", 12.0),
    "bearing_temp": ("degC", 61.0),
    "hydraulic_pressure": ("bar", 92.0),
    "coolant_flow": ("l/min", 340.0),
    "torque": ("Nm", 1450.0),
    "zone_2_temp": ("degC", 212.0),
}
MACHINES = ("press-3", "mill-1", "comp-2", "robot-7", "packer-5", "saw-4")
CODES = ("E217", "X-7731", "F0405", "A12.7", "PMP_TRIP_2", "W88")
UP_DOWN = ("up", "down")
Numbers = dict[str, Quantity]


def item(
    rng: random.Random, kind: EvidenceKind, *, active: bool, taken: Sequence[Evidence]
) -> Evidence:
    """One item that shares no signal, code, minute or rounded number with those there are."""
    signal = rng.choice([s for s in SIGNALS if all(s not in other.signals for other in taken)])
    code = rng.choice([c for c in CODES if all(c not in other.codes for other in taken)])
    start, end = _times(rng, taken, active=active)
    way = rng.choice(UP_DOWN)
    unit, size = SIGNALS[signal]
    duration = Quantity((end - start).total_seconds(), "s")
    coded = kind in _CODED
    return Evidence(
        id=f"E{len(taken) + 1:04}",
        kind=kind,
        machine=rng.choice(MACHINES),
        signals=() if coded or kind is EvidenceKind.GAP else (signal,),
        start=start,
        end=end,
        severity=rng.choice(list(Severity)),
        statement="",
        numbers=_numbers(rng, kind, way=way, unit=unit, size=size) | {"duration": duration},
        rows=(),
        active=active,
        direction=way if kind in _DIRECTED else "",
        codes=(code,) if coded else (),
        quotes=(),
    )


_CODED = (
    EvidenceKind.ALARM,
    EvidenceKind.CHATTERING,
    EvidenceKind.FLOOD,
    EvidenceKind.FIRST_OUT,
)
_DIRECTED = (
    EvidenceKind.LIMIT_VIOLATION,
    EvidenceKind.STEP,
    EvidenceKind.DRIFT,
    EvidenceKind.SPIKE,
)


def _times(
    rng: random.Random, taken: Sequence[Evidence], *, active: bool
) -> tuple[datetime, datetime]:
    """No minute comes twice but for the end of the window."""
    used = {moment.replace(second=0) for other in taken for moment in (other.start, other.end)}
    while True:
        start = DAY + timedelta(seconds=rng.randrange(60, 20_000))
        end = DAY + LENGTH if active else start + timedelta(seconds=rng.randrange(200, 8_000))
        fresh = {start.replace(second=0), *(() if active else (end.replace(second=0),))}
        if not fresh & used:
            return start, end


def _numbers(
    rng: random.Random, kind: EvidenceKind, *, way: str, unit: str, size: float
) -> Numbers:
    """Steps of at least four in a hundred between any two of them."""
    sign = 1.0 if way == "up" else -1.0
    base = size * rng.uniform(0.8, 1.2)
    steps = [0.04 + rng.uniform(0.05, 0.12) * n for n in (1, 3, 5)]
    first, second, third = (base * (1 + sign * step) for step in steps)
    count = float(rng.randrange(2, 40))
    rate = float(rng.choice([n for n in range(3, 60) if n != count]))
    found: dict[EvidenceKind, Mapping[str, tuple[float, str]]] = {
        EvidenceKind.LIMIT_VIOLATION: {
            "baseline": (base, unit),
            "limit": (round(first, 1), unit),
            "peak": (third, unit),
        },
        EvidenceKind.STEP: {
            "baseline": (base, unit),
            "level": (second, unit),
            "change": (abs(second - base), unit),
        },
        EvidenceKind.DRIFT: {"baseline": (base, unit), "level": (second, unit)},
        EvidenceKind.SPIKE: {"level": (base, unit), "peak": (third, unit), "count": (count, "")},
        EvidenceKind.STUCK: {"level": (base, unit)},
        EvidenceKind.NOISE_CHANGE: {"ratio": (rng.uniform(3, 40), "")},
        EvidenceKind.ALARM: {"count": (count, "")},
        EvidenceKind.CHATTERING: {"count": (count, ""), "peak_rate": (rate, "")},
        EvidenceKind.FLOOD: {"count": (count + 60, ""), "peak_rate": (rate, "")},
        EvidenceKind.OSCILLATION: {
            "level": (base, unit),
            "amplitude": (base * 0.2, unit),
            "period": (float(rng.randrange(20, 110)), "s"),
        },
        EvidenceKind.FIRST_OUT: {"count": (count, "")},
    }
    return {role: Quantity(*pair) for role, pair in found.get(kind, {}).items()}
