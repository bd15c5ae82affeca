"""When a card opens, stays and resolves, decided from evidence alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ingest.vocabulary import Evidence, EvidenceKind, Issue, IssueState, Quantity, Severity
from service.cards import (
    Hint,
    Memory,
    Move,
    Rules,
    Sight,
    decide,
    mute,
    same_findings,
    title_of,
)

if TYPE_CHECKING:
    MakeEvidence = Any

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES = Rules.of(period_s=1, clear_s=12, silence_s=15)


def _at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _card(*evidence: Evidence, state: IssueState = IssueState.OPEN) -> Issue:
    return Issue(
        id="I00001",
        machine="press-3",
        line="line-1",
        state=state,
        severity=Severity.WARNING,
        title="t",
        opened_at=NOON,
        updated_at=NOON,
        resolved_at=None,
        evidence=evidence,
    )


def _looks(*evidence: Evidence, seconds: int, **sight: Any) -> tuple[Move, Memory]:
    """The move after so many looks, one a second, that all show the same."""
    memory, decision = Memory(), None
    for second in range(seconds + 1):
        seen = Sight(now=_at(second), evidence=evidence, **sight)
        decision, memory = decide(None, seen, memory, rules=RULES)
        if decision.move is Move.OPEN:
            break
    assert decision is not None
    return decision.move, memory


@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.LIMIT_VIOLATION,
        EvidenceKind.ALARM,
        EvidenceKind.CHATTERING,
        EvidenceKind.FLOOD,
        EvidenceKind.STANDING,
    ],
)
def test_alarms_and_limits_open_at_once(evidence: MakeEvidence, kind: EvidenceKind) -> None:
    """At the first look."""
    assert _looks(evidence(kind), seconds=0)[0] is Move.OPEN


@pytest.mark.parametrize("kind", list(EvidenceKind))
def test_information_opens_nothing(evidence: MakeEvidence, kind: EvidenceKind) -> None:
    """However long it stays."""
    assert _looks(evidence(kind, severity=Severity.INFO), seconds=120)[0] is Move.NOTHING


@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.SPIKE, EvidenceKind.NOISE_CHANGE, EvidenceKind.STUCK, EvidenceKind.NOTE],
)
def test_what_is_no_symptom_opens_nothing(evidence: MakeEvidence, kind: EvidenceKind) -> None:
    """It is told on a card, but calls nobody."""
    assert _looks(evidence(kind), seconds=120)[0] is Move.NOTHING


def test_alarm_between_two_looks_is_seen(evidence: MakeEvidence) -> None:
    """Raised and cleared within the last second; one that ended a minute ago is history."""
    short = evidence(EvidenceKind.ALARM, active=False, end=_at(-0.5))
    assert _looks(short, seconds=0)[0] is Move.OPEN
    old = evidence(EvidenceKind.ALARM, active=False, end=_at(-60))
    assert _looks(old, seconds=0)[0] is Move.NOTHING


def test_signal_back_within_its_limit_is_no_symptom(evidence: MakeEvidence) -> None:
    """Though the shift that carried it over the limit still goes on."""
    burst = evidence(active=False, end=_at(-0.5))
    assert _looks(burst, seconds=0)[0] is Move.OPEN
    carried = replace(burst, numbers={"level": Quantity(70.0, "degC")})
    assert _looks(carried, seconds=0)[0] is Move.NOTHING
    lasting = replace(carried, active=True)
    assert _looks(lasting, seconds=0)[0] is Move.OPEN
    assert _looks(lasting, seconds=0, within=frozenset({"oil_temp"}))[0] is Move.NOTHING


@pytest.mark.parametrize("kind", [EvidenceKind.STEP, EvidenceKind.DRIFT])
def test_change_must_last(evidence: MakeEvidence, kind: EvidenceKind) -> None:
    """Not at the first look, but before the card of a crossed limit would have resolved."""
    assert _looks(evidence(kind), seconds=3)[0] is Move.NOTHING
    assert _looks(evidence(kind), seconds=5)[0] is Move.OPEN


def test_change_after_a_change_of_state_opens_nothing(evidence: MakeEvidence) -> None:
    """A machine that just went into another state is not ill."""
    step = evidence(EvidenceKind.STEP)
    assert _looks(step, seconds=5, state_since=_at(3))[0] is Move.NOTHING
    assert _looks(step, seconds=5, state_since=_at(-30))[0] is Move.OPEN


def test_change_soon_after_a_card_opens_nothing(evidence: MakeEvidence) -> None:
    """The machine is still coming back; an alarm then is a new fault."""
    before = _at(-1)
    assert _looks(evidence(EvidenceKind.DRIFT), seconds=10, resolved_at=before)[0] is Move.NOTHING
    assert _looks(evidence(EvidenceKind.ALARM), seconds=0, resolved_at=before)[0] is Move.OPEN


def test_silence_must_last_and_be_the_machines_own(evidence: MakeEvidence) -> None:
    """All machines silent together means the wire."""
    gap = evidence(EvidenceKind.GAP)
    assert _looks(gap, seconds=14)[0] is Move.NOTHING
    assert _looks(gap, seconds=15)[0] is Move.OPEN
    assert _looks(gap, seconds=60, shared_silence=True)[0] is Move.NOTHING


def test_hints_must_agree_or_be_borne_out(evidence: MakeEvidence) -> None:
    """One note is a remark; two in different words, or one and a change, are a report."""
    one = Hint(NOON, "pump whines", "pump_worn", 0.9)
    other = Hint(NOON, "whining at the pump", "pump_worn", 0.9)
    third = Hint(NOON, "oil is hot", "cooler_fouled", 0.9)
    step = evidence(EvidenceKind.STEP)
    assert _looks(seconds=9, hints=(one,))[0] is Move.NOTHING
    assert _looks(seconds=9, hints=(one, one))[0] is Move.NOTHING
    assert _looks(seconds=9, hints=(one, third))[0] is Move.NOTHING
    assert _looks(seconds=0, hints=(one, other))[0] is Move.OPEN
    assert _looks(step, seconds=0, hints=(one,))[0] is Move.OPEN
    assert _looks(seconds=9, hints=(one, other), resolved_at=NOON)[0] is Move.NOTHING


def test_card_resolves_after_calm_only(evidence: MakeEvidence) -> None:
    """A symptom that comes back in time keeps the card open."""
    bursts = evidence(end=_at(5), active=False)
    memory = Memory()
    moves = []
    for second in range(30):
        shown = (bursts,) if second < 20 else ()
        again = replace(bursts, end=_at(10), active=False)
        shown = (again,) if 10 <= second < 20 else shown
        sight = Sight(now=_at(second), evidence=shown)
        decision, memory = decide(_card(bursts), sight, memory, rules=RULES)
        moves.append(decision.move)
    assert moves.index(Move.RESOLVE) == 23
    assert set(moves[:23]) == {Move.KEEP}


def test_new_card_does_not_inherit_the_calm_of_the_last(evidence: MakeEvidence) -> None:
    """The memory of an older card's last symptom closes no newer one."""
    memory = Memory(last_symptom=_at(-300))
    opened, memory = decide(None, Sight(NOON, (evidence(),)), memory, rules=RULES)
    assert opened.move is Move.OPEN
    kept, _ = decide(_card(evidence()), Sight(_at(1), ()), memory, rules=RULES)
    assert kept.move is Move.KEEP


