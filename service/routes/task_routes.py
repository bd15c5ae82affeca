"""The way by which a task is answered: shown, set from a comparison, and set back."""

from __future__ import annotations

from fastapi import APIRouter, status

from ingest.errors import AndonFault, NotKnown
from service.comparison.applying import Wish
from service.comparison.nouns import Route
from service.following import Following
from service.model_bodies import SetRoute
from service.model_requests import route_set
from service.parts import Parts, PartsPart
from service.route_replies import RouteOut
from service.routes.callers import Engineer, Operator, task_only

router = APIRouter(prefix="/v1/tasks", tags=["models"], dependencies=[task_only])


@router.get("/{task}/route")
def show_route(task: str, parts: PartsPart, _: Operator) -> RouteOut:
    """How a task is answered, what was measured of that, and what is wrong with it."""
    following = _following(parts)
    route = following.route(task)
    if route is None:
        return RouteOut.by_shelf(parts.task(task).name)
    return RouteOut.of(route, _trouble(parts, task))


@router.put("/{task}/route")
def set_route(task: str, body: SetRoute, parts: PartsPart, caller: Engineer) -> RouteOut:
    """Answer a task as a comparison recommends, or by another way that it measured.

    Its model comes into use if the gate lets it; 409 where the gate refuses it or the comparison
    recommends nothing. From the next request on all answers are by that way.
    """
    _following(parts)
    way = Route(body.route) if body.route else None
    wish = Wish(way, body.force, who=caller.name, reason=body.reason, task=task)
    route = route_set(parts.settings.home, parts.shelf, wish, comparison=body.comparison)
    return RouteOut.of(route, _trouble(parts, task))


@router.delete("/{task}/route", status_code=status.HTTP_204_NO_CONTENT)
def reset_route(task: str, parts: PartsPart, caller: Engineer) -> None:
    """Let the classifier of a task answer again."""
    if not _following(parts).store.reset(task, who=caller.name):
        raise NotKnown(f"Task {task} follows no route.")


def _following(parts: Parts) -> Following:
    if parts.following is None:
        raise NotKnown("This service follows no routes.")
    return parts.following


def _trouble(parts: Parts, task: str) -> str:
    """What is wrong with the route that is set; makes it ready, so that nobody waits for it."""
    try:
        return parts.answering(task).trouble
    except AndonFault as fault:
        return str(fault)
