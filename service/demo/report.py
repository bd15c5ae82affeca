"""What the demo proves: the simulators' ground truth held against the cards of the service.

Pure functions. The truth is known to the simulators and to this report alone; the product saw
only what crossed the wire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

Json = Mapping[str, Any]

CLOCK_SLACK = timedelta(seconds=1)
"""A card may carry the time of the first row of its evidence, read just before the fault's mark."""


@dataclass(frozen=True, slots=True)
class FaultOutcome:
    """One injected fault and what the product made of it."""

    machine: str
    kind: str
    started_at: str
    detected: bool
    delay_s: float | None
    issue: str | None
    diagnosis: str | None
    diagnosis_right: bool
    procedure: dict[str, Any] | None
    procedure_right: bool

    @property
    def right(self) -> bool:
        """Found on the right machine, named rightly, with the right page."""
        return self.detected and self.diagnosis_right and self.procedure_right


@dataclass(frozen=True, slots=True)
class IngestTotals:
    """Records (a reading or an event) counted over MQTT sources."""

    published: int
    received: int
    stored: int
    duplicates: int
    dead_lettered: int

    @property
    def lost(self) -> int:
        """Records that the broker confirmed to the simulators and that the history lacks."""
        return self.published - self.stored - self.dead_lettered

    @property
    def balanced(self) -> bool:
        """The law of DESIGN 7."""
        return self.received == self.stored + self.duplicates + self.dead_lettered


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The result of one run of the demo."""

    scenario: str
    seed: int
    seconds_to_first_card: float | None
    ingest: IngestTotals
    modbus: IngestTotals
    faults: tuple[FaultOutcome, ...]
    false_alarms: int
    collector_restarts: int = 0
    unmatched: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Every fault right, nothing lost, nothing invented."""
        return (
            bool(self.faults or self.scenario == "quiet")
            and all(fault.right for fault in self.faults)
            and self.ingest.lost == 0
            and self.ingest.balanced
            and self.modbus.balanced
            and self.false_alarms == 0
        )

    def as_json(self) -> dict[str, Any]:
        """The report in the form that DESIGN 5 fixes."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "seconds_to_first_card": self.seconds_to_first_card,
            "ingest": {**asdict(self.ingest), "lost": self.ingest.lost},
            "modbus": {
                key: value for key, value in asdict(self.modbus).items() if key != "published"
            },
            "faults": [asdict(fault) for fault in self.faults],
            "false_alarms": self.false_alarms,
            "unmatched_issues": list(self.unmatched),
            "collector_restarts": self.collector_restarts,
            "passed": self.passed,
        }


def match_faults(
    faults: Sequence[Json], issues: Sequence[Json], *, grace: timedelta
) -> tuple[tuple[FaultOutcome, ...], tuple[str, ...]]:
    """Give each fault its card.

    Args:
        faults: of the truth file: machine, kind, started_at, ended_at, procedure.
        issues: of `GET /v1/issues`, all states.
        grace: how long after the end of a fault a card for it may still open.

    Returns:
        The outcomes in the order of `faults`, and the ids of issues that belong to no fault.
    """
    free = sorted(issues, key=lambda issue: str(issue["opened_at"]))
    explained: set[str] = set()
    outcomes = []
    for fault in sorted(faults, key=lambda item: str(item["started_at"])):
        cards = [issue for issue in free if _belongs(issue, fault, grace)]
        explained.update(str(card["id"]) for card in cards)
        outcomes.append(_outcome(fault, cards[0] if cards else None))
    unmatched = tuple(str(issue["id"]) for issue in free if str(issue["id"]) not in explained)
    return tuple(outcomes), unmatched


def _belongs(issue: Json, fault: Json, grace: timedelta) -> bool:
    opened = datetime.fromisoformat(issue["opened_at"])
    started = datetime.fromisoformat(fault["started_at"])
    ended = datetime.fromisoformat(fault["ended_at"])
    return bool(
        issue["machine"] == fault["machine"] and started - CLOCK_SLACK <= opened <= ended + grace
    )


def _outcome(fault: Json, card: Json | None) -> FaultOutcome:
    diagnosis = ((card or {}).get("diagnosis") or {}).get("label")
    place = _procedure(card)
    return FaultOutcome(
        machine=fault["machine"],
        kind=fault["kind"],
        started_at=fault["started_at"],
        detected=card is not None,
        delay_s=_delay_s(fault, card),
        issue=str(card["id"]) if card else None,
        diagnosis=diagnosis,
        diagnosis_right=diagnosis == fault["kind"],
        procedure=place,
        procedure_right=place is not None and place == dict(fault["procedure"]),
    )


def _procedure(card: Json | None) -> dict[str, Any] | None:
    answer = (card or {}).get("procedure") or {}
    if answer.get("declined", True) or not answer.get("citations"):
        return None
    first = answer["citations"][0]
    return {"document": first["document"], "page": first["page"]}


def _delay_s(fault: Json, card: Json | None) -> float | None:
    if card is None:
        return None
    opened = datetime.fromisoformat(card["opened_at"])
    return round((opened - datetime.fromisoformat(fault["started_at"])).total_seconds(), 1)
