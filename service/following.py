"""What answers each task now: the route that it follows, else its classifier in the shelf.

A route set by another process counts at the next request, which makes it ready while the others
are served by what was there before. One that cannot be made ready is said once and passed over.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from finetune.task import Task
from ingest.errors import AndonFault, NotKnown, SettingsFault
from service.comparison.entrants import Supply
from service.comparison.nouns import Approach, Known, Route
from service.comparison.ports import Answerer, Arm
from service.ports import Answers, Classifies, Shelf
from service.routed import Absent, Routed
from service.task_routes import Member, RouteStore, TaskRoute

log = logging.getLogger(__name__)

RETRY_S = 60.0
"""A route that could not be made ready is tried again after this long."""

MakeArm = Callable[[Member, Known], Arm]
"""The arm of a member, of the engines that are set; NotKnown where there is none."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers one request."""

    answers: Answers
    route: Route
    revision: str = ""
    """Of the route; empty: the task follows none."""
    trouble: str = ""
    """Why the route that is set is not followed, or what of it is missing."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A route that can be asked."""

    route: TaskRoute
    arms: tuple[Answerer | None, ...]
    """One for each member; None: the model in use."""
    troubles: tuple[str, ...] = ()


@dataclass(slots=True)
class _Place:
    """Of one task: what is ready, and what could not be made so."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ready: Ready | None = None
    refused: str = ""
    """The revision that could not be made ready."""
    why: str = ""
    tried: float = 0.0


class Following:
    """Whoever asks gets one whole way and keeps it for as long as the request lasts."""

    def __init__(
        self,
        store: RouteStore,
        shelf: Shelf,
        make: MakeArm,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self._shelf = shelf
        self._make = make
        self._clock = clock
        self._places: dict[str, _Place] = {}
        self._adding = threading.Lock()

    def current(self, task: str) -> Answering:
        """What answers that task.

        Raises:
            NotKnown: there is neither a route nor a model.
            SettingsFault: its route cannot be followed, and there is nothing else.
        """
        try:
            revision = self.store.followed(task)
        except AndonFault as fault:
            return self._otherwise(task, self._place(task), str(fault))
        if revision is None:
            self._places.pop(task, None)
            return self._by_shelf(task)
        place = self._place(task)
        ready = place.ready
        if ready is not None and ready.route.revision == revision:
            return self._with(ready)
        if self._given_up(place, revision):
            return self._otherwise(task, place, place.why)
        return self._changed(task, place, revision)

    def route(self, task: str) -> TaskRoute | None:
        """The route that is set, whether or not it can be followed.

        Raises:
            AndonFault: it cannot be read.
        """
        revision = self.store.followed(task)
        if revision is None:
            return None
        ready = self._place(task).ready
        if ready is not None and ready.route.revision == revision:
            return ready.route
        return self.store.read(task, revision)

    def tasks(self) -> list[tuple[Task, str | None]]:
        """Every task that can be asked, with the version of its model or the revision of its
        route."""
        found = {task.name: (task, version) for task, version in self._shelf.tasks()}
        for name in self.store.tasks():
            try:
                answering = self.current(name)
            except AndonFault:
                continue
            if answering.revision and name not in found:
                found[name] = (answering.answers.task, None)
        return [found[name] for name in sorted(found)]

    def troubles(self) -> dict[str, str]:
        """By task that is to follow a route: what is wrong with it, or nothing."""
        found = {}
        for name in self.store.tasks():
            try:
                answering = self.current(name)
            except AndonFault as fault:
                found[name] = str(fault)
                continue
            if answering.revision or answering.trouble:
                found[name] = answering.trouble
        return found

    def _changed(self, task: str, place: _Place, revision: str) -> Answering:
        """By the new route; while another request makes it ready, by what was there before."""
        if not place.lock.acquire(blocking=False):
            before = self._before(task, place)
            if before is not None:
                return before
            place.lock.acquire()
        try:
            revision = self.store.followed(task) or revision  # it may have changed while we waited
            ready = place.ready
            if ready is None or ready.route.revision != revision:
                ready = place.ready = self._made(task, revision)
                place.refused = ""
                log.info("route followed", extra={"task": task, "revision": revision})
            return self._with(ready)
        except AndonFault as fault:
            place.refused, place.why, place.tried = revision, str(fault), self._clock()
            said = {"task": task, "revision": revision, "fault": str(fault)}
            log.error("route refused", extra=said)
            return self._otherwise(task, place, str(fault))
        finally:
            place.lock.release()

    def _made(self, task: str, revision: str) -> Ready:
        route = self.store.read(task, revision)
        arms: list[Answerer | None] = []
        troubles: list[str] = []
        for member in route.members:
            if member.approach is Approach.FINETUNE or route.known is None:  # the shelf has it
                arms.append(None)
                continue
            try:
                answerer, trouble = self._arm(member, route.known)
            except AndonFault as fault:
                words = f"{member} cannot be asked: {fault}"
                answerer, trouble = Absent(words), words
            arms.append(answerer)
            troubles += [trouble] if trouble else []
        if all(isinstance(arm, Absent) for arm in arms):
            raise NotKnown(" ".join(troubles))
        return Ready(route, tuple(arms), tuple(troubles))

    def _arm(self, member: Member, known: Known) -> tuple[Answerer, str]:
        """Made ready with what it learnt when it was measured."""
        arm = self._make(member, known)
        answerer = arm.ready(Supply(known).known(member.per_class))
        model = str(getattr(answerer, "model", arm.model))  # an answerer may say it more exactly
        if member.model in ("", model):
            return answerer, ""
        return answerer, f"{member} was measured with {member.model}; {model} answers."

    def _with(self, ready: Ready) -> Answering:
        route, troubles = ready.route, list(ready.troubles)
        if route.known is None or route.route is Route.FINETUNE:
            return Answering(self._shelf.current(route.task), route.route, route.revision)
        model = self._model(route)
        if isinstance(model, AndonFault) and None in ready.arms:
            troubles.append(str(model))
        answers = Routed(route, route.known, ready.arms, model=model)
        return Answering(answers, route.route, route.revision, " ".join(troubles))

    def _model(self, route: TaskRoute) -> Classifies | AndonFault:
        if all(member.approach is not Approach.FINETUNE for member in route.members):
            return NotKnown("No model takes part.")
        try:
            return self._shelf.current(route.task)
        except AndonFault as fault:
            return fault

    def _by_shelf(self, task: str, trouble: str = "") -> Answering:
        return Answering(self._shelf.current(task), Route.FINETUNE, trouble=trouble)

    def _before(self, task: str, place: _Place) -> Answering | None:
        """What answered until now; None where nothing did."""
        if place.ready is not None:
            return self._with(place.ready)
        try:
            return self._by_shelf(task)
        except AndonFault:
            return None

    def _otherwise(self, task: str, place: _Place, why: str) -> Answering:
        """By what answered before a route that cannot be followed, which is said."""
        before = self._before(task, place)
        words = f"The route that is set for {task} is not followed. {why}"
        if before is None:
            raise SettingsFault(words)
        return replace(before, trouble=words)

    def _given_up(self, place: _Place, revision: str) -> bool:
        return place.refused == revision and self._clock() - place.tried < RETRY_S

    def _place(self, task: str) -> _Place:
        with self._adding:
            return self._places.setdefault(task, _Place())
