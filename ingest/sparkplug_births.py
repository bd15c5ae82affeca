"""What a Sparkplug node or device announced: its metrics, as state and as a row of the history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ingest.codec_values import LONGEST_NAME, is_name
from ingest.errors import DataFault
from ingest.history import Birth
from ingest.sparkplug_values import is_kept, name_of_metric, unit_of_metric

BIRTH_NUMBER = "bdSeq"
_CONTROLS = ("Node Control/", "Device Control/")
_FOREIGN = re.compile(r"[^\w.\-]")


NEVER = datetime.min.replace(tzinfo=UTC)
"""When something was announced that never was."""


class Announced(NamedTuple):
    """A metric as its birth announced it."""

    name: str
    signal: str
    """The name as the plant writes signals."""
    datatype: int
    unit: str = ""
    rival: str = ""
    """Another metric that is the same signal and was announced before this one."""
    is_control: bool = False
    """Whether it belongs to the protocol and says nothing of the machine."""
    is_refused: bool = False
    """Whether its birth's dead letter said that it is not kept; then its data need not say it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The last birth of a node or device, and whether it has died since."""

    metrics: Mapping[str, Announced] = field(default_factory=dict)
    aliases: Mapping[int, Announced] = field(default_factory=dict)
    received_time: datetime = NEVER
    """Of the birth, or of the death."""
    birth_number: int | None = None
    """Ties a node's death to its birth."""
    is_alive: bool = False
    size: int = 0
    """How many metrics it announced and one more; a long name counts for several."""

    @classmethod
    def of_payload(cls, payload: Any, received: datetime) -> Certificate:
        """As a birth message announces it."""
        rows = (row for metric in payload.metrics if (row := _row(metric)))
        return cls._of_rows(rows, received, birth_number(payload), is_alive=True)

    @classmethod
    def of_birth(cls, birth: Birth) -> Certificate:
        """As the history kept it."""
        content = json.loads(birth.content)
        return cls._of_rows(
            map(tuple, content["metrics"]),
            birth.received_time,
            content["number"],
            is_alive=content["alive"],
        )

    @classmethod
    def _of_rows(
        cls,
        rows: Iterable[tuple[str, int | None, int, str]],
        received: datetime,
        number: int | None,
        *,
        is_alive: bool,
    ) -> Certificate:
        metrics: dict[str, Announced] = {}
        aliases: dict[int, Announced] = {}
        owners: dict[str, str] = {}
        size = 1
        for name, alias, datatype, unit in rows:
            signal = signal_of(name)
            owner = owners.setdefault(signal, name)
            rival = "" if owner == name else owner
            is_refused = bool(rival) or not is_kept(datatype) or not is_name(signal)
            announced = Announced(name, signal, datatype, unit, rival, is_control(name), is_refused)
            metrics[name] = announced
            if alias is not None:
                aliases[alias] = announced
            size += 1 + len(name) // LONGEST_NAME
        return cls(metrics, aliases, received, number, is_alive, size)

    def as_birth(self, broker: str, name: str) -> Birth:
        """For the history."""
        aliases = {announced.name: alias for alias, announced in self.aliases.items()}
        rows = [
            (known.name, aliases.get(known.name), known.datatype, known.unit)
            for known in self.metrics.values()
        ]
        content = {"alive": self.is_alive, "number": self.birth_number, "metrics": rows}
        return Birth(broker, name, json.dumps(content), self.received_time)

    def died(self, received: datetime) -> Certificate:
        """Its metrics stay known: a death says of each that it has no value."""
        return replace(self, received_time=received, is_alive=False)

    def is_later_than(self, moment: datetime) -> bool:
        """Whether something was announced after this moment."""
        return self.received_time > moment

    def signals(self) -> Iterator[Announced]:
        """The metrics that are signals of a machine."""
        return (
            known
            for known in self.metrics.values()
            if not known.is_control and not known.is_refused
        )


def _row(metric: Any) -> tuple[str, int | None, int, str] | None:
    """Name, alias, type and unit; None for a metric whose name cannot be read."""
    try:
        name = name_of_metric(metric)
    except DataFault:
        return None
    alias = metric.alias if metric.HasField("alias") else None
    return name, alias, metric.datatype, unit_of_metric(metric)


def signal_of(name: str) -> str:
    """A metric's name as the plant writes signals: `Pump 1/Oil Temp` is `Pump_1.Oil_Temp`."""
    return _FOREIGN.sub("_", name.replace("/", "."))


def is_control(name: str) -> bool:
    """Whether a metric belongs to the protocol and says nothing of the machine."""
    return name == BIRTH_NUMBER or name.startswith(_CONTROLS)


def birth_number(payload: Any) -> int | None:
    """The number that ties a node's death to its birth."""
    for metric in payload.metrics:
        if metric.name == BIRTH_NUMBER:
            number: int = metric.long_value or metric.int_value
            return number
    return None
