"""What of a poll is news: values that moved or were long not said, and signals lost or back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.plant import ModbusUnit
from ingest.vocabulary import Value


@dataclass(frozen=True, slots=True)
class Changes:
    """What is kept of one answer, and what became of its signals."""

    values: Mapping[str, Value]
    lost: tuple[str, ...] = ()
    """Have no value since this answer."""
    back: tuple[str, ...] = ()
    """Have a value again."""


class News:
    """Remembers what was kept last of each signal of a unit."""

    def __init__(self, unit: ModbusUnit) -> None:
        self._heartbeat_s = unit.heartbeat_s
        self._deadbands = {
            register.signal: deadband
            for register in unit.registers
            if (deadband := _deadband(register.deadband, unit.deadband)) is not None
        }
        self._kept: dict[str, tuple[Value, float]] = {}
        self._bad: set[str] = set()

    def of(self, values: Mapping[str, Value], now_s: float) -> Changes:
        """What to keep of an answer: no value is told once, until there is one again."""
        if not self._bad and not self._deadbands and None not in values.values():
            return Changes(values)
        lost = self.without([signal for signal, value in values.items() if value is None])
        back = tuple(s for s in self._bad if values.get(s) is not None)
        self._bad.difference_update(back)
        kept = {
            signal: value
            for signal, value in values.items()
            if signal in lost or (value is not None and self._is_news(signal, value, now_s))
        }
        return Changes(kept, lost, back)

    def without(self, signals: Iterable[str]) -> tuple[str, ...]:
        """Those of the signals that had a value until now."""
        lost = tuple(signal for signal in signals if signal not in self._bad)
        self._bad.update(lost)
        for signal in lost:
            self._kept.pop(signal, None)
        return lost

    def _is_news(self, signal: str, value: Value, now_s: float) -> bool:
        deadband = self._deadbands.get(signal)
        if deadband is None:
            return True
        value_before, kept_s = self._kept.get(signal, (None, -math.inf))
        if now_s - kept_s < self._heartbeat_s and not _moved(value_before, value, deadband):
            return False
        self._kept[signal] = (value, now_s)
        return True


def _deadband(own: float | None, of_unit: float | None) -> float | None:
    return of_unit if own is None else own


def _moved(before: Value, value: Value, deadband: float) -> bool:
    """By at least the deadband, where both are quantities; else whether it is another value."""
    if isinstance(before, bool | str) or isinstance(value, bool | str):
        return before != value
    if before is None or value is None:
        return before is not value
    return before != value and abs(value - before) >= deadband