def test_change_alone_does_not_hold_a_card_of_an_alarm(evidence: MakeEvidence) -> None:
    """Else a machine with a new set point would never get its card closed."""
    drift, alarm = evidence(EvidenceKind.DRIFT), evidence(EvidenceKind.ALARM, active=False)
    memory = Memory(last_symptom=_at(-12))
    sight = Sight(NOON, (drift,))
    assert decide(_card(drift, alarm), sight, memory, rules=RULES)[0].move is Move.RESOLVE
    assert decide(_card(drift), sight, memory, rules=RULES)[0].move is Move.KEEP


def test_severity_grows_and_never_falls(evidence: MakeEvidence) -> None:
    """While the card is open."""
    card = replace(_card(), severity=Severity.CRITICAL)
    sight = Sight(NOON, (evidence(),))
    assert decide(card, sight, Memory(), rules=RULES)[0].severity is Severity.CRITICAL
    sight = Sight(NOON, (evidence(severity=Severity.CRITICAL),))
    assert decide(_card(), sight, Memory(), rules=RULES)[0].severity is Severity.CRITICAL


def test_muted_findings_rest_until_they_were_gone(evidence: MakeEvidence) -> None:
    """Others open a card, and so does the same one after it was away for long enough."""
    memory = mute([evidence()], NOON)
    for second in range(30):
        decision, memory = decide(None, Sight(_at(second), (evidence(),)), memory, rules=RULES)
        assert decision.move is Move.NOTHING
    other = evidence(EvidenceKind.ALARM, codes=("E1",))
    assert decide(None, Sight(_at(30), (other,)), memory, rules=RULES)[0].move is Move.OPEN
    _, memory = decide(None, Sight(_at(45), ()), memory, rules=RULES)
    assert decide(None, Sight(_at(46), (evidence(),)), memory, rules=RULES)[0].move is Move.OPEN


