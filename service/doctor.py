"""What is installed, reachable and switched on, and what is missing: one finding a part."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx

from finetune.settings import FinetuneSettings
from ingest.errors import AndonFault, NotKnown
from ingest.history import history_path
from ingest.opening import opened_history
from ingest.peer import Peer
from ingest.plant import Plant, load_plant
from ingest.settings import IngestSettings
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from rag.formats.ocr import REMEDY, installed
from service.access import access_for
from service.settings import ServiceSettings, read_settings, refuse_unknown_settings
from service.task_routes import FOLDER as ROUTES
from service.task_routes import RouteStore

REACH_S = 1.5
PROBE_S = 60.0
"""Longest time for a look at what the model can do."""
OK, DEGRADED, MISSING, OFF = "ok", "degraded", "missing", "off"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it is."""

    name: str
    state: str
    """`ok`; `degraded`: works with less; `missing`: the service cannot start; `off`: not set."""
    detail: str
    remedy: str = ""


def examine(plant: Path, home: Path) -> list[Finding]:
    """Look at everything that a service with these settings would use.

    Nothing is changed but what is kept of the model, which is probed anew.
    """
    findings = [
        Finding("andon", OK, f"{version('andon')} on Python {platform.python_version()}"),
        _try("settings", _settings),
    ]
    loaded, finding = _plant(plant)
    findings.append(finding)
    findings.append(_try("history", lambda: _history(home)))
    findings.append(_try("encoder", _encoder))
    findings.append(_try("runtimes", lambda: _runtimes(home)))
    findings.append(_try("models", lambda: _models(home), otherwise=DEGRADED))
    findings.append(_try("routes", lambda: _routes(home), otherwise=DEGRADED))
    if loaded is not None:
        findings += _wires(loaded)
        findings.append(_documents(loaded, home))
    findings.append(_ocr())
    findings.append(_try("llm", lambda: _llm(home), otherwise=DEGRADED))
    findings.append(_try("prompts", _prompts))
    findings.append(_try("access", _access))
    findings.append(_try("service", _service, otherwise=OFF))
    return findings


def _try(name: str, look: Callable[[], Finding], *, otherwise: str = MISSING) -> Finding:
    try:
        return look()
    except AndonFault as fault:
        return Finding(name, otherwise, fault.message, fault.remedy)


def _settings() -> Finding:
    refuse_unknown_settings()
    settings = ServiceSettings.read()
    return Finding("settings", OK, f"listens on {settings.host} port {settings.port}")


def _plant(path: Path) -> tuple[Plant | None, Finding]:
    try:
        plant = load_plant(path)
    except AndonFault as fault:
        return None, Finding("plant", MISSING, fault.message, fault.remedy)
    return plant, Finding("plant", OK, f"{plant.name}: {len(plant.machines)} machine(s)")


def _history(home: Path) -> Finding:
    settings = read_settings(IngestSettings)
    path = history_path(home)
    if not settings.history_url and not path.exists():
        return Finding("history", OFF, f"{path} is not there yet", "It is made at first use.")
    with opened_history(home, settings, make=False) as history:
        counters = history.counters()
    stored = sum(source.stored for source in counters)
    dead = sum(source.dead_lettered for source in counters)
    words = f"{stored} record(s) of {len(counters)} source(s), {dead} set aside"
    return Finding("history", OK, words, "andon dead-letters list" if dead else "")


def _encoder() -> Finding:
    from finetune.encoder_folder import find

    folder = find(read_settings(FinetuneSettings).encoder or None)
    return Finding("encoder", OK, f"{folder.name} in {folder.path}")


def _runtimes(home: Path) -> Finding:
    from finetune.encoder_folder import find
    from finetune.runtimes.standing import standing

    settings = read_settings(FinetuneSettings)
    folder = find(settings.encoder or None)
    wanted, threads = settings.runtime, settings.threads
    words = standing(home / "models", folder, wanted=wanted, threads=threads)
    return Finding("runtimes", OK, words)


def _models(home: Path) -> Finding:
    from finetune.models import ModelStore
    from finetune.task import shipped_tasks

    found = ModelStore(home / "models").list()
    usable = [model for model in found if model.current and not model.fault]
    lacking = sorted(set(shipped_tasks()) - {model.task for model in usable})
    have = [f"{model.task} {model.version}" for model in usable]
    if lacking:
        raise NotKnown(
            f"No model of {', '.join(lacking)}: these diagnoses are not made.",
            remedy="; ".join(f"andon train {task}" for task in lacking),
        )
    return Finding("models", OK, ", ".join(have))


