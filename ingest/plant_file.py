"""The shape of `plant.toml` and of a register CSV: tables, keys, types and ranges.

These models know one table each and nothing of the others; `ingest/plant.py` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)
from pydantic_core import ErrorDetails

from ingest.modbus_address import is_host, parse_address, parse_range
from ingest.words import RegisterType, WordOrder

Name = Annotated[str, Field(pattern=r"^[\w][\w.\-]*$", max_length=100)]
SpokenName = Annotated[str, Field(pattern=r"^[^\W_][\w .,/()\-]*$", max_length=60)]
"""Words that people use."""
Pointer = Annotated[str, Field(pattern=r"^(/.*)?$")]
Seconds = Annotated[FiniteFloat, Field(ge=0.01, le=86_400)]


def _address(url: str, schemes: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"url {url!r} is no address") from None
    if parts.scheme not in schemes:
        known = ", ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"url {url!r} must begin with {known}")
    if not is_host(parts.hostname) or port == 0:
        raise ValueError(f"url {url!r} names no host or port")
    return url


def _mqtt_address(url: str) -> str:
    _address(url, ("mqtt", "mqtts"))
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("url names a user: say it with the keys user and password_file")
    if parts.path.strip("/") or parts.query:
        raise ValueError(f"url {url!r} has more behind the port than an address needs")
    return url


def _modbus_address(url: str) -> str:
    parse_address(url)
    return url


def _illegal(text: str) -> str:
    parse_range(text)
    return text


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"time_zone {name!r} is not known, like Europe/Berlin") from None


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class PlantTable(_Table):
    """`[plant]`."""

    name: str = "Plant"
    timezone: str = "UTC"
    """For showing only: stored time is UTC."""


class DocumentsTable(_Table):
    """`[documents]`."""

    folder: str


class MqttTable(_Table):
    """`[mqtt]`, without its routes."""

    url: Annotated[str, AfterValidator(_mqtt_address)]
    version: Literal[4, 5] = 5
    """5, or 4 for MQTT 3.1.1."""
    share: Annotated[str, Field(pattern=r"^[^/+#\s\x00]*$")] = ""
    """The `$share` group; empty for none."""
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None


class BrokerTable(MqttTable):
    """`[[brokers]]`, without its routes."""

    id: Annotated[Name, Field(max_length=40)]
    """Stands in the source of every record: `mqtt@ID:TOPIC`."""


class RouteTable(_Table):
    """`[[mqtt.routes]]` and `[[brokers.routes]]`: how some topics are read. First match wins."""

    topic: Annotated[str, Field(min_length=1)]
    codec: Literal["json", "scalar", "text", "sparkplug-b"] = "json"
    kind: Literal["readings", "events"] = "readings"
    machine: str = ""
    """Machine id made of the topic's parts, `{area}-{device}`, or written out; empty: `{machine}`,
    of Sparkplug the device or, without one, the node."""
    signal: str = ""
    """Signal made of the topic's parts, of Sparkplug with `{metric}`; empty: that part alone."""
    words: dict[str, bool | int | FiniteFloat | str] = {}
    """Of codec scalar: what a payload that is a word stands for: `{ on = true, off = false }`."""
    rebirth: bool = True
    """Whether a Sparkplug node may be asked to announce itself again."""
    time: Pointer = ""
    """JSON pointer to the source time; empty: time of receipt."""
    time_unit: Literal["s", "ms", "us", "ns"] = "s"
    """Unit of a source time that is a number since the Unix epoch."""
    time_zone: Annotated[str, AfterValidator(_zone)] = ""
    """IANA zone of source times that are texts without one; empty: such a time is refused."""
    samples: Pointer | None = None
    """JSON pointer to an array of samples; "" when the payload is the array."""
    period_s: Annotated[FiniteFloat, Field(ge=1e-6, le=86_400)] | None = None
    """Values are arrays: one value every so many seconds, the first at the source time."""
    period: Pointer = ""
    """JSON pointer to that period in seconds, where the payload tells it."""
    sequence: Pointer = ""
    """JSON pointer to the sequence number; empty: there is none."""
    quality: Pointer = ""
    """JSON pointer to good, uncertain or bad, to true or false, or to an OPC quality (0 to 255)."""
    values: Pointer = "/values"
    """JSON pointer to the object of signal -> value, or to the value of a topic's signal."""
    code: Pointer = "/code"
    severity: Pointer = "/severity"
    state: Pointer = "/state"
    text: Pointer = "/text"


class _Limits(_Table):
    low_low: FiniteFloat | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    high_high: FiniteFloat | None = None

    @model_validator(mode="after")
    def _rise(self) -> Self:
        stated = [
            (name, value)
            for name in ("low_low", "low", "high", "high_high")
            if (value := getattr(self, name)) is not None
        ]
        for (lower, low), (upper, high) in pairwise(stated):
            if low > high:
                raise ValueError(f"{lower} = {low:g} is above {upper} = {high:g}")
        return self


