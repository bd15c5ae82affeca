"""Readings and events over HTTP instead of MQTT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header

from service.access import Caller
from service.bodies import EventIn, PushEvents, PushReadings, ReadingIn, Rejected
from service.parts import Parts, PartsPart
from service.push import sort_items
from service.reach import Reach
from service.replies import PushedItem, PushedOut
from service.routes.callers import Pusher

router = APIRouter(prefix="/v1", tags=["push"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key with the same body gets the first reply, for 24 hours.",
    ),
]


@router.post("/readings")
def push_readings(
    body: PushReadings, parts: PartsPart, caller: Pusher, key: IdempotencyKey = None
) -> PushedOut:
    """Store readings; one that cannot be used is set aside and does not hold up the others."""
    return _once(parts, caller, body, items=body.readings, key=key)


@router.post("/events")
def push_events(
    body: PushEvents, parts: PartsPart, caller: Pusher, key: IdempotencyKey = None
) -> PushedOut:
    """Store events and notes; one that cannot be used is set aside."""
    return _once(parts, caller, body, items=body.events, key=key)


def _once(
    parts: Parts,
    caller: Caller,
    body: PushReadings | PushEvents,
    *,
    items: Sequence[ReadingIn | EventIn | Rejected],
    key: str | None,
) -> PushedOut:
    source = f"http:{caller.name}/{body.cell}" if body.cell else f"http:{caller.name}"
    if key is None:
        return _push(parts, source, items, reach=caller.reach)
    full = f"{type(body).__name__}:{caller.name}:{key}"
    request = repr((body.cell, items)).encode("utf-8", "replace")
    reply = parts.ledger.once(
        full,
        request,
        lambda: _push(parts, source, items, reach=caller.reach).model_dump(),
        at=parts.clock(),
    )
    return PushedOut.model_validate(reply)


def _push(
    parts: Parts,
    source: str,
    items: Sequence[ReadingIn | EventIn | Rejected],
    *,
    reach: Reach,
) -> PushedOut:
    found = sort_items(
        items,
        parts.plant,
        source=source,
        now=parts.clock(),
        clock_ahead=parts.clock_ahead,
        reach=reach,
    )
    written = parts.history.write(found.records, found.dead)
    return PushedOut(
        received=written.received,
        stored=written.stored,
        duplicates=written.duplicates,
        dead_lettered=written.dead_lettered,
        items=[
            PushedItem(index=index, status="rejected" if reason else "accepted", reason=reason)
            for index, reason in enumerate(found.reasons)
        ],
    )
