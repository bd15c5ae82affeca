"""The loop that looks at every machine, opens, updates and resolves its card, and asks for advice.

Two threads, so that a slow model never delays the next look: one looks and decides, the other asks
the three paths about the cards that changed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.errors import AndonFault
from ingest.history import History
from ingest.plant import Machine, Plant
from ingest.vocabulary import Event, Issue, IssueState, Window
from service.advice import Adviser, Case
from service.cards import (
    SILENCE,
    Decision,
    Memory,
    Move,
    Rules,
    Sight,
    decide,
    mute,
    news,
    same_findings,
    silent,
)
from service.cards_store import BY_HAND, CLOSED, Advice, CardStore, NewCard
from service.floor import state_since, within_limits
from service.hints import NoteReader
from service.lookout import Look, Lookout
from service.settings import ServiceSettings

log = logging.getLogger(__name__)

MAX_SPAN = timedelta(hours=2)
"""How far back the evidence of a long-lived card is computed."""
MAX_EVENTS = 500
REFRESH = timedelta(seconds=5)
"""Numbers on an open card are this old at most; a finding that comes or goes shows at once."""

Listener = Callable[[str], None]
"""Called with a machine's id after each look at it."""


@dataclass(slots=True)
class Pulse:
    """Signs of life of the watch, for /readyz and /metrics."""

    looks: int = 0
    last_look: datetime | None = None
    last_duration_s: float = 0.0
    failures: int = 0
    shared_silence: bool = False


