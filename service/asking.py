"""A question to the documents: from its body to what is asked, from the answer to its record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ingest.errors import DataFault
from ingest.plant import Machine
from ingest.vocabulary import Answer, Citation
from prompting.listening import Listener
from rag.conversation import Turn
from rag.document import DocumentStatus
from rag.mentions import MachineName, mentioned
from service.access import Caller
from service.answer_log import Asked
from service.document_bodies import Ask, Search
from service.document_replies import AskedOut
from service.parts import Parts
from service.reach import shown


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that a question is answered by."""

    question: str
    machine: Machine | None
    codes: tuple[str, ...]
    """On the machine's open card: a question about it may not repeat them."""
    language: str | None
    conversation: str
    earlier: tuple[Turn, ...]

    def scope(self, caller: Caller) -> dict[str, Any]:
        """What could be quoted at all, for the audit."""
        return {
            "machine": self.machine.id if self.machine else None,
            "machine_kind": self.machine.kind if self.machine else None,
            "reader": caller.reader,
            "language": self.language,
            "codes": list(self.codes),
            "earlier": len(self.earlier),
        }


def asking(parts: Parts, caller: Caller, body: Ask) -> Asking:
    """What is to be asked.

    Raises:
        NotKnown: no such machine, or no such conversation of this caller.
        Forbidden: the key is not for that machine.
        DataFault: the key is for several machines and the question is about none of them.
    """
    earlier: tuple[Turn, ...] = ()
    if body.conversation is not None:
        earlier = parts.answers.turns(body.conversation, caller, parts.clock())
    machine = _machine(parts, caller, body, earlier)
    return Asking(
        question=body.question,
        machine=machine,
        codes=_codes(parts, machine or _named(body.question, parts.plant.machines)),
        language=body.language,
        conversation=body.conversation or parts.answers.begin(),
        earlier=_reachable(parts, caller, earlier),
    )


def answered(
    parts: Parts, caller: Caller, asked: Asking, listener: Listener | None = None
) -> AskedOut:
    """The answer, kept with its passages before anybody sees it."""
    answer = parts.library.ask(
        asked.question,
        machine_kind=asked.machine.kind if asked.machine else None,
        machine=asked.machine.id if asked.machine else None,
        codes=asked.codes,
        reader=caller.reader,
        earlier=asked.earlier,
        language=asked.language,
        listener=listener,
    )
    if listener is not None:
        listener.check()
    return _kept(parts, caller, asked, answer)


def found(parts: Parts, caller: Caller, body: Search) -> list[Citation]:
    """Passages for a search, best first."""
    if set(body.statuses or ()) - {DocumentStatus.CURRENT.value}:
        caller.must_be()
    machine = _machine(parts, caller, body)
    return list(
        parts.library.search(
            body.query,
            machine_kind=machine.kind if machine else None,
            machine=machine.id if machine else None,
            kinds=body.kinds,
            languages=body.languages,
            statuses=body.statuses,
            on=body.on,
            reader=caller.reader,
            limit=body.limit,
        )
    )


def _machine(
    parts: Parts, caller: Caller, body: Ask | Search, earlier: tuple[Turn, ...] = ()
) -> Machine | None:
    """The machine that the question is about; a key for some machines asks about one of them."""
    if body.machine is not None:
        return caller.reach.machine(parts.plant, body.machine)
    if not caller.reach.limited:
        return None
    own = {machine.id: machine for machine in caller.reach.among(parts.plant)}
    words = body.question if isinstance(body, Ask) else body.query
    named = _named(words, own.values())
    before = [own[turn.machine] for turn in earlier if turn.machine in own]
    if named is not None or before or len(own) == 1:
        return named or [*own.values(), *before][-1]
    raise DataFault("Say which machine this is about.", remedy=f"Your key is for {shown(own)}.")


def _named(words: str, machines: Iterable[Machine]) -> Machine | None:
    """The one of these machines that the words name."""
    known = {machine.id: machine for machine in machines}
    names = [MachineName(one.id, one.kind, one.line) for one in known.values()]
    named = mentioned(words, names).machine
    return known[named.id] if named else None


def _reachable(parts: Parts, caller: Caller, earlier: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Without those about machines that the key is not for any more."""
    among = caller.reach.ids(parts.plant)
    return tuple(turn for turn in earlier if among is None or turn.machine in among)


def _codes(parts: Parts, machine: Machine | None) -> tuple[str, ...]:
    card = parts.cards.last(machine.id) if machine else None
    if card is None or card.resolved_at is not None:
        return ()
    return tuple(dict.fromkeys(code for item in card.evidence for code in item.codes))


def _kept(parts: Parts, caller: Caller, asked: Asking, answer: Answer) -> AskedOut:
    record = Asked(answer, caller, asked.conversation, asked.scope(caller))
    identity = parts.answers.keep(record, parts.clock())
    parts.document_figures.answered(answer)
    own = {"id": identity, "conversation": asked.conversation}
    return AskedOut.model_validate({**asdict(answer), **own})
