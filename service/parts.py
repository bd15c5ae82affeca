"""The parts that the app is made of, chosen by the assembly and handed to every request."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypedDict

from fastapi import Depends, Request

from finetune.task import Task
from ingest.errors import AndonFault, NotKnown
from ingest.history import History, SourceCounters
from ingest.outbox import outbox_figures
from ingest.plant import Plant
from ingest.plant_watch import PlantWatch
from ingest.room import DiskRoom
from ingest.roster import Pulse, Roster
from ingest.timestamps import CLOCK_AHEAD
from prompting.asking import Asker
from prompting.breaker import BreakerState
from prompting.library import PromptLibrary
from prompting.probing_watch import ProbeWatch
from service.access import Access
from service.answer_log import AnswerLog
from service.cards_store import CardStore
from service.classified import Comparison
from service.collectors import collectors_state
from service.comparison.nouns import Route
from service.document_figures import DocumentFigures
from service.feed import Feed
from service.floor import MachineView, machine_view
from service.folder_watch import FolderWatch
from service.following import Answering, Following
from service.instructions import InstructionStore
from service.learning import Learning
from service.ledger import Ledger
from service.lookout import Lookout
from service.model_figures import ModelFigures
from service.ports import Library, Shelf, Summarizes
from service.settings import ServiceSettings
from service.watch import Watch

LONG_OWED = timedelta(minutes=5)
"""A centre that has not confirmed for so long is away."""

UPLOADS_AT_ONCE = 4
"""Documents that are taken in at the same time: the other threads are for questions."""
MOST_FAULTS = 5
"""Of prompt files, named at once."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part and how it is."""

    name: str
    state: str
    """`ok`, `degraded` (works with less) or `missing` (the service cannot do its work)."""
    detail: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that requests need; tests hand in fakes of the ports."""

    settings: ServiceSettings
    plant: Plant
    history: History
    cards: CardStore
    instructions: InstructionStore
    ledger: Ledger
    answers: AnswerLog
    lookout: Lookout
    summarizer: Summarizes
    shelf: Shelf
    library: Library
    access: Access
    feed: Feed
    learning: Learning
    following: Following | None = None
    """What answers each task; None: its classifier, as in the tests of a single route."""
    watch: Watch | None = None
    """None: nobody opens cards, as in the tests of a single route."""
    roster: Roster | None = None
    """None: nobody asks after the collectors, as in the tests of a single route."""
    plant_watch: PlantWatch | None = None
    """Tells when the description that `plant` was read from has changed."""
    asker: Asker | None = None
    """None: texts are written by rule."""
    model_watch: ProbeWatch | None = None
    """Tells what the model can do, once it is probed."""
    model_figures: ModelFigures = field(default_factory=ModelFigures)
    """What the model took."""
    prompts: PromptLibrary | None = None
    """None: nobody asks after the prompt files, as in the tests of a single route."""
    document_figures: DocumentFigures = field(default_factory=DocumentFigures)
    """What was taken in, and what was answered from it."""
    upload_slots: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(UPLOADS_AT_ONCE)
    )
    folder_watch: FolderWatch | None = None
    """None: nobody looks after the documents, as in the tests of a single route."""
    components: tuple[Component, ...] = ()
    """What the assembly found when it put the parts together."""
    disk_reserve_bytes: int = 0
    """With less room on the disk nothing more is taken in."""
    clock_ahead: timedelta = CLOCK_AHEAD
    """How far ahead of ours the clock of a pushed record may be."""
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def patience(self) -> timedelta:
        """Shortest silence of a machine that is shown as one."""
        return timedelta(seconds=self.settings.watch_silence_s)

    def view(self, machine: str) -> MachineView:
        """A machine as it stands now; NotKnown when the plant has none of that id."""
        last = self.cards.last(machine)
        return machine_view(
            self.plant.machine(machine),
            self.history.latest(machine),
            last if last and last.resolved_at is None else None,
            now=self.clock(),
            patience=self.patience,
        )

    def answering(self, task: str) -> Answering:
        """What answers a task now: its route, else its model; NotKnown where it has neither."""
        if self.following is None:
            return Answering(self.shelf.current(task), Route.FINETUNE)
        return self.following.current(task)

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task, with the version of the model that is in use."""
        return self.shelf.tasks() if self.following is None else self.following.tasks()

    def task(self, name: str) -> Task:
        """A task that ships with us, has a model or follows a route; NotKnown otherwise."""
        found = next((task for task, _ in self.tasks() if task.name == name), None)
        if found is None:
            raise NotKnown(f"There is no task {name}.")
        return found

    def compared(self, task: str) -> Comparison:
        """The version in the shadow of a task against the one that serves."""
        serving = self.shelf.current(self.task(task).name).version
        shadow = self.shelf.store.shadow(task) or ""
        shadow = "" if shadow == serving else shadow
        truth = self.ledger.truths(task) if shadow else {}
        return self.learning.classified.compared(serving, shadow, task=task, truth=truth)

    def state_of_parts(self) -> list[Component]:
        """How every part is at this moment."""
        own = (self._history_state(), self._disk_state(), self._data_state(), self._watch_state())
        others = (*self._plant_state(), *self._outbox_state(), *self._prompts_state())
        writing = (self._writer_state(), *self._model_state(), *self._drift_state())
        writing = (*writing, *self._routes_state())
        documents = self._documents_state()
        return [*own, self._collectors_state(), *writing, *documents, *others, *self.components]

    def _history_state(self) -> Component:
        try:
            sources = len(self.history.counters())
        except AndonFault as fault:
            return Component("history", "missing", str(fault))
        return Component("history", "ok", f"{sources} source(s)")

    def _disk_state(self) -> Component:
        room = DiskRoom(self.settings.history_file, self.disk_reserve_bytes)
        try:
            if trouble := room.trouble():
                return Component("disk", "missing", f"{trouble} Nothing is taken in or confirmed.")
        except (OSError, sqlite3.Error) as fault:
            return Component("disk", "missing", f"{room.path.parent} cannot be looked at: {fault}.")
        return Component("disk", "ok", f"{room.free_bytes / 1e9:.1f} GB free")

    def _data_state(self) -> Component:
        last = max((source.last_received for source in self._counters()), default=None)
        if last is None:
            return Component("data", "degraded", "Nothing has been received yet: andon ingest?")
        if self.watch is not None and self.watch.pulse.shared_silence:
            words = "Several machines fell silent together: look at the collector and the network."
            return Component("data", "degraded", words)
        age = (self.clock() - last).total_seconds()
        quiet = age > self.patience.total_seconds()
        return Component("data", "degraded" if quiet else "ok", f"last record {age:.0f} s ago")

    def pulses(self) -> list[Pulse]:
        """The last sign of life of every collector."""
        return self.roster.pulses() if self.roster else []

    def _plant_state(self) -> list[Component]:
        if self.plant_watch is None or not self.plant_watch.changed:
            return []
        words = (
            f"{self.plant.path} was changed: collectors take it over, andon serve when restarted."
        )
        return [Component("plant", "degraded", words)]

    def _documents_state(self) -> list[Component]:
        if self.folder_watch is None:
            return []
        try:
            return [Component("documents", *self.folder_watch.standing())]
        except AndonFault as fault:
            return [Component("documents", "missing", str(fault))]

    def _prompts_state(self) -> list[Component]:
        if self.prompts is None:
            return []
        faults = self.prompts.faults()
        if not faults:
            return [Component("prompts", "ok", f"{len(self.prompts.list())} prompt(s)")]
        named = " ".join(str(fault) for fault in faults[:MOST_FAULTS])
        more = f" And {len(faults) - MOST_FAULTS} more." if len(faults) > MOST_FAULTS else ""
        return [Component("prompts", "degraded", f"Not taken over: {named}{more}")]

    def _outbox_state(self) -> list[Component]:
        try:
            owed = outbox_figures(self.settings.history_file)
        except AndonFault as fault:
            return [Component("outbox", "degraded", str(fault))]
        if owed is None:
            return []
        late = owed.oldest is not None and self.clock() - owed.oldest > LONG_OWED
        words = f"{owed.waiting} record(s) wait for {owed.url}"
        return [Component("outbox", "degraded" if late else "ok", words)]

    def _collectors_state(self) -> Component:
        try:
            return Component("collectors", *collectors_state(self.pulses()))
        except AndonFault as fault:
            return Component("collectors", "missing", str(fault))

    def _writer_state(self) -> Component:
        if self.asker is None:
            words = (
                "Summaries are written by rule; set ANDON_LLM_URL and ANDON_LLM_MODEL for a model."
            )
            return Component("writer", "ok", words)
        model, breaker = self.asker.model, self.asker.breaker
        name = f"{model.model} ({model.engine})"
        if breaker.state is BreakerState.CLOSED:
            return Component("writer", "ok", name)
        words = f"{name} keeps failing and is left alone for {breaker.rest_s:.0f} s more"
        return Component("writer", "degraded", f"{words}; summaries are written by rule.")

    def _model_state(self) -> list[Component]:
        if self.model_watch is None:
            return []
        found = self.model_watch.standing()
        return [Component("model", "ok" if found.well else "degraded", found.words)]

    def _drift_state(self) -> list[Component]:
        shifted = self.learning.drift.shifted()
        return [Component(f"drift {one.task}", "degraded", one.words) for one in shifted]

    def _routes_state(self) -> list[Component]:
        if self.following is None:
            return []
        return [
            Component(f"route {task}", "degraded" if trouble else "ok", trouble or "is followed")
            for task, trouble in sorted(self.following.troubles().items())
        ]

    def _counters(self) -> list[SourceCounters]:
        try:
            return self.history.counters()
        except AndonFault:
            return []

    def _watch_state(self) -> Component:
        if self.watch is None:
            return Component("watch", "degraded", "switched off")
        pulse = self.watch.pulse
        if pulse.last_look is None:
            return Component("watch", "degraded", "has not looked yet")
        age = (self.clock() - pulse.last_look).total_seconds()
        late = age > 10 * self.settings.watch_period_s + pulse.last_duration_s
        words = f"{pulse.looks} looks, the last {age:.1f} s ago, {pulse.failures} failure(s)"
        return Component("watch", "missing" if late else "ok", words)


class State(TypedDict):
    """What the lifespan puts onto `request.state`."""

    parts: Parts


def _parts(request: Request) -> Parts:
    parts: Parts = request.state.parts
    return parts


PartsPart = Annotated[Parts, Depends(_parts)]
