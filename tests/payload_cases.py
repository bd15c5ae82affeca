"""Bad input as data: the messages of every `tests/cases/*/case.toml` and what becomes of them.

A case is an `about` and messages in order. A message has a topic, a payload (`text`, `hex`, or
`sparkplug` with metrics; `times` repeats it, `cut` takes bytes off its end), and what is expected:
`stored`, `duplicates` and `bad` readings, and `dead`, a part of the reason of its dead letter.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route
from tests.sparkplug_packer import Metric, payload

FOLDER = Path(__file__).parent / "cases"
ROUTES = (
    Route("json/{machine}", time="/ts", sequence="/seq"),
    Route("events/{machine}", kind="events", time="/ts", sequence="/seq"),
    Route("plain/{machine}", time="/ts"),
    Route("ms/{machine}", time="/ts", time_unit="ms"),
    Route("berlin/{machine}", time="/ts", time_zone="Europe/Berlin"),
    Route("samples/{machine}", time="/ts", sequence="/seq", samples="/samples"),
    Route("block/{machine}", time="/ts", sequence="/seq", period="/dt"),
    Route("scalar/{machine}/{signal}", codec="scalar"),
    Route("text/{machine}/{signal}", codec="text"),
    Route("spBv1.0/#", codec="sparkplug-b"),
)
MACHINE = Machine("m", "line-1", "press", signals_by_id([SignalSpec("oil", unit="degC")]))


@dataclass(frozen=True)
class CaseMessage:
    """A message and what is expected of it."""

    topic: str
    payload: bytes
    stored: int
    duplicates: int
    bad: int
    dead: str
    records: int


def plant(*machines: str, url: str = "") -> Plant:
    """The machine of the cases, or others like it, and a route of every kind."""
    standing = tuple(replace(MACHINE, id=machine) for machine in machines or ("m",))
    return Plant("p", "UTC", MqttBroker(url=url, routes=ROUTES), standing, None, Path("p.toml"))


def case_names() -> list[str]:
    """Every folder that is a case."""
    return sorted(path.parent.name for path in FOLDER.glob("*/case.toml"))


def case_messages(name: str) -> list[CaseMessage]:
    """The messages of a case, in order."""
    content = tomllib.loads((FOLDER / name / "case.toml").read_text(encoding="utf-8"))
    return [_message(entry) for entry in content["messages"]]


def _message(entry: dict[str, Any]) -> CaseMessage:
    stored, duplicates = entry.get("stored", 0), entry.get("duplicates", 0)
    dead = entry.get("dead", "")
    return CaseMessage(
        topic=entry["topic"],
        payload=_payload(entry),
        stored=stored,
        duplicates=duplicates,
        bad=entry.get("bad", 0),
        dead=dead,
        records=stored + duplicates + bool(dead),
    )


def _payload(entry: dict[str, Any]) -> bytes:
    if "sparkplug" in entry:
        described = dict(entry["sparkplug"])
        metrics = [Metric(**metric) for metric in described.pop("metrics", [])]
        found = payload(*metrics, **described)
    else:
        found = bytes.fromhex(entry["hex"]) if "hex" in entry else str(entry["text"]).encode()
    found = found * int(entry.get("times", 1))
    return found[: len(found) - int(entry.get("cut", 0))]
