"""Where a command puts its question to the documents: here, or at the service that holds them."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from ingest.errors import AndonFault, DataFault, NotKnown, SettingsFault, WireFault
from ingest.peer import Peer
from rag.document import DocumentStatus
from rag.standing import holds
from service.plant_day import today_in
from service.settings import ServiceSettings, read_settings

if TYPE_CHECKING:
    import httpx

    from finetune.encoder import Encoder
    from finetune.reranker import CrossEncoder
    from ingest.plant import Plant
    from rag.library import Library

Told = Callable[[str], None]
Progress = Callable[[int, int, str], None]
NOTHING: Mapping[str, Any] = MappingProxyType({})
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Among:
    """What a search looks among; None and empty: no restriction."""

    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """Empty: current documents."""
    on: date | None = None


EVERYTHING = Among()


class Desk(AbstractContextManager["Desk"], Protocol):
    """The same things at either place, as JSON values."""

    def ask(self, question: str, machine: str | None) -> dict[str, Any]:
        """An answer with the fields of `Answer`."""

    def search(
        self, query: str, machine: str | None, limit: int, among: Among = ...
    ) -> list[dict[str, Any]]:
        """Passages with the fields of `Citation`, best first."""

    def documents(self) -> list[dict[str, Any]]:
        """What is in the library."""

    def failures(self) -> list[dict[str, Any]]:
        """Files of the folders that could not be taken in, each with the reason."""

    def show(self, document: str, revision: str | None) -> dict[str, Any]:
        """A document: `revisions`, `changes`, and the `passages` of one revision."""

    def add(
        self, path: Path, metadata: Mapping[str, Any] = ..., progress: Progress | None = ...
    ) -> dict[str, Any]:
        """Take in a file."""

    def remove(self, document: str, revision: str | None = ...) -> None:
        """Take out a revision of a document, or every one."""


def open_desk(*, home: Path, plant: Path, told: Told) -> Desk:
    """The service where one is named or holds the vectors, else the library itself."""
    settings = read_settings(ServiceSettings, home=home, plant=plant)
    service = holder(settings, told)
    return ServiceDesk(service) if service is not None else LibraryDesk(settings, told)


def holder(settings: ServiceSettings, told: Told) -> Peer | None:
    """The service that is named or that holds the vectors; None where nobody does."""
    from rag.settings import RagSettings
    from rag.shard import is_held

    service = Peer(settings.url, settings.api_key_file, settings.ca_file)
    if "url" in settings.model_fields_set:
        return service
    if not read_settings(RagSettings).qdrant_url and is_held(settings.home / "vectors"):
        told(f"The service holds the documents; it is asked at {settings.url}.")
        return service
    return None


def command_encoder(*, threads: int | None = None) -> Encoder:
    """The encoder that the settings name."""
    from finetune.encoder import load_encoder
    from finetune.settings import FinetuneSettings

    settings = read_settings(FinetuneSettings)
    return load_encoder(settings.encoder or None, threads=threads or settings.threads)


def command_reranker() -> CrossEncoder | None:
    """The model that ranks passages anew, where the settings name one."""
    from finetune.reranker import load_reranker
    from finetune.settings import FinetuneSettings

    settings = read_settings(FinetuneSettings)
    return load_reranker(settings.reranker, threads=settings.threads)


class LibraryDesk(AbstractContextManager["LibraryDesk"]):
    """The library in this process, brought up to date with the plant's folder."""

    def __init__(self, settings: ServiceSettings, told: Told) -> None:
        from prompting.library import PromptLibrary
        from prompting.settings import PromptingSettings
        from prompting.writers.choice import asker_of
        from rag.library import Library
        from rag.settings import RagSettings
        from service.answering import machine_names, writer_of

        self._plant = plant_of(settings.plant)
        self._today = today_in(self._plant.timezone if self._plant else "UTC")
        prompting = read_settings(PromptingSettings)
        self._asker = asker_of(prompting, home=settings.home)
        self._library: Library = Library(
            settings.home,
            command_encoder(),
            settings=read_settings(RagSettings),
            today=self._today,
            machines=machine_names(self._plant) if self._plant else (),
            writer=writer_of(self._asker, PromptLibrary(prompting.prompts_folder)),
            reranker=command_reranker(),
        )
        folder = self._plant.documents if self._plant else None
        if folder is not None:
            report = self._library.sync(folder)
            for failure in report.failed:
                told(f"Left out: {failure.reason}")

    def __exit__(self, *_: object) -> None:
        self._library.close()
        if self._asker is not None:
            self._asker.close()

    def ask(self, question: str, machine: str | None) -> dict[str, Any]:
        """An answer with the fields of `Answer`."""
        kind = self._kind(machine)
        return asdict(self._library.ask(question, machine_kind=kind, machine=machine))

    def search(
        self, query: str, machine: str | None, limit: int, among: Among = EVERYTHING
    ) -> list[dict[str, Any]]:
        """Passages, best first."""
        found = self._library.search(
            query,
            machine_kind=self._kind(machine),
            machine=machine,
            kinds=among.kinds or None,
            languages=among.languages or None,
            statuses=among.statuses or None,
            on=among.on,
            limit=limit,
        )
        return [asdict(citation) for citation in found]

    def documents(self) -> list[dict[str, Any]]:
        """What is in the library."""
        return [_plain(asdict(document)) for document in self._library.documents()]

    def failures(self) -> list[dict[str, Any]]:
        """What the folders hold that could not be taken in."""
        return [asdict(failure) for failure in self._library.failures()]

    def show(self, document: str, revision: str | None) -> dict[str, Any]:
        """A document and the passages of a revision: without one, of that which holds."""
        revisions, today = self._library.revisions(document), self._today()
        current = [one for one in revisions if one.status is DocumentStatus.CURRENT]
        if revision is None and revisions:
            holding = [one for one in current if holds(one, today)]
            revision = (holding or current or revisions)[-1].revision
        passages = self._library.passages(document, revision)
        return {
            "id": document,
            "revisions": [_plain(asdict(one)) for one in revisions],
            "changes": [asdict(one) for one in self._library.changes(document)],
            "revision": revision,
            "passages": [asdict(one) for one in passages],
        }

    def add(
        self,
        path: Path,
        metadata: Mapping[str, Any] = NOTHING,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Take in a file."""
        document = self._library.add(path, metadata=metadata, by=user(), progress=progress)
        return _plain(asdict(document))

    def remove(self, document: str, revision: str | None = None) -> None:
        """Take out a revision of a document, or every one."""
        self._library.remove(document, revision, by=user())

    def _kind(self, machine: str | None) -> str | None:
        if machine is None:
            return None
        if self._plant is None:
            raise SettingsFault(
                f"Without a plant description nobody knows what {machine} is.",
                remedy="Name one with --plant.",
            )
        return self._plant.machine(machine).kind


class ServiceDesk(AbstractContextManager["ServiceDesk"]):
    """A running service, over HTTP."""

    def __init__(self, service: Peer, transport: httpx.BaseTransport | None = None) -> None:
        self._url = service.url
        self._client = service.client(timeout_s=_TIMEOUT_S, transport=transport)

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, question: str, machine: str | None) -> dict[str, Any]:
        """An answer with the fields of `Answer`."""
        answer: dict[str, Any] = self._call(
            "POST", "/v1/ask", json=_given(question=question, machine=machine)
        )
        return answer

    def search(
        self, query: str, machine: str | None, limit: int, among: Among = EVERYTHING
    ) -> list[dict[str, Any]]:
        """Passages, best first."""
        among_what = {name: value for name, value in asdict(among).items() if value}
        on = {"on": among.on.isoformat()} if among.on else {}
        body = _given(query=query, machine=machine, limit=limit)
        found = self._call("POST", "/v1/search", json={**body, **among_what, **on})
        passages: list[dict[str, Any]] = found["passages"]
        return passages

    def documents(self) -> list[dict[str, Any]]:
        """What is in the library."""
        documents: list[dict[str, Any]] = self._call("GET", "/v1/documents")["documents"]
        return documents

    def failures(self) -> list[dict[str, Any]]:
        """What the folders hold that could not be taken in; for engineers."""
        failures: list[dict[str, Any]] = self._call("GET", "/v1/documents").get("failures", [])
        return failures

    def show(self, document: str, revision: str | None) -> dict[str, Any]:
        """A document and the passages of a revision."""
        path = f"/v1/documents/{quote(document, safe='')}"
        shown: dict[str, Any] = self._call("GET", path)
        passages = self._call("GET", f"{path}/passages", params=_given(revision=revision))
        return {**shown, **{name: passages[name] for name in ("revision", "passages")}}

    def add(
        self,
        path: Path,
        metadata: Mapping[str, Any] = NOTHING,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Send a file and the sidecar beside it; hear how far the service is."""
        files = {"file": (path.name, _bytes(path))}
        sidecar = path.with_name(f"{path.name}.yaml")
        if sidecar.is_file():
            files["sidecar"] = (sidecar.name, _bytes(sidecar))
        form = {**metadata, "stream": "true"}
        with (
            self._reaching(),
            self._client.stream("POST", "/v1/documents", files=files, data=form) as response,
        ):
            if response.is_error:
                response.read()
                raise fault_of(response)
            return _document_in(response, progress)

    def remove(self, document: str, revision: str | None = None) -> None:
        """Take out a revision of a document, or every one."""
        path = f"/v1/documents/{quote(document, safe='')}"
        self._call("DELETE", path, params=_given(revision=revision))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except httpx.HTTPError as fault:
            raise WireFault(
                f"No service answers at {self._url}: {fault}.",
                remedy="Start it with andon serve, or set ANDON_URL.",
            ) from fault
        except UnicodeEncodeError as fault:
            raise DataFault(
                "What was typed holds bytes that are no UTF-8 text.",
                remedy="Set the terminal to UTF-8.",
            ) from fault

    def _call(self, method: str, path: str, **content: Any) -> Any:
        with self._reaching():
            response = self._client.request(method, path, **content)
        if response.is_error:
            raise fault_of(response)
        return response.json() if response.content else None


def fault_of(response: httpx.Response) -> AndonFault:
    """The problem that the service reports, as the fault that it was there."""
    try:
        told = dict(response.json())
    except (json.JSONDecodeError, TypeError, ValueError):
        told = {}
    return _fault(response.status_code, {"detail": response.reason_phrase, **told})


def _fault(status: int, told: Mapping[str, Any]) -> AndonFault:
    named = [f"{one['pointer']}: {one['detail']}." for one in told.get("errors") or ()]
    detail, remedy = " ".join([str(told["detail"]), *named]), str(told.get("remedy") or "")
    if status in (401, 403):
        return SettingsFault(
            f"The service refuses: {detail}",
            remedy="Name the file with the key in ANDON_API_KEY_FILE.",
        )
    families = {404: NotKnown, 413: DataFault, 422: DataFault}
    return families.get(status, WireFault)(detail, remedy=remedy)


def _document_in(response: httpx.Response, progress: Progress | None) -> dict[str, Any]:
    """The document that ends a stream of events."""
    kind = ""
    for line in response.iter_lines():
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        if not line.startswith("data:"):
            continue
        told: dict[str, Any] = json.loads(line.removeprefix("data:"))
        if kind == "document":
            return told
        if kind == "problem":
            raise _fault(int(told["status"]), told)
        if kind == "progress" and progress is not None:
            progress(told["done"], told["total"], told["name"])
    raise WireFault("The service broke off.", remedy="See `andon docs list` for what is there.")


def user() -> str:
    """Who sits at this machine, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        return ""


def plant_of(path: Path) -> Plant | None:
    """The plant, where it is described."""
    if not path.exists():
        return None
    from ingest.plant import load_plant

    return load_plant(path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise DataFault(f"{path}: it cannot be read: {fault.strerror}.") from fault


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    dates = ("effective_from", "effective_until")
    return {**document, **{name: document[name] and str(document[name]) for name in dates}}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
