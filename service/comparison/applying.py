"""A comparison followed: its model comes into use through the gate, its route is set.

All of it from what the comparison left on disk, so that it can be followed at once by the command
that made it, or another day by an engineer on the command line or over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ingest.errors import DataFault, NotKnown
from service.comparison.keeping import MODELS
from service.comparison.kept import FOLDER, ID, folder_of
from service.comparison.known_file import read_known
from service.comparison.nouns import Approach, ArmResult, CascadeResult, Report, Route
from service.comparison.report_json import FILE, read_json
from service.comparison.report_ways import shown_cascade
from service.comparison.report_words import arm_id
from service.faults import Conflict
from service.task_routes import FOLDER as ROUTES
from service.task_routes import Measured, Member, RouteStore, TaskRoute

if TYPE_CHECKING:
    from finetune.models import ModelStore
    from finetune.promotion import GateReport


class Promotes(Protocol):
    """Puts versions of models into use: the store on disk, or the shelf of a running service."""

    def promote(
        self, task: str, version: str, *, force: bool = False, who: str = "", reason: str = ""
    ) -> GateReport:
        """Into use from now on; GateRefused by the gate."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a comparison is to be followed, who wants it, and why."""

    route: Route | None = None
    """None: what the comparison recommends."""
    force: bool = False
    """Put the model into use whatever the gate says; needs a reason."""
    who: str = ""
    reason: str = ""
    task: str = ""
    """The task that is meant; empty: that of the comparison."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done."""

    route: TaskRoute

    @property
    def words(self) -> str:
        """For a person."""
        found = self.route
        arms = ", then ".join(map(str, found.members))
        model = f" Version {found.version} of its model is in use." if found.version else ""
        return (
            f"{found.task} is answered by {found.route} ({arms}) from now on, "
            f"as {found.revision} of its route.{model}"
        )


def applied(
    home: Path,
    identity: str,
    wish: Wish | None = None,
    *,
    store: ModelStore,
    promotes: Promotes | None = None,
) -> Applied:
    """Follow a comparison: a running service does so at its next request.

    Args:
        home: with its comparisons and its routes.
        identity: of the comparison.
        wish: what of it.
        store: of the models of that home.
        promotes: puts the model into use; the store by itself if not given.

    Raises:
        NotKnown: there is no such comparison, or nothing in it goes that way.
        Conflict: it recommends nothing.
        DataFault: the gate does not let its model into use (GateRefused).
        SettingsFault: what it left cannot be used any more: compare again.
    """
    wish = wish or Wish()
    folder = _folder(home, identity)
    report = read_json(folder)
    if wish.task not in ("", report.task):
        raise DataFault(f"Comparison {identity} is of task {report.task}, not of {wish.task}.")
    route, arms, cascade = _way(report, wish.route)
    known = read_known(folder)
    if known.task.name != report.task:
        raise DataFault(f"What comparison {identity} left is of another task, {known.task.name}.")
    version = ""
    if any(arm.approach is Approach.FINETUNE for arm in arms):
        version = _into_use(folder, known.task.name, wish, store=store, promotes=promotes or store)
    wanted = TaskRoute(
        task=report.task,
        route=route,
        members=tuple(map(_member, arms)),
        known=None if route is Route.FINETUNE else known,
        measured=_measured(report, arms, cascade),
        version=version,
    )
    routes = RouteStore(home / ROUTES)
    return Applied(routes.follow(wanted, who=wish.who, reason=wish.reason))


def followed(
    home: Path,
    wish: Wish,
    *,
    comparison: str | None,
    store: ModelStore,
    promotes: Promotes | None = None,
) -> Applied:
    """What an engineer asks for a task: of a comparison, else of its newest.

    By `finetune` without a comparison the model that is in use is meant.

    Raises:
        NotKnown: there is no such comparison or model, or nothing in it goes that way.
        Conflict: it recommends nothing.
        DataFault: it is of another task, or the gate does not let its model into use.
        SettingsFault: what it left cannot be used any more: compare again.
    """
    if comparison is None and wish.route is Route.FINETUNE:
        return _by_model(home, wish, store)
    found = comparison or newest(home, wish.task)
    return applied(home, found, wish, store=store, promotes=promotes)


