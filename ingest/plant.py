"""What stands on the floor: `plant.toml` read as a whole, every fault with its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from ingest.errors import NotKnown, PlantFault, SettingsFault
from ingest.modbus_address import Address, IllegalRange, parse_address
from ingest.registers import Register
from ingest.routes import Route
from ingest.text_file import read_text
from ingest.tls import NO_FILES, TlsFiles


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """A signal as the plant describes it: unit and limits."""

    id: str
    unit: str = ""
    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    description: str = ""
    period_s: float | None = None
    """How often a value is expected, for the watch over silence."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call it, by language."""


@dataclass(frozen=True, slots=True)
class ModbusUnit:
    """A Modbus device that is polled."""

    url: str
    """As `ingest/modbus_address.py` reads it; units of one address share a connection."""
    unit: int
    period_s: float
    registers: tuple[Register, ...]
    timeout_s: float = 1.0
    max_registers: int = 125
    max_gap: int = 8
    illegal: tuple[IllegalRange, ...] = ()
    """Addresses that no request may touch."""
    deadband: float | None = None
    """A value that moved by less is not kept, unless its register says otherwise; None: all are."""
    heartbeat_s: float = 60.0
    """How long a value inside its deadband may go unsaid."""
    tls: TlsFiles = NO_FILES

    @property
    def address(self) -> Address:
        """What the url means."""
        return parse_address(self.url)


@dataclass(frozen=True, slots=True)
class MqttBroker:
    """The broker to listen to; an empty url means that the plant has none."""

    url: str = ""
    version: int = 5
    share: str = ""
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    routes: tuple[Route, ...] = ()
    id: str = ""
    """Empty for the broker of `[mqtt]`, else as `[[brokers]]` names it."""

    @property
    def _address(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """Host name or address."""
        return self._address.hostname or ""

    @property
    def port(self) -> int:
        """TCP port: 1883, or 8883 with TLS, unless stated."""
        return self._address.port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self._address.scheme == "mqtts"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of the plant."""

    id: str
    line: str
    kind: str
    """Ties it to manuals, error codes and classifier tasks."""
    signals: Mapping[str, SignalSpec]
    modbus: ModbusUnit | None = None


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything that stands on the floor."""

    name: str
    timezone: str
    """For showing only: stored time is UTC."""
    mqtt: MqttBroker
    machines: tuple[Machine, ...]
    documents: Path | None
    path: Path
    further_brokers: tuple[MqttBroker, ...] = ()
    """Those of `[[brokers]]`."""
    files: tuple[Path, ...] = ()
    """The description and every file that it names, for the watch over changes."""

    @property
    def brokers(self) -> tuple[MqttBroker, ...]:
        """Every broker to listen to."""
        return tuple(broker for broker in (self.mqtt, *self.further_brokers) if broker.url)

    def broker(self, broker: str) -> MqttBroker | None:
        """The broker of that id; None when the plant has none (any more)."""
        if broker == self.mqtt.id:
            return self.mqtt
        return next((known for known in self.further_brokers if known.id == broker), None)

    def line(self, line: str) -> tuple[Machine, ...]:
        """The machines of a line; NotKnown when there is none."""
        found = tuple(machine for machine in self.machines if machine.line == line)
        if not found:
            known = ", ".join(sorted({machine.line for machine in self.machines}))
            raise NotKnown(f"There is no line {line!r} in {self.path}.", remedy=f"Known: {known}")
        return found

    @property
    def names(self) -> Mapping[str, Mapping[tuple[str, str], str]]:
        """What people call a signal: by language, then by machine and signal."""
        found: dict[str, dict[tuple[str, str], str]] = {}
        for machine in self.machines:
            for signal in machine.signals.values():
                for language, name in signal.names.items():
                    found.setdefault(language, {})[machine.id, signal.id] = name
        return found

    def machine(self, machine: str) -> Machine:
        """The machine of that id; NotKnown when the plant has none."""
        for candidate in self.machines:
            if candidate.id == machine:
                return candidate
        known = ", ".join(candidate.id for candidate in self.machines)
        raise NotKnown(
            f"Machine {machine!r} does not stand in {self.path}.", remedy=f"Known: {known}"
        )


@contextmanager
def reading_faults(path: Path) -> Iterator[None]:
    """What goes wrong while a plant description is read, as a SettingsFault that names it."""
    try:
        yield
    except OSError as fault:
        raise SettingsFault(
            f"The plant description {path} cannot be read: {fault.strerror}.",
            remedy="Name another with --plant or ANDON_PLANT.",
        ) from fault
    except UnicodeDecodeError as fault:
        raise SettingsFault(
            f"The plant description {path} is not UTF-8 text.", remedy="Save it as UTF-8."
        ) from fault


def load_plant(path: Path) -> Plant:
    """Read and check a plant description.

    Raises:
        SettingsFault: the file cannot be read.
        PlantFault: the description has faults; it carries all of them.
    """
    from ingest.plant_reader import PlantReader

    with reading_faults(path):
        text = read_text(path)
    reader = PlantReader(path, text)
    plant = reader.read()
    if reader.defects:
        defects = sorted(reader.defects, key=lambda defect: (defect.path, defect.line))
        raise PlantFault(defects, reader.files)
    return plant


def signals_by_id(specs: Sequence[SignalSpec]) -> Mapping[str, SignalSpec]:
    """A read-only table of signals."""
    return MappingProxyType({spec.id: spec for spec in specs})
