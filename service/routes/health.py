"""Is it alive, does it work, and the figures."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from service.metrics import CONTENT_TYPE, Traffic, exposition
from service.parts import PartsPart
from service.replies import ComponentOut, HealthOut, ReadyOut
from service.routes.callers import Overseer

router = APIRouter(tags=["service"])


def _traffic(request: Request) -> Traffic:
    traffic: Traffic = request.app.state.traffic
    return traffic


@router.get("/healthz")
def alive() -> HealthOut:
    """The process lives."""
    return HealthOut(version=version("andon"))


@router.get("/readyz", responses={503: {"model": ReadyOut}})
def ready(parts: PartsPart, response: Response) -> ReadyOut:
    """Whether the service does its work, part by part; 503 when a part that it needs is missing."""
    components = parts.state_of_parts()
    works = all(component.state != "missing" for component in components)
    if not works:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return ReadyOut(
        ready=works,
        open_access=parts.access.open,
        components=[
            ComponentOut(name=item.name, state=item.state, detail=item.detail)
            for item in components
        ],
    )


@router.get("/metrics", response_class=Response)
def metrics(
    parts: PartsPart, traffic: Annotated[Traffic, Depends(_traffic)], _: Overseer
) -> Response:
    """Figures for Prometheus, among them received = stored + duplicates + dead_lettered."""
    return Response(exposition(parts, traffic), media_type=CONTENT_TYPE)