def _routes(home: Path) -> Finding:
    store = RouteStore(home / ROUTES)
    followed = [route for task in store.tasks() if (route := store.current(task)) is not None]
    if not followed:
        return Finding("routes", OFF, "none set: each task is answered by its classifier")
    words = (f"{one.task} by {one.route} ({one.names}, {one.revision})" for one in followed)
    return Finding("routes", OK, "; ".join(words))


def _wires(plant: Plant) -> Iterator[Finding]:
    for broker in plant.brokers:
        name = f"broker {broker.id}".rstrip()
        yield _reach(name, broker.url, broker.host, broker.port)
    if not plant.brokers:
        yield Finding("broker", OFF, "the plant description names none")
    for machine in plant.machines:
        if machine.modbus is None:
            continue
        address = machine.modbus.address
        name = f"modbus {machine.id}"
        if address.host:
            yield _reach(name, machine.modbus.url, address.host, address.port)
        elif Path(address.device).exists():
            yield Finding(name, OK, f"{machine.modbus.url} is there")
        else:
            words = f"there is no serial line {address.device}"
            yield Finding(name, DEGRADED, words, "Plug it in, or correct the plant description.")


def _reach(name: str, url: str, host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), REACH_S).close()
    except OSError as error:
        words = f"{url} does not answer: {error.strerror or error}"
        return Finding(name, DEGRADED, words, "Start it, or correct the plant description.")
    return Finding(name, OK, f"{url} answers")


def _documents(plant: Plant, home: Path) -> Finding:
    folder = plant.documents
    added = sum(1 for path in (home / "documents" / "files").glob("*") if path.is_file())
    if folder is None and not added:
        remedy = "Name a folder in [documents] of the plant description, or `andon docs add`."
        return Finding("documents", DEGRADED, "no documents: no procedures, no code tables", remedy)
    if folder is not None and not folder.is_dir():
        remedy = "Correct [documents] in the plant description."
        return Finding("documents", MISSING, f"there is no folder {folder}", remedy)
    shown = f"{folder}" if folder else "no folder of the plant"
    return Finding("documents", OK, f"{shown}, and {added} added one by one")


def _ocr() -> Finding:
    languages = installed()
    if not languages:
        return Finding("ocr", OFF, "scanned pages are not read", REMEDY)
    return Finding("ocr", OK, f"Tesseract reads scanned pages in {', '.join(languages)}")


def _prompts() -> Finding:
    library = PromptLibrary(read_settings(PromptingSettings).prompts_folder)
    found, faults = library.list(), library.faults()
    if faults:
        words = f"{len(found)} prompt(s), {len(faults)} fault(s), the first: {faults[0]}"
        return Finding("prompts", DEGRADED, words, "andon prompts list")
    return Finding("prompts", OK, f"{len(found)} prompt(s)")


def _llm(home: Path) -> Finding:
    """Probed anew, so that what is shown is how it is now."""
    from prompting.models.choice import model_of
    from prompting.probing_watch import ProbeWatch

    settings = read_settings(PromptingSettings)
    model = model_of(settings, home)
    if model is None:
        words = "none set: summaries are written by rule"
        return Finding("llm", OFF, words, "ANDON_LLM_URL and ANDON_LLM_MODEL, or ANDON_LLM_FOLDER")
    watch = ProbeWatch(
        model, home, wanted_tokens=settings.llm_context_tokens, period_s=0, probe_s=PROBE_S
    )
    found = watch.look(anew=True)
    model.close()
    standing = watch.standing()
    if found is None:
        remedy = "Summaries are written by rule until it answers."
        return Finding("llm", DEGRADED, f"{standing.words} ({model.place})", remedy)
    words = f"{standing.words} ({model.place}, probed in {found.seconds:g} s)"
    return Finding("llm", OK if standing.well else DEGRADED, words)


def _access() -> Finding:
    settings = ServiceSettings.read()
    if access_for(settings).open:
        return Finding("access", OK, "open, on this machine only")
    return Finding("access", OK, f"keys in {settings.keys_file}")


def _service() -> Finding:
    settings = ServiceSettings.read()
    url, peer = settings.url, Peer(settings.url, settings.api_key_file, settings.ca_file)
    try:
        with peer.client(timeout_s=REACH_S) as client:
            parts = client.get("/readyz").json()["components"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return Finding("service", OFF, f"no service answers at {url}", "andon serve")
    bad = [f"{part['name']}: {part['detail']}" for part in parts if part["state"] != OK]
    return Finding("service", DEGRADED if bad else OK, "; ".join([f"runs at {url}", *bad]))
