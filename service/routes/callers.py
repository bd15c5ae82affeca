"""Who is calling, and the roles that a route asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from finetune.models import TASK_NAME
from ingest.errors import DataFault, NotKnown
from ingest.vocabulary import Issue
from service.access import Caller, Role
from service.parts import Parts, PartsPart

_bearer = HTTPBearer(auto_error=False, description="An API key; none on a service that runs open.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same in a header.")


def _caller(
    parts: PartsPart,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> Caller:
    return parts.access.caller(bearer.credentials if bearer else header)


def _with(*roles: Role) -> Callable[..., Caller]:
    def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        caller.must_be(*roles)
        return caller

    return check


def _overseer(caller: Annotated[Caller, Depends(_with(Role.OPERATOR))]) -> Caller:
    caller.reach.everything()
    return caller


def who(parts: Parts, caller: Caller, named: str) -> str:
    """Who it was; on a service without keys only the request can say so."""
    return named.strip() or ("" if parts.access.open else caller.name)


def card_of(parts: Parts, caller: Caller, issue: str) -> Issue:
    """That card, if the key is for its machine; of one that left the plant, if it is for all."""
    card = parts.cards.find(issue)
    if caller.reach.limited:
        caller.reach.machine(parts.plant, card.machine)
    return card


def _form(request: Request) -> None:
    """A body of another kind would be passed over in silence."""
    kind = request.headers.get("content-type", "")
    if kind and not kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        raise DataFault(f"The fields are sent as a form, not as {kind[:80]}.")


def _task_name(request: Request) -> None:
    """A name that no task can have is not known, whatever the route does with it."""
    task = request.path_params.get("task")
    if task is not None and not TASK_NAME.fullmatch(task):
        raise NotKnown(f"There is no task {task[:80]!r}.")


form_only = Depends(_form)
task_only = Depends(_task_name)
Pusher = Annotated[Caller, Depends(_with(Role.MACHINE))]
Operator = Annotated[Caller, Depends(_with(Role.OPERATOR))]
Overseer = Annotated[Caller, Depends(_overseer)]
"""An operator whose key is for the whole plant."""
Engineer = Annotated[Caller, Depends(_with())]
