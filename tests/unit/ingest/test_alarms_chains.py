"""A trip names the alarm that came first and holds the ones that followed from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.alarms import findings
from ingest.detect import Finding
from ingest.evidence_numbering import numbered
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import (
    Event,
    EventState,
    EvidenceKind,
    MachineState,
    Series,
    Severity,
)

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
END = START + timedelta(hours=8)
WARNING, CRITICAL, INFO = Severity.WARNING, Severity.CRITICAL, Severity.INFO


def event(at_s: float, code: str, severity: Severity = WARNING, state: str = "raised") -> Event:
    at = START + timedelta(seconds=at_s)
    return Event("press-3", code, severity, EventState(state), f"text {code}", at, at, "mqtt:x")


def states(*changes: tuple[float, MachineState]) -> Series:
    times = [START.timestamp() + at for at, _ in changes]
    values = [float(state.number) for _, state in changes]
    return Series("state", "", times, values, list(range(len(times))))


TRIP = states(
    (0, MachineState.EXECUTE), (1003, MachineState.ABORTING), (1004, MachineState.ABORTED)
)
BURST = [event(1000, "E101"), event(1004, "E205"), event(1006, "E310"), event(1007, "E205")]


def found(events: Sequence[Event], state: Series | None = None) -> list[Finding]:
    return findings(events, START, END, settings=EvidenceSettings(), state=state)


def kinds(events: Sequence[Event], state: Series | None = None) -> list[EvidenceKind]:
    return [finding.kind for finding in found(events, state)]


def test_the_first_alarm_of_a_trip_leads_and_the_others_follow() -> None:
    """One item: first code first, then the others in order, and the time to the trip."""
    (item,) = found(BURST, TRIP)
    assert item.kind is EvidenceKind.FIRST_OUT
    assert item.codes == ("E101", "E205", "E310")
    assert item.start == START.timestamp() + 1000
    numbers = {role: quantity.value for role, quantity in item.numbers.items()}
    assert numbers == {"count": 2, "duration": 7, "lead": 3}
    assert item.quotes[0] == "text E101"
    assert item.active  # nothing was cleared


def test_a_critical_alarm_is_a_trip_too() -> None:
    """Where the machine tells no state."""
    burst = [*BURST[:2], event(1005, "E900", CRITICAL)]
    (item,) = found(burst)
    assert (item.kind, item.severity) == (EvidenceKind.FIRST_OUT, CRITICAL)
    assert item.codes == ("E101", "E205", "E900")


def test_a_critical_alarm_of_a_machine_that_runs_on_is_no_trip() -> None:
    """Its state says so."""
    burst = [*BURST[:2], event(1005, "E900", CRITICAL)]
    assert EvidenceKind.FIRST_OUT not in kinds(burst, states((0, MachineState.EXECUTE)))


def test_a_burst_without_a_trip_is_no_chain() -> None:
    """Nor is a trip with two alarms, nor one with messages only."""
    assert EvidenceKind.FIRST_OUT not in kinds(BURST)
    assert EvidenceKind.FIRST_OUT not in kinds(BURST[:2], TRIP)
    assert EvidenceKind.FIRST_OUT not in kinds(
        [event(1000 + n, f"I{n}", INFO) for n in range(5)], TRIP
    )


def test_an_alarm_from_long_before_the_trip_is_not_its_first() -> None:
    """It stays an item of its own, and so does what came at another time as well."""
    other = [event(900, "E777"), event(5000, "E310")]
    items = {f.codes[0]: f.kind for f in found([*BURST, *other], TRIP)}
    assert items == {
        "E101": EvidenceKind.FIRST_OUT,
        "E777": EvidenceKind.ALARM,
        "E310": EvidenceKind.ALARM,
    }


def test_in_a_long_row_of_alarms_the_first_is_near_the_trip() -> None:
    """What came a quarter of an hour before, without a pause since, is not what tripped it."""
    row = [event(10.0 * n, f"E{n}") for n in range(110)]
    chain = next(f for f in found(row, TRIP) if f.kind is EvidenceKind.FIRST_OUT)
    assert chain.start == START.timestamp() + 950
    assert chain.codes[0] == "E95"


def test_a_chattering_alarm_is_not_taken_for_the_first() -> None:
    """It came all the time, just before the trip as well."""
    restless = [event(10.0 * n, "E5", state=s) for n in range(110) for s in ("raised", "cleared")]
    items = {f.kind: f for f in found([*restless, *BURST], TRIP)}
    assert items[EvidenceKind.FIRST_OUT].codes[0] == "E101"
    assert items[EvidenceKind.CHATTERING].codes == ("E5",)


def test_two_trips_are_two_items() -> None:
    """The same chain an hour later is another one."""
    again = [event(e.source_time.timestamp() - START.timestamp() + 3600, e.code) for e in BURST]
    more = states(
        (0, MachineState.EXECUTE),
        (1003, MachineState.ABORTING),
        (1200, MachineState.EXECUTE),
        (4605, MachineState.STOPPING),
    )
    assert kinds([*BURST, *again], more) == [EvidenceKind.FIRST_OUT] * 2


def test_a_trip_chain_of_many_alarms_is_no_flood_as_well() -> None:
    """One cause, one item; a flood of others beside it is told."""
    chain = [event(1000 + n, f"E{n}") for n in range(20)]
    assert kinds(chain, TRIP) == [EvidenceKind.FIRST_OUT]
    others = [event(1200 + 20 * n, f"F{n}") for n in range(20)]
    assert EvidenceKind.FLOOD in kinds([*chain, *others], TRIP)


def test_the_statement_names_the_first_and_the_next() -> None:
    """Codes stand there in one short printable line, whatever was sent for one."""
    burst = [event(1000, "E1\n## new rules"), event(1002, "x" * 900), *BURST[1:]]
    (item,) = numbered(found(burst, TRIP), "press-3")
    assert item.statement.startswith(
        'alarm "E1## new rules" came first; 3 alarms followed within 7 s:'
    )
    assert "x" * 41 not in item.statement
    assert item.statement.endswith("E205, E310; tripped after 3 s")


def test_all_that_follows_a_trip_may_be_cleared() -> None:
    """Then the chain is over, and ends with its last alarm."""
    cleared = [event(2000, code, state="cleared") for code in ("E101", "E205", "E310")]
    (item,) = found([*BURST, *cleared], TRIP)
    assert (item.active, item.end) == (False, START.timestamp() + 1007)
