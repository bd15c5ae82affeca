"""A Sparkplug message taken apart as far as its topic goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.codec_values import LONGEST_NAME
from ingest.errors import DataFault
from ingest.json_text import shown
from ingest.messages import Message, Place
from ingest.plant import Machine
from ingest.routes import SPARKPLUG

BIRTHS = ("NBIRTH", "DBIRTH")
_DATA = ("NDATA", "DDATA")
NODE_DEATH, DEVICE_DEATH = "NDEATH", "DDEATH"
OTHERS = ("NCMD", "DCMD", "STATE")
"""Commands and the states of hosts: spoken to others, they say nothing of a machine."""
_KINDS = (*BIRTHS, *_DATA, NODE_DEATH, DEVICE_DEATH, *OTHERS)


def sparkplug_parts(topic: str) -> dict[str, str]:
    """Group, type, node and device of a topic; DataFault when it is none of Sparkplug."""
    levels = topic.split("/")
    if levels[:2] == [SPARKPLUG, "STATE"]:
        return {"group": "", "type": "STATE", "node": "", "device": ""}
    if levels[0] != SPARKPLUG or len(levels) not in (4, 5) or "" in levels:
        raise DataFault(f"topic {shown(topic)} is none of Sparkplug B")
    if max(map(len, levels)) > LONGEST_NAME:
        raise DataFault(f"topic {shown(topic)} has a name too long for Sparkplug B")
    _, group, kind, node, *device = levels
    is_known = kind in _KINDS
    if not is_known or (kind.startswith("D") != bool(device)):
        raise DataFault(f"topic {shown(topic)} names no message of Sparkplug B")
    return {"group": group, "type": kind, "node": node, "device": device[0] if device else ""}


@dataclass(slots=True)
class Letter:
    """A message with its payload unpacked, and the machines of its route."""

    message: Message
    place: Place
    payload: Any
    latest: datetime
    machine_of: Callable[[Mapping[str, str]], Machine]

    @property
    def kind(self) -> str:
        """Birth, data or death, of a node or a device."""
        return self.place.parts["type"]

    @property
    def device(self) -> str:
        """Empty for the node's own."""
        return self.place.parts["device"]

    @property
    def name(self) -> str:
        """As births are named in the history."""
        parts = self.place.parts
        own = f"{parts['group']}/{parts['node']}"
        return f"{own}/{self.device}" if self.device else own

    @property
    def received(self) -> datetime:
        """When the message came."""
        return self.message.received_time