class SignalTable(_Limits):
    """`[[machines.signals]]`."""

    id: Name
    unit: str = ""
    description: str = ""
    period_s: Seconds | None = None
    """How often a value is expected, for the watch over silence."""
    names: dict[Literal["en", "de"], SpokenName] = {}
    """What people call it, by language: `names = { de = "Öltemperatur" }`."""


class ModbusTable(_Table):
    """`[machines.modbus]`."""

    url: Annotated[str, AfterValidator(_modbus_address)]
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    period_s: Seconds = 1.0
    registers: str
    address_base: Literal[0, 1] = 0
    """What the register file calls the first register of a table."""
    timeout_s: Annotated[FiniteFloat, Field(ge=0.01, le=60)] = 1.0
    max_registers: Annotated[int, Field(ge=1, le=125)] = 125
    """The most registers the device gives in one answer."""
    max_gap: Annotated[int, Field(ge=0, le=120)] = 8
    """Unused registers that are read along to save a request."""
    illegal: list[Annotated[str, AfterValidator(_illegal)]] = []
    """Addresses that no request may touch: `["holding 100-120"]`."""
    deadband: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """A value that moved by less is not kept; for registers that state none of their own."""
    heartbeat_s: Annotated[FiniteFloat, Field(ge=0.1, le=86_400)] = 60.0
    """How long a value inside its deadband may go unsaid."""
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    server_name: str = ""
    """The name in the device's certificate, where it is not the host of the url."""


class MachineTable(_Table):
    """`[[machines]]`, without its signals and its Modbus unit."""

    id: Name
    line: Name
    kind: Name


class RegisterRow(_Limits):
    """A row of the register CSV."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    signal: Name
    table: Literal["coil", "discrete", "holding", "input"] | None = None
    """None: the first digit of the address says it, as in 40001."""
    address: str
    """As on the wire, counted from 0 (or from `address_base`); `40.3` is a bit of a word."""
    bit: str = ""
    """A bit, like `3`, or neighbouring bits, like `4-7`; 0 is the least significant."""
    type: RegisterType
    length: Annotated[int, Field(ge=1, le=125)] | None = None
    """How many registers a string takes."""
    encoding: Literal["ascii", "latin-1"] | None = None
    """Of a string; ascii if not stated."""
    order: WordOrder = WordOrder.ABCD
    scale: FiniteFloat = 1.0
    offset: FiniteFloat = 0.0
    deadband: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """A value that moved by less is not kept; 0: only values that changed are."""
    nan: str = ""
    """Raw values by which the device says that it has none: `0x8000`, `65535`."""
    enum: str = ""
    """What raw values stand for: `0=stopped;1=running`, or a CSV file of `code,text`."""
    unit: str = ""
    description: str = ""


def schema() -> dict[str, Any]:
    """The JSON schema of `plant.toml`, for editors."""
    made = _PlantFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


class _MqttWithRoutes(MqttTable):
    routes: list[RouteTable] = []


class _BrokerWithRoutes(BrokerTable):
    routes: list[RouteTable] = []


class _MachineWithParts(MachineTable):
    modbus: ModbusTable | None = None
    signals: list[SignalTable] = []


class _PlantFile(_Table):
    """A plant description: what stands on the floor."""

    plant: PlantTable = PlantTable()
    documents: DocumentsTable | None = None
    mqtt: _MqttWithRoutes | None = None
    brokers: list[_BrokerWithRoutes] = []
    machines: list[_MachineWithParts]


_WHOLE: Mapping[type[BaseModel], type[BaseModel]] = {
    MqttTable: _MqttWithRoutes,
    BrokerTable: _BrokerWithRoutes,
    MachineTable: _MachineWithParts,
}
"""Tables whose own tables are read apart from them."""


def wording(error: ErrorDetails, model: type[BaseModel]) -> str:
    """A pydantic complaint in the words of the person who wrote the file."""
    key = ".".join(str(step) for step in error["loc"])
    match error["type"]:
        case "missing":
            return f"key {key!r} is missing"
        case "extra_forbidden":
            return (
                f"unknown key {key!r}; known are {', '.join(_WHOLE.get(model, model).model_fields)}"
            )
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return f"{key} = {error['input']!r} {_PATTERN_WORDS[_pattern(error)]}"
        case _:
            return f"{key} = {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _pattern(error: ErrorDetails) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    return str(context.get("pattern", ""))


_PATTERN_WORDS = {
    r"^[\w][\w.\-]*$": "must be letters, digits, '_', '-' and '.', without spaces",
    r"^[^\W_][\w .,/()\-]*$": "must be words of letters, digits and ' .,/()-'",
    r"^(/.*)?$": "is no JSON pointer: it begins with '/', like '/values'",
    r"^[^/+#\s\x00]*$": "must not hold '/', '+', '#' or spaces",
}
