"""Issue cards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from ingest.vocabulary import Issue, IssueState
from service.bodies import Acknowledge, Resolve
from service.notices import issue_message
from service.parts import Parts, PartsPart
from service.replies import IssuesOut
from service.routes.callers import Operator, card_of, who
from service.schemas import IssueOut

router = APIRouter(prefix="/v1/issues", tags=["issues"])


@router.get("")
def list_issues(
    parts: PartsPart,
    caller: Operator,
    *,
    state: Annotated[
        list[IssueState] | None, Query(description="May be repeated; all states when left out.")
    ] = None,
    machine: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> IssuesOut:
    """Cards of the machines that the key is for, newest first."""
    if machine is not None and caller.reach.limited:
        caller.reach.machine(parts.plant, machine)
    among = caller.reach.ids(parts.plant)
    found = parts.cards.listed(states=state or (), machine=machine, among=among, limit=limit)
    return IssuesOut(issues=[IssueOut.model_validate(issue) for issue in found])


@router.get("/{issue}")
def show_issue(issue: str, parts: PartsPart, caller: Operator) -> IssueOut:
    """One card."""
    return IssueOut.model_validate(card_of(parts, caller, issue))


@router.post("/{issue}/acknowledge")
def acknowledge(
    issue: str,
    parts: PartsPart,
    caller: Operator,
    body: Annotated[Acknowledge | None, Body()] = None,
) -> IssueOut:
    """Say that someone has seen it; saying it twice changes nothing."""
    card_of(parts, caller, issue)
    by = who(parts, caller, body.by if body else "")
    return _told(parts, parts.cards.acknowledge(issue, by=by, at=parts.clock()))


@router.post("/{issue}/resolve")
def resolve(
    issue: str, parts: PartsPart, caller: Operator, body: Annotated[Resolve | None, Body()] = None
) -> IssueOut:
    """Close a card; what it shows opens no new one until it has been gone for a while."""
    card_of(parts, caller, issue)
    by = who(parts, caller, body.by if body else "")
    words = (body.resolution.strip() if body else "") or f"resolved by {by or 'a person'}"
    return _told(parts, parts.cards.resolve(issue, resolution=words, by=by, at=parts.clock()))


def _told(parts: Parts, issue: Issue) -> IssueOut:
    parts.feed.publish(issue_message(issue))
    return IssueOut.model_validate(issue)