def newest(home: Path, task: str) -> str:
    """Id of the last comparison of a task.

    Raises:
        NotKnown: there is none.
    """
    reports = (path for path in (home / FOLDER).glob(f"*/{FILE}") if ID.fullmatch(path.parent.name))
    for path in sorted(reports, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            if read_json(path.parent).task == task:
                return path.parent.name
        except (DataFault, NotKnown):
            continue
    raise NotKnown(
        f"Task {task[:80]} was not compared yet.",
        remedy=f"andon compare {task[:80]} --data FILE",
    )


def _folder(home: Path, identity: str) -> Path:
    if not ID.fullmatch(identity) or not (folder_of(home, identity) / FILE).is_file():
        words = f"There is no comparison {identity[:120]!r}."
        raise NotKnown(words, remedy="Without an id the newest of the task is followed.")
    return folder_of(home, identity)


def _way(
    report: Report, wanted: Route | None
) -> tuple[Route, list[ArmResult], CascadeResult | None]:
    """The route, its arms in the order in which they are asked, and what was measured of both."""
    route = wanted or report.decision.approach
    if route is Route.NONE:
        raise Conflict(
            f"Comparison {report.id} recommends nothing, as nothing reaches {report.target:g}.",
            remedy="Name one to follow it all the same: "
            f"andon routes set {report.task} rag --comparison {report.id}.",
        )
    if route is not Route.CASCADE:
        return route, [_standing(report, Approach(route.value))], None
    cascade = _cascade(report)
    return route, [_named(report, name) for name in (cascade.first, cascade.then)], cascade


def _standing(report: Report, approach: Approach) -> ArmResult:
    """The arm that stands for an approach, or the one that is recommended."""
    own = [arm for arm in report.arms if arm.approach is approach]
    found = [arm for arm in own if arm_id(arm) == report.decision.arm and arm.chosen]
    found = found or [arm for arm in own if arm.chosen]
    if not found:
        words = f"Comparison {report.id} has nothing that stands for {approach}."
        raise NotKnown(words, remedy="Its report says why; name another way, or compare again.")
    return found[0]


def _cascade(report: Report) -> CascadeResult:
    """The one that the report shows: what is recommended, else the best that was measured."""
    found = shown_cascade(report)
    if found is None:
        words = f"Comparison {report.id} measured no cascade."
        raise NotKnown(words, remedy="Name a way that it measured: prompt, rag or finetune.")
    return found


def _named(report: Report, name: str) -> ArmResult:
    found = [arm for arm in report.arms if arm_id(arm) == name and arm.chosen]
    if not found:
        raise DataFault(f"The report of comparison {report.id} says nothing of {name[:80]}.")
    return found[0]


def _member(arm: ArmResult) -> Member:
    return Member(arm.approach, arm.name, arm.model, arm.labels, arm.labels_per_class)


def _measured(report: Report, arms: Iterable[ArmResult], cascade: CascadeResult | None) -> Measured:
    quality = next(iter(arms)).quality if cascade is None else cascade.quality
    share = None if cascade is None else cascade.share_first
    return Measured(report.id, quality.macro_f1, quality.ci95, share)


def _into_use(folder: Path, task: str, wish: Wish, *, store: ModelStore, promotes: Promotes) -> str:
    """The model that was measured, in use."""
    from finetune.adopting import adopted

    source = store.beside(folder / MODELS)
    versions = source.versions(task)
    if not versions:
        raise NotKnown(
            f"Comparison {folder.name} left no model that can be put into use.",
            remedy=f"Compare again: andon compare {task}.",
        )
    version = adopted(source, task, versions[-1], home=store)
    if _in_use(store, task) != version:
        reason = wish.reason or f"comparison {folder.name}"
        promotes.promote(task, version, force=wish.force, who=wish.who, reason=reason)
    return version


def _by_model(home: Path, wish: Wish, store: ModelStore) -> Applied:
    """By the model in use, whatever was compared."""
    store.current(wish.task)
    in_use = next(model for model in store.list(wish.task) if model.current)
    member = Member(Approach.FINETUNE, in_use.chosen, in_use.chosen, in_use.rows)
    route = TaskRoute(wish.task, Route.FINETUNE, (member,), version=in_use.version)
    return Applied(RouteStore(home / ROUTES).follow(route, who=wish.who, reason=wish.reason))


def _in_use(store: ModelStore, task: str) -> str:
    try:
        return store.current(task)
    except NotKnown:
        return ""
