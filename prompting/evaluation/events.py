"""The messages of a generated machine: its alarms, its small talk, and the usual week of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ingest.vocabulary import Event, EventState, Severity

DAY_S = 86_400.0
USUAL_DAYS = 7
PARTS = (
    "OIL TEMP", "SYS PRESSURE", "COOLANT FLOW", "PUMP M1", "AXIS X", "GUARD DOOR", "LUBE UNIT",
    "FEEDER", "AIR SUPPLY", "HYDR. FILTER", "SPINDLE", "TOOL CHANGER", "CLAMP", "CONVEYOR 2",
    "DRIVE U21", "SAFETY RELAY", "VACUUM", "PRESS.SCHALTER", "ENCODER", "MOULD HEATER",
)  # fmt: skip
TROUBLES = (
    "HI - check", "LO", "fault, see manual", "not ready", "overload tripped", "timeout",
    "signal lost", "Stoerung", "following error", "limit reached",
)  # fmt: skip
SMALL_TALK = (
    "PART COUNTER REACHED", "RECIPE LOADED", "LUBE CYCLE DONE", "Automatik gestartet",
    "TOOL LIFE 80 %", "OPERATOR LOGGED ON",
)  # fmt: skip
NOTES = (
    "Filter on pump 2 changed, all fine.",
    "Neue Palette Rohteile, Charge 4711.",
    "Cleaned the guard window during the stop.",
    "Schicht übernommen, keine Besonderheiten.",
    "Quality checked 5 parts, within tolerance.",
)


@dataclass(frozen=True, slots=True)
class Message:
    """A code of the machine with its words."""

    code: str
    severity: Severity
    text: str


def message_table(rng: np.random.Generator) -> tuple[list[Message], list[Message]]:
    """Thirty alarms and four messages of small talk, as the maker of the machine numbered them."""
    numbers = rng.choice(np.arange(101, 899), 30, replace=False)
    alarms = [
        Message(
            f"E{number}",
            Severity.CRITICAL if rng.random() < 0.1 else Severity.WARNING,
            f"{rng.choice(PARTS)} {rng.choice(TROUBLES)}",
        )
        for number in numbers.tolist()
    ]
    words = rng.choice(SMALL_TALK, 4, replace=False)
    talk = [Message(f"I{n:03}", Severity.INFO, str(w)) for n, w in enumerate(words, start=1)]
    return alarms, talk


def event(machine: str, message: Message, at: float, state: EventState) -> Event:
    """One event as it came in."""
    moment = datetime.fromtimestamp(round(at, 3), UTC)
    severity, text = message.severity, message.text
    return Event(machine, message.code, severity, state, text, moment, moment, "mqtt:events")


def spell(machine: str, message: Message, first: float, last: float) -> Iterator[Event]:
    """Raised and cleared."""
    yield event(machine, message, first, EventState.RAISED)
    yield event(machine, message, last, EventState.CLEARED)


def note(machine: str, text: str, at: float) -> Event:
    """Words that a person left."""
    return event(machine, Message("", Severity.INFO, text), at, EventState.NOTE)


def routine(
    rng: np.random.Generator, machine: str, talk: list[Message], usual: list[Message], end: float
) -> Iterator[Event]:
    """Seven days and a shift of small talk and of the few alarms that come and go every day."""
    start = end - USUAL_DAYS * DAY_S - DAY_S / 3
    for message in talk:
        gap = rng.uniform(1, 5) * 3600.0
        for at in np.arange(start + rng.uniform(0, gap), end - 60.0, gap).tolist():
            yield from spell(machine, message, at, at + rng.uniform(1, 20))
    for message in usual:
        for at in rng.uniform(start, end - 600.0, int(rng.integers(6, 20))).tolist():
            yield from spell(machine, message, at, at + rng.uniform(5, 300))
