"""Where a command changes how documents stand: here, or at the service that holds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from ingest.errors import WireFault
from service.cli import desk
from service.cli.desk import ServiceDesk, Told, fault_of, holder, plant_of, user
from service.plant_day import today_in
from service.settings import ServiceSettings, read_settings

if TYPE_CHECKING:
    import httpx

    from ingest.peer import Peer

Progress = Callable[[int, int, str], None]


class Upkeep(AbstractContextManager["Upkeep"], Protocol):
    """The same things at either place, as JSON values."""

    def withdraw(self, document: str, revision: str | None, reason: str) -> list[dict[str, Any]]:
        """The revisions of the document as they stand then."""

    def restore(self, document: str, revision: str | None) -> list[dict[str, Any]]:
        """The revisions of the document as they stand then."""

    def rebuild(self) -> int:
        """How many passages the index holds then."""


def open_upkeep(
    home: Path, plant: Path, told: Told, *, progress: Progress, anew: bool = False
) -> Upkeep:
    """The service where one is named or holds the vectors, else the library itself.

    Args:
        home: Where the documents are kept.
        plant: The plant description, if there is one.
        told: Told which of the two it is.
        progress: Told how far the index is.
        anew: The index is to be rebuilt: here it is thrown away first, damaged or not.
    """
    settings = read_settings(ServiceSettings, home=home, plant=plant)
    service = holder(settings, told)
    if service is not None:
        return ServiceUpkeep(service, progress)
    return LibraryUpkeep(settings, progress, anew=anew)


class LibraryUpkeep(AbstractContextManager["LibraryUpkeep"]):
    """The library in this process."""

    def __init__(self, settings: ServiceSettings, progress: Progress, *, anew: bool) -> None:
        from rag.library import Library
        from rag.settings import RagSettings

        plant = plant_of(settings.plant)
        self._library = Library(
            settings.home,
            desk.command_encoder(),
            settings=read_settings(RagSettings),
            today=today_in(plant.timezone if plant else "UTC"),
            progress=progress,
            anew=anew,
        )
        if plant and plant.documents is not None:
            self._library.sync(plant.documents, progress)

    def __exit__(self, *_: object) -> None:
        self._library.close()

    def withdraw(self, document: str, revision: str | None, reason: str) -> list[dict[str, Any]]:
        """Its revisions as they stand then."""
        found = self._library.withdraw(document, revision, reason=reason, by=user())
        return [asdict(each) for each in found]

    def restore(self, document: str, revision: str | None) -> list[dict[str, Any]]:
        """Its revisions as they stand then."""
        return [asdict(each) for each in self._library.restore(document, revision, by=user())]

    def rebuild(self) -> int:
        """How many passages there are; the index was made anew when it was opened."""
        return sum(document.passages for document in self._library.documents())


class ServiceUpkeep(ServiceDesk):
    """A running service, over HTTP."""

    def __init__(
        self, service: Peer, progress: Progress, transport: httpx.BaseTransport | None = None
    ) -> None:
        super().__init__(service, transport)
        self._progress = progress

    def __enter__(self) -> ServiceUpkeep:
        return self

    def withdraw(self, document: str, revision: str | None, reason: str) -> list[dict[str, Any]]:
        """Its revisions as they stand then."""
        return self._turned(document, "withdraw", {"revision": revision, "reason": reason})

    def restore(self, document: str, revision: str | None) -> list[dict[str, Any]]:
        """Its revisions as they stand then."""
        return self._turned(document, "restore", {"revision": revision})

    def rebuild(self) -> int:
        """How many passages there are; the service goes on answering meanwhile."""
        for event, told in self._events("/v1/documents/rebuild"):
            if event == "progress":
                self._progress(told["done"], told["total"], told["name"])
            elif event == "rebuilt":
                return int(told["passages"])
            elif event == "problem":
                raise WireFault(f"The service could not rebuild it: {told['detail']}")
        raise WireFault("The service broke off the rebuilding.", remedy="See its log.")

    def _events(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the service tells while it works."""
        import httpx

        try:
            with self._client.stream("POST", path, json={"stream": True}) as reply:
                if reply.is_error:
                    reply.read()
                    raise fault_of(reply)
                event = ""
                for line in reply.iter_lines():
                    name, _, value = line.partition(": ")
                    event = value if name == "event" else event
                    if name == "data":
                        yield event, json.loads(value)
        except httpx.HTTPError as fault:
            raise WireFault(f"The service at {self._url} fell silent: {fault}.") from fault

    def _turned(self, document: str, deed: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        path = f"/v1/documents/{quote(document, safe='')}/{deed}"
        given = {name: value for name, value in body.items() if value is not None}
        found: list[dict[str, Any]] = self._call("POST", path, json=given)["documents"]
        return found