class Watch:
    """Watches all machines of the plant."""

    def __init__(
        self,
        plant: Plant,
        history: History,
        cards: CardStore,
        *,
        lookout: Lookout,
        adviser: Adviser,
        notes: NoteReader,
        settings: ServiceSettings,
        on_look: Listener = lambda _machine: None,
        on_card: Callable[[Issue], None] = lambda _issue: None,
    ) -> None:
        self._plant = plant
        self._history = history
        self._cards = cards
        self._lookout = lookout
        self._adviser = adviser
        self._notes = notes
        self._settings = settings
        self._on_look = on_look
        self._on_card = on_card
        self._rules = Rules.of(
            period_s=settings.watch_period_s,
            clear_s=settings.watch_clear_s,
            silence_s=settings.watch_silence_s,
        )
        self._memories: dict[str, Memory] = {}
        self._muted_for: dict[str, str] = {}
        self._learnt: dict[str, datetime] = {}
        self._cases: dict[str, Case] = {}
        self._wanted = threading.Condition()
        self.pulse = Pulse()

    def run(self, stop: threading.Event) -> None:
        """Look at every machine each period until stopped; must not die."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.look(datetime.now(UTC))
            except Exception:
                self.pulse.failures += 1
                log.exception("a look failed")
            self.pulse.last_duration_s = time.monotonic() - began
            stop.wait(max(0.05, self._settings.watch_period_s - self.pulse.last_duration_s))

    def run_advice(self, stop: threading.Event) -> None:
        """Ask for advice on cards that changed until stopped; must not die."""
        while not stop.is_set():
            with self._wanted:
                if not self._cases:
                    self._wanted.wait(0.5)
            try:
                self.advise(datetime.now(UTC))
            except Exception:
                self.pulse.failures += 1
                log.exception("advice failed")

    def look(self, now: datetime) -> None:
        """One look at every machine."""
        looks = {}
        for machine in self._plant.machines:
            with self._one_apart("no look", machine=machine.id):
                looks[machine.id] = self._see(machine, now)
        self.pulse.shared_silence = self._shared_silence(looks, now)
        for machine in self._plant.machines:
            if machine.id in looks:
                with self._one_apart("not followed", machine=machine.id):
                    self._follow(machine, looks[machine.id], now)
                    self._on_look(machine.id)
        self.pulse.looks += 1
        self.pulse.last_look = now

    def advise(self, now: datetime) -> None:
        """Ask the three paths about every card whose evidence or words have changed."""
        with self._wanted:
            cases, self._cases = self._cases, {}
        for issue, case in cases.items():
            with self._one_apart("no advice", issue=issue):
                self._advise(issue, case, now)

    @contextmanager
    def _one_apart(self, phrase: str, **fields: str) -> Iterator[None]:
        """The trouble of one machine or card, such as one resolved just now, is not the others'."""
        try:
            yield
        except AndonFault as fault:
            self.pulse.failures += 1
            log.warning(phrase, extra={**fields, "fault": str(fault)})
        except Exception:  # odd data of one machine must not blind the watch to all
            self.pulse.failures += 1
            log.exception(phrase, extra=fields)

    def _advise(self, issue: str, case: Case, now: datetime) -> None:
        card = self._cards.find(issue)
        before = Advice(card.summary, card.diagnosis, card.defect, card.procedure)
        advice = self._adviser.advise(issue, case, before)
        if advice is not None and advice != before:
            self._on_card(self._cards.advise(issue, advice, now))
        if card.state is IssueState.RESOLVED:
            self._adviser.forget(issue)

    def _see(self, machine: Machine, now: datetime) -> tuple[Issue | None, Look]:
        last = self._cards.last(machine.id)
        start = now - self._settings.window
        if last is not None and last.resolved_at is None:
            lead = self._settings.window / 2
            start = max(min(last.opened_at, _since(last)) - lead, now - MAX_SPAN)
        floor = None
        if last is not None:
            floor = last.resolved_at or self._resolved_before(last)
        if floor is not None:
            start = min(max(start, floor), now - timedelta(seconds=1))
        look = self._lookout.look(machine.id, start, now)
        evidence = self._notes.without_routine(machine, look.window.events, look.evidence)
        return last, Look(look.window, evidence)

    def _follow(self, machine: Machine, seen: tuple[Issue | None, Look], now: datetime) -> None:
        last, look = seen
        card = last if last is not None and last.resolved_at is None else None
        sight = Sight(
            now=now,
            evidence=look.evidence,
            hints=self._notes.hints(machine, look.window.events) if card is None else (),
            state_since=state_since(look.window),
            within=within_limits(look.window, machine),
            shared_silence=self.pulse.shared_silence,
            resolved_at=last.resolved_at if last is not None else None,
        )
        memory = self._remembered(machine.id, last)
        decision, memory = decide(card, sight, memory, rules=self._rules)
        self._memories[machine.id] = memory
        self._act(machine, card, decision, look=look, now=now)
        calm = card is None and decision.move is Move.NOTHING and _calm(look, memory)
        if calm or (card is not None and machine.id not in self._learnt):
            self._learn(machine.id, now)

    def _act(
        self, machine: Machine, card: Issue | None, decision: Decision, *, look: Look, now: datetime
    ) -> None:
        if decision.move is Move.OPEN:
            card = self._cards.open(_new(machine, decision, look, now), now)
            self._on_card(card)
            log.info("card opened", extra={"issue": card.id, "machine": machine.id})
        elif card is None:
            return
        elif decision.move is Move.RESOLVE:
            self._seen(card, decision, look, now)
            card = self._cards.expire(card.id, now)
            self._on_card(card)
            log.info("card resolved", extra={"issue": card.id, "machine": machine.id})
        else:
            card = self._seen(card, decision, look, now)
        self._want(card, machine, look, calm=not decision.symptoms)

    def _seen(self, card: Issue, decision: Decision, look: Look, now: datetime) -> Issue:
        fresh = now - card.updated_at < REFRESH and card.severity == decision.severity
        if fresh and same_findings(card.evidence, look.evidence):
            return card
        changed = self._cards.watched(
            card.id,
            severity=decision.severity,
            title=decision.title,
            evidence=look.evidence or card.evidence,
            at=now,
        )
        self._on_card(changed)
        return changed

    def _want(self, card: Issue, machine: Machine, look: Look, *, calm: bool) -> None:
        end = look.window.end
        process = self._history.window(machine.id, end - self._settings.window, end)
        case = Case(
            machine=machine,
            evidence=look.evidence,
            events=self._words(card, look.window),
            window=look.window,
            process=process,
            corrected=card.tags.get("label", ""),
            issue=card.id,
            calm=calm,
        )
        with self._wanted:
            self._cases[card.id] = case
            self._wanted.notify()

    def _words(self, card: Issue, window: Window) -> tuple[Event, ...]:
        floor = window.start
        resolved = self._resolved_before(card)
        lead = min(card.opened_at, _since(card)) - self._settings.window / 2
        start = max(lead, resolved) if resolved else lead
        if start >= floor:
            return tuple(event for event in window.events if event.source_time >= start)
        return tuple(self._history.events(card.machine, start, window.end, limit=MAX_EVENTS))

    def _resolved_before(self, card: Issue) -> datetime | None:
        """When the card before this one was resolved: what came earlier belongs to that one."""
        newest = self._cards.listed(machine=card.machine, limit=2)
        return next((older.resolved_at for older in newest if older.id != card.id), None)

    def _remembered(self, machine: str, last: Issue | None) -> Memory:
        """The memory of a machine; after a person resolved its card, that card's findings rest."""
        by_hand = last is not None and last.tags.get(CLOSED) == BY_HAND
        if last is not None and by_hand and self._muted_for.get(machine) != last.id:
            self._muted_for[machine] = last.id
            return mute(last.evidence, last.resolved_at or last.updated_at)
        return self._memories.get(machine, Memory())

    def _learn(self, machine: str, now: datetime) -> None:
        settings = self._settings
        again = timedelta(seconds=max(5.0, settings.watch_baseline_s / 60))
        if machine in self._learnt and now - self._learnt[machine] < again:
            return
        start = now - timedelta(seconds=settings.watch_baseline_s)
        wrong = [
            (opened - settings.window / 2, (resolved or now) + settings.clear)
            for opened, resolved in self._cards.times(machine, start)
        ]
        minimum = settings.window / 3
        if self._lookout.learn(machine, (start, now), except_for=wrong, minimum=minimum):
            self._learnt[machine] = now

    def _shared_silence(self, looks: dict[str, tuple[Issue | None, Look]], now: datetime) -> bool:
        quiet = [
            machine
            for machine, (_, look) in looks.items()
            if silent(Sight(now=now, evidence=look.evidence))
        ]
        return len(quiet) > 1 and 2 * len(quiet) >= len(looks)


def _since(card: Issue) -> datetime:
    since = card.tags.get("since")
    return datetime.fromisoformat(since) if since else card.opened_at


def _new(machine: Machine, decision: Decision, look: Look, now: datetime) -> NewCard:
    return NewCard(
        machine=machine.id,
        line=machine.line,
        severity=decision.severity,
        title=decision.title,
        evidence=look.evidence,
        since=decision.since or now,
    )


def _calm(look: Look, memory: Memory) -> bool:
    """Nothing to be seen that would spoil what is learnt as normal."""
    return not any(
        item.active and (item.signals or item.kind in SILENCE) and news(item, memory)
        for item in look.evidence
    )