def test_a_change_that_another_signal_joins_is_the_same(evidence: MakeEvidence) -> None:
    """Nor is it a new one when another signal leads: it lasts on, and holds its card."""
    step = evidence(EvidenceKind.STEP)
    both = replace(step, signals=("pressure", "oil_temp"))
    _, memory = _looks(step, seconds=3)
    seen = Sight(now=_at(4), evidence=(both,))
    assert decide(None, seen, memory, rules=RULES)[0].move is Move.OPEN
    old = Memory(last_symptom=_at(-30))
    assert decide(_card(step), seen, old, rules=RULES)[0].move is Move.KEEP


def test_what_joins_a_muted_finding_is_news(evidence: MakeEvidence) -> None:
    """A person put the one aside, not the other."""
    limit, memory = evidence(), mute([evidence()], NOON)
    seen = Sight(NOON, (replace(limit, signals=(*limit.signals, "pressure")),))
    assert decide(None, seen, memory, rules=RULES)[0].move is Move.OPEN


def test_a_limit_is_the_leads_alone(evidence: MakeEvidence) -> None:
    """It is over when the lead is back within it, and the title names no other signal."""
    both = replace(evidence(), signals=("oil_temp", "pressure"))
    assert title_of([both]) == "oil temp above its high limit"
    assert _looks(both, seconds=0, within=frozenset({"oil_temp"}))[0] is Move.NOTHING


def test_same_findings_do_not_mind_numbers(evidence: MakeEvidence) -> None:
    """A later end is the same finding; a code more, an end or a higher severity is not."""
    one = evidence()
    assert same_findings([one], [replace(one, id="E0002", end=_at(9))])
    assert not same_findings([one], [replace(one, active=False)])
    assert not same_findings([one], [one, evidence(EvidenceKind.ALARM, codes=("E1",))])
    assert not same_findings([one], [replace(one, signals=("pressure",))])


def test_title_names_the_worst_and_is_short(evidence: MakeEvidence) -> None:
    """Alarms before changes; untrusted words are cut."""
    drift = evidence(EvidenceKind.DRIFT, ago_s=60)
    alarm = replace(
        evidence(EvidenceKind.ALARM, signals=(), codes=("E217",)), quotes=("hot " * 99,)
    )
    title = title_of([drift, alarm])
    assert title.startswith("alarm E217: hot")
    assert len(title) <= 160
    assert title_of([drift]) == "oil temp drifts up"
    assert title_of([evidence()]) == "oil temp above its high limit"
