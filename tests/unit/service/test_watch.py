"""The loop over a real history, with the clock moved by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ingest.errors import WireFault
from ingest.vocabulary import GAP, Answer, EventState, EvidenceKind, IssueState, Severity
from service.cards_store import BY_ITSELF
from service.lookout import Look, Lookout
from tests.fakes import FakeLibrary

if TYPE_CHECKING:
    Floor = Any


def test_normal_operation_opens_no_card(floor: Floor) -> None:
    """Minutes of the usual, with notes that mean nothing, call nobody."""
    floor.run(60)
    floor.say("shift change, all fine")
    floor.run(60)
    assert floor.cards.last("press-3") is None
    assert floor.cards.last("press-4") is None


def test_crossed_limit_opens_and_resolves_a_card(floor: Floor) -> None:
    """Within seconds a card, a while after the end none, and the other press untouched."""
    floor.run(40)
    started = floor.now
    floor.run(10, oil=70.0)
    opened = floor.card
    assert opened.state is IssueState.OPEN
    assert floor.card.opened_at - started < timedelta(seconds=5)
    assert floor.card.evidence[0].kind is EvidenceKind.LIMIT_VIOLATION
    assert floor.card.summary is not None
    floor.run(20)
    assert floor.card.state is IssueState.RESOLVED
    assert floor.card.resolution == BY_ITSELF
    assert floor.cards.last("press-4") is None


def test_known_code_is_looked_up_and_never_classified(floor: Floor) -> None:
    """The code table wins, and says where it stands."""
    floor.run(30)
    floor.say("oil hot", code="E217", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(2)
    diagnosis = floor.card.diagnosis
    assert diagnosis is not None
    assert (diagnosis.label, diagnosis.engine) == ("cooler_fouled", "code-table")
    assert "MAN revision 2 page 3" in diagnosis.reason
    assert floor.card.procedure is not None
    assert "Mend cooler_fouled" in floor.card.procedure.text
    assert floor.model.read == []


def test_free_text_is_classified_and_later_notes_count(floor: Floor) -> None:
    """An unknown code leaves the words; the diagnosis comes when words come."""
    floor.run(30)
    floor.say("", code="X-77", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(2)
    assert floor.card.diagnosis is not None
    assert floor.card.diagnosis.abstained
    floor.say("pump is whining loudly")
    floor.run(2)
    assert floor.card.diagnosis is not None
    assert floor.card.diagnosis.label == "pump_worn"
    assert floor.card.procedure is not None


def test_two_notes_that_agree_open_a_card_and_one_does_not(floor: Floor) -> None:
    """One person's remark is no alarm; a second one in other words is."""
    floor.run(30)
    floor.say("pump whines")
    floor.run(5)
    assert floor.cards.last("press-3") is None
    floor.say("whining noise from the pump")
    floor.run(2)
    assert floor.card.title == "Reported: pump whines"


def test_card_survives_a_restart(floor: Floor) -> None:
    """A new process goes on with the open card and closes it in its time."""
    floor.run(40)
    floor.run(6, oil=70.0)
    before = floor.card
    floor.cards.acknowledge(before.id, by="Weber", at=floor.now)
    floor.restart()
    floor.run(6, oil=70.0)
    assert (floor.card.id, floor.card.state) == (before.id, IssueState.ACKNOWLEDGED)
    floor.run(16)
    assert floor.card.id == before.id
    assert floor.card.state is IssueState.RESOLVED
    assert floor.card.tags["acknowledged_by"] == "Weber"


def test_resolving_by_hand_puts_the_findings_aside(floor: Floor) -> None:
    """The same crossed limit opens no second card, not even after a restart; a later one does."""
    floor.run(40)
    floor.run(6, oil=70.0)
    first = floor.cards.resolve(floor.card.id, resolution="known", by="Weber", at=floor.now)
    floor.run(6, oil=70.0)
    floor.restart()
    floor.run(6, oil=70.0)
    assert floor.card.id == first.id
    floor.run(30)
    floor.run(6, oil=70.0)
    assert floor.card.id != first.id


def test_summary_is_asked_for_only_when_findings_change(floor: Floor) -> None:
    """Numbers that grow from look to look cost nothing."""
    floor.run(40)
    floor.run(5, oil=70.0)
    asked = floor.summarizer.asked
    floor.run(15, oil=70.0)
    assert floor.summarizer.asked <= asked + 1


