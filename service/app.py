"""The FastAPI app, put together from parts; its lifespan runs the watch."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from service.faults import add_handlers
from service.guard import Guard
from service.metrics import Traffic
from service.parts import Parts, State
from service.replies import Problem
from service.routes import (
    answers,
    asking,
    classify,
    comparisons,
    document_upkeep,
    documents,
    feedback,
    health,
    instructions,
    issues,
    machines,
    models,
    push,
    stream,
    summaries,
    task_routes,
    trainings,
    viewer,
)

WEB = Path(__file__).parent / "web"
MEGABYTE = 1_000_000
JOIN_S = 5.0
ABOUT = (
    "What is going on at the machines, what kind of fault is it, what do I do. "
    "Errors are problem details of RFC 9457. On 127.0.0.1 without keys the service runs open; "
    "elsewhere every request needs an API key with the role machine, operator or engineer."
)
ERRORS = {
    400: "The body cannot be read at all.",
    401: "No key, or one that is not known.",
    403: "The role of the key does not allow this.",
    404: "There is no such thing.",
    409: "The thing is in a state in which this cannot be done.",
    413: "The body is too large.",
    422: "The request cannot be understood; `errors` says where.",
    502: "A model failed.",
    503: "A store, a peer or a setting is missing.",
}


def create_app(parts: Parts) -> FastAPI:
    """The app over those parts; nothing is chosen here."""
    traffic = Traffic()
    app = FastAPI(
        title="Andon",
        description=ABOUT,
        version=version("andon"),
        lifespan=_lifespan(parts),
        docs_url=None,  # both fetch their page from outside the plant
        redoc_url=None,
        generate_unique_id_function=_operation,
        responses={
            code: {
                "description": words,
                "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
            }
            for code, words in ERRORS.items()
        },
    )
    app.state.traffic = traffic
    app.add_middleware(
        Guard,
        open_access=parts.access.open,
        traffic=traffic,
        max_body=int(parts.settings.upload_limit_mb * MEGABYTE),
    )
    add_handlers(app)
    subjects = (machines, issues, instructions, summaries, classify, task_routes, models, trainings)
    for subject in (
        *subjects,
        comparisons,
        feedback,
        document_upkeep,
        documents,
        viewer,
        asking,
        answers,
        push,
        stream,
        health,
    ):
        app.include_router(subject.router)
    app.get("/", include_in_schema=False)(_page)
    app.get("/models", include_in_schema=False)(_models_page)
    app.mount("/static", StaticFiles(directory=WEB), name="static")
    return app


def _page() -> FileResponse:
    """The operator page."""
    return FileResponse(WEB / "page.html", media_type="text/html; charset=utf-8")


def _models_page() -> FileResponse:
    """The page of the engineers: versions of the classifiers, and what is known of them."""
    return FileResponse(WEB / "models.html", media_type="text/html; charset=utf-8")


def _operation(route: APIRoute) -> str:
    return route.name


def _lifespan(parts: Parts) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        threads = _threads(parts)
        for thread in threads:
            thread.start()
        try:
            yield State(parts=parts)
        finally:
            parts.stopping.set()
            for thread in threads:
                thread.join(JOIN_S)

    return lifespan


def _threads(parts: Parts) -> list[threading.Thread]:
    watch = parts.watch
    watching = {"watch": watch.run, "advice": watch.run_advice} if watch is not None else {}
    folder = {"documents": parts.folder_watch.run} if parts.folder_watch is not None else {}
    return [
        threading.Thread(target=loop, args=(parts.stopping,), name=name, daemon=True)
        for name, loop in {**watching, **folder, **parts.learning.loops}.items()
    ]