def test_corrected_label_stays(floor: Floor) -> None:
    """What a person says is not overruled by later words."""
    floor.run(40)
    floor.run(3, oil=70.0)
    floor.cards.tag(floor.card.id, {"label": "pump_worn"}, floor.now)
    floor.say("oil hot", code="E217", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(3, oil=70.0)
    assert floor.card.diagnosis is not None
    assert (floor.card.diagnosis.label, floor.card.diagnosis.engine) == ("pump_worn", "operator")


def test_silence_of_one_machine_is_a_card(floor: Floor) -> None:
    """The other press still speaks, so it is the machine."""
    floor.run(40)
    floor.run(40, oil=None)
    assert floor.card.title == "machine silent"
    floor.run(20)
    assert floor.card.state is IssueState.RESOLVED


def test_silence_of_all_machines_is_no_card(floor: Floor) -> None:
    """The collector or the network is at fault; the pulse says so."""
    floor.run(40)
    for _ in range(60):
        floor.now += timedelta(seconds=1)
        floor.watch.look(floor.now)
    assert floor.cards.last("press-3") is None
    assert floor.watch.pulse.shared_silence


def test_second_fault_gets_its_own_card_and_its_own_words(floor: Floor) -> None:
    """Words of the first fault do not colour the diagnosis of the second."""
    floor.run(40)
    floor.say("oil hot", code="E217", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(5)
    floor.say("oil hot", code="E217", severity=Severity.INFO, state=EventState.CLEARED)
    floor.run(20)
    first = floor.card
    assert first.state is IssueState.RESOLVED
    floor.say("pump whines", code="X-1", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(3)
    assert floor.card.id != first.id
    assert floor.card.diagnosis is not None
    assert floor.card.diagnosis.label == "pump_worn"


def test_diagnosis_stays_when_the_card_resolves(floor: Floor) -> None:
    """The last look still reads the words of the card, whatever they said."""
    floor.run(30)
    floor.say("strange smell", code="X-1", severity=Severity.WARNING, state=EventState.RAISED)
    floor.run(3)
    assert floor.card.diagnosis is not None
    assert floor.card.diagnosis.reason == "no word is known"
    floor.say("", code="X-1", state=EventState.CLEARED)
    floor.run(16)
    assert floor.card.state is IssueState.RESOLVED
    assert floor.card.diagnosis.reason == "no word is known"


def test_listeners_hear_of_every_change(floor: Floor) -> None:
    """Opened, advised, resolved."""
    floor.run(40)
    floor.run(5, oil=70.0)
    floor.run(20)
    states = [card.state for card in floor.told]
    assert states[0] is IssueState.OPEN
    assert states[-1] is IssueState.RESOLVED
    assert floor.told[0].summary is None
    assert any(card.summary is not None for card in floor.told)


def test_listeners_hear_of_cards_whose_advice_is_late(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow model holds up neither the opening nor the resolving."""
    monkeypatch.setattr(floor.watch, "advise", lambda _now: None)
    floor.run(40)
    floor.run(5, oil=70.0)
    floor.run(20)
    states = [card.state for card in floor.told]
    assert (states[0], states[-1]) == (IssueState.OPEN, IssueState.RESOLVED)


def test_routine_notes_stay_off_the_card(floor: Floor) -> None:
    """What says that all is well is no evidence of a fault; what speaks of one is."""
    floor.run(35)
    floor.say("shift change, all fine")
    floor.say("pump whines")
    floor.run(5)
    floor.run(5, oil=70.0)
    quotes = {quote for item in floor.card.evidence for quote in item.quotes}
    assert quotes == {"pump whines"}


def test_the_collectors_word_about_the_wire_calls_nobody(floor: Floor) -> None:
    """Read like a person's note it would open a card, be diagnosed, and stand as a note on it."""
    floor.run(35)
    floor.say("out of reach: pump whines", code=GAP)
    floor.say("was out of reach: whining", code=GAP)
    floor.run(5)
    assert floor.cards.last("press-3") is None
    floor.run(5, oil=70.0)
    assert {quote for item in floor.card.evidence for quote in item.quotes} == set()
    assert floor.model.read == []


def test_odd_data_of_one_machine_hides_no_other(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own at one machine is counted, and the others are still watched."""
    floor.run(40)
    looked = Lookout.look

    def stumble(self: Lookout, machine: str, start: datetime, end: datetime) -> Look:
        if machine == "press-4":
            raise ZeroDivisionError
        return looked(self, machine, start, end)

    monkeypatch.setattr(Lookout, "look", stumble)
    floor.run(10, oil=70.0)
    assert floor.card.state is IssueState.OPEN
    assert floor.watch.pulse.failures == 10


def test_procedure_is_looked_for_again_after_the_library_failed(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was away for a moment does not leave the card without a procedure for good."""
    floor.run(30)
    with monkeypatch.context() as away:
        away.setattr(FakeLibrary, "procedure", _away)
        floor.say("oil hot", code="E217", severity=Severity.WARNING, state=EventState.RAISED)
        floor.run(2)
        assert floor.card.procedure.declined
    floor.say("oil still hot")
    floor.run(2)
    assert not floor.card.procedure.declined


def _away(*_: object, **__: object) -> Answer:
    raise WireFault("The vector store is away.")
