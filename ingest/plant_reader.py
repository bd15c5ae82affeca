"""Putting a plant together from `plant.toml` and its register files, noting every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from ingest import plant_file as file
from ingest.errors import PlantDefect
from ingest.modbus_address import IllegalRange, parse_range
from ingest.plant import Machine, ModbusUnit, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.register_file import load_registers
from ingest.registers import Register
from ingest.routes import Route, topic_faults
from ingest.text_file import is_there, read_text
from ingest.tls import TlsFiles, client_context
from ingest.toml_lines import Steps, read_toml

Table = TypeVar("Table", bound=BaseModel)

_SECTIONS = ("plant", "documents", "mqtt", "brokers", "machines")
_TLS_KEYS = ("ca_file", "client_cert", "client_key", "server_name")


class PlantReader:
    """Reads one plant description; what is wrong with it gathers in `defects`."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self.files = [path]
        self._toml = read_toml(text)
        self.defects = [
            PlantDefect(path, defect.line, f"is no TOML: {defect.message}")
            for defect in self._toml.defects
        ]

    def read(self) -> Plant:
        """The plant as far as it can be read; only good when there are no defects."""
        content = self._toml.values
        for section in content:
            if section not in _SECTIONS:
                known = ", ".join(_SECTIONS)
                self._fault((section,), f"unknown section [{section}]; known are {known}")
        head = self._table(file.PlantTable, content.get("plant", {}), ("plant",))
        return Plant(
            name=head.name if head else "",
            timezone=self._timezone(head.timezone if head else "UTC"),
            mqtt=self._mqtt(content.get("mqtt")),
            machines=tuple(self._machines(content)),
            documents=self._documents(content.get("documents")),
            path=self._path,
            further_brokers=tuple(self._brokers(content)),
            files=tuple(
                path for path in dict.fromkeys(self.files) if is_there(path) and not path.is_dir()
            ),
        )

    def _fault(self, steps: Steps, message: str) -> None:
        self.defects.append(PlantDefect(self._path, self._toml.line_of(steps), message))

    def _table(self, model: type[Table], content: Any, steps: Steps) -> Table | None:
        if not isinstance(content, Mapping):
            self._fault(steps, f"{steps[-1]} must be a table")
            return None
        try:
            return model.model_validate(content)
        except ValidationError as fault:
            for error in fault.errors():
                self._fault((*steps, *error["loc"]), file.wording(error, model))
            return None

    def _list(
        self, content: Mapping[str, Any], key: str, steps: Steps
    ) -> Iterator[tuple[Any, Steps]]:
        found = content.get(key, [])
        if not isinstance(found, list):
            self._fault((*steps, key), f"{key} must be an array of tables: [[{key}]]")
            return
        for index, entry in enumerate(found):
            yield entry, (*steps, key, index)

    def _timezone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._fault(
                ("plant", "timezone"), f"timezone {name!r} is not known, like Europe/Berlin"
            )
        return name

    def _documents(self, content: Any) -> Path | None:
        if content is None:
            return None
        table = self._table(file.DocumentsTable, content, ("documents",))
        return self._existing(table.folder, ("documents", "folder")) if table else None

    def _existing(self, name: str | None, steps: Steps) -> Path | None:
        if name is None:
            return None
        path = self._path.parent / name
        self.files.append(path)
        try:
            path.stat()
        except FileNotFoundError:
            self._fault(steps, f"{steps[-1]} = {name!r}: {path} does not exist")
        except (OSError, ValueError) as fault:
            why = getattr(fault, "strerror", None) or "no file can have this name"
            self._fault(steps, f"{steps[-1]} = {name!r} cannot be used: {why}")
        return path

    def _mqtt(self, content: Any) -> MqttBroker:
        if content is None:
            return MqttBroker()
        return self._broker(file.MqttTable, content, ("mqtt",))

    def _brokers(self, content: Mapping[str, Any]) -> Iterator[MqttBroker]:
        lines: dict[str, int] = {}
        for entry, steps in self._list(content, "brokers", ()):
            broker = self._broker(file.BrokerTable, entry, steps)
            if broker.id in lines:
                first = lines[broker.id]
                self._fault((*steps, "id"), f"broker {broker.id!r} stands in line {first} already")
            if broker.id:
                lines.setdefault(broker.id, self._toml.line_of((*steps, "id")))
            yield broker

    def _broker(self, model: type[file.MqttTable], content: Any, steps: Steps) -> MqttBroker:
        table = self._table(model, _without(content, "routes"), steps)
        routes = tuple(self._routes(content, steps)) if isinstance(content, Mapping) else ()
        if table is None:
            return MqttBroker(routes=routes)
        files = self._tls(table, steps, scheme="mqtts://")
        return MqttBroker(
            url=table.url,
            version=table.version,
            share=table.share,
            user=table.user,
            routes=routes,
            id=table.id if isinstance(table, file.BrokerTable) else "",
            password_file=self._password_file(table, (*steps, "password_file")),
            ca_file=files.ca_file,
            client_cert=files.client_cert,
            client_key=files.client_key,
        )

    def _password_file(self, table: file.MqttTable, steps: Steps) -> Path | None:
        path = self._existing(table.password_file, steps)
        if path is not None and table.user is None:
            self._fault(steps, "password_file needs a user")
        if path is not None and is_there(path):
            try:
                read_text(path)
            except OSError as fault:
                self._fault(steps, f"password_file {path} cannot be read: {fault.strerror}")
            except UnicodeDecodeError:
                self._fault(steps, f"password_file {path} is not UTF-8 text")
        return path

    def _routes(self, content: Mapping[str, Any], place: Steps) -> Iterator[Route]:
        for entry, steps in self._list(content, "routes", place):
            table = self._table(file.RouteTable, entry, steps)
            if table is None:
                continue
            route = Route(**table.model_dump() | {"words": tuple(table.words.items())})
            for message in topic_faults(route):
                self._fault((*steps, "topic"), message)
            if route.machine and "{" not in route.machine:
                self._standing(route.machine, (*steps, "machine"))
            if route.codec == "sparkplug-b" and content.get("share"):
                self._fault(
                    (*steps, "codec"),
                    "codec 'sparkplug-b' needs every message of a node in order, and a share group "
                    "divides them: put this route under [[brokers]] without share",
                )
            yield route

    def _standing(self, machine: str, steps: Steps) -> None:
        """A route that writes its machine out must mean one of the plant."""
        entries = self._toml.values.get("machines", [])
        ids = [entry.get("id") for entry in entries if isinstance(entry, Mapping)]
        if machine not in ids:
            known = ", ".join(str(known) for known in ids)
            self._fault(steps, f"machine {machine!r} does not stand here; known are {known}")

    def _machines(self, content: Mapping[str, Any]) -> Iterator[Machine]:
        lines: dict[str, int] = {}
        for entry, steps in self._list(content, "machines", ()):
            machine = self._machine(entry, steps)
            if machine is None:
                continue
            if machine.id in lines:
                first = lines[machine.id]
                self._fault(
                    (*steps, "id"), f"machine {machine.id!r} stands in line {first} already"
                )
            lines.setdefault(machine.id, self._toml.line_of((*steps, "id")))
            yield machine
        if not lines and not self.defects:
            self._fault((), "there are no [[machines]]")

    def _machine(self, entry: Any, steps: Steps) -> Machine | None:
        table = self._table(file.MachineTable, _without(entry, "modbus", "signals"), steps)
        if not isinstance(entry, Mapping):
            return None
        modbus = self._modbus(entry["modbus"], (*steps, "modbus")) if "modbus" in entry else None
        signals = self._signals(entry, modbus.registers if modbus else (), steps)
        if table is None:
            return None
        return Machine(table.id, table.line, table.kind, signals_by_id(signals), modbus)

    def _modbus(self, content: Any, steps: Steps) -> ModbusUnit | None:
        table = self._table(file.ModbusTable, content, steps)
        if table is None:
            return None
        registers = self._registers(table, steps)
        return ModbusUnit(
            url=table.url,
            unit=table.unit,
            period_s=table.period_s,
            registers=registers,
            timeout_s=table.timeout_s,
            max_registers=table.max_registers,
            max_gap=table.max_gap,
            illegal=self._illegal(table, registers, steps),
            deadband=table.deadband,
            heartbeat_s=table.heartbeat_s,
            tls=self._tls(table, steps, scheme="tls://"),
        )

    def _registers(self, table: file.ModbusTable, steps: Steps) -> tuple[Register, ...]:
        """Those of the register file; one that fits into no answer is a fault."""
        path = self._existing(table.registers, (*steps, "registers"))
        if path is None or not is_there(path):
            return ()
        registers, defects = load_registers(path, base=table.address_base)
        self.files += [r.codes_file for r in registers if r.codes_file is not None]
        self.defects += [defect for defect in defects if defect not in self.defects]
        if not registers and not defects:
            self._fault((*steps, "registers"), f"{path} holds no registers")
        for register in registers:
            if not register.table.of_bits and register.count > table.max_registers:
                self._fault(
                    (*steps, "max_registers"),
                    f"{register.signal!r} takes {register.count} registers, "
                    f"the device gives at most {table.max_registers}",
                )
        return registers

    def _illegal(
        self, table: file.ModbusTable, registers: Sequence[Register], steps: Steps
    ) -> tuple[IllegalRange, ...]:
        """The ranges that no request may touch; no register may lie in one."""
        ranges = tuple(parse_range(text) for text in table.illegal)
        for register in registers:
            for index, own in enumerate(ranges):
                if own.touches(register.table.value, register.address, register.end):
                    message = f"{register.signal!r} at {register.address} lies in illegal {own}"
                    self._fault((*steps, "illegal", index), message)
        return ranges

    def _tls(
        self, table: file.ModbusTable | file.MqttTable, steps: Steps, *, scheme: str
    ) -> TlsFiles:
        """The files of an encrypted connection, each tried."""
        stated = [key for key in _TLS_KEYS if getattr(table, key, None)]
        files = TlsFiles(
            ca_file=self._existing(table.ca_file, (*steps, "ca_file")),
            client_cert=self._existing(table.client_cert, (*steps, "client_cert")),
            client_key=self._existing(table.client_key, (*steps, "client_key")),
            server_name=table.server_name if isinstance(table, file.ModbusTable) else "",
        )
        if stated and not table.url.startswith(scheme):
            self._fault((*steps, stated[0]), f"{stated[0]} needs an url that begins with {scheme}")
        elif stated and all(is_there(path) for path in files.paths):
            try:
                client_context(files)
            except ValueError as fault:
                self._fault((*steps, stated[0]), str(fault))
        return files

    def _signals(
        self, entry: Mapping[str, Any], registers: Sequence[Register], steps: Steps
    ) -> list[SignalSpec]:
        """The signals of the register file, then those of the plant file, which win."""
        specs = {register.signal: _spec_of(register) for register in registers}
        seen: set[str] = set()
        for content, place in self._list(entry, "signals", steps):
            table = self._table(file.SignalTable, content, place)
            if table is None:
                continue
            if table.id in seen:
                self._fault((*place, "id"), f"signal {table.id!r} stands twice on this machine")
            seen.add(table.id)
            known = specs.get(table.id)
            if known and known.unit and table.unit and known.unit != table.unit:
                self._fault(
                    (*place, "unit"),
                    f"unit {table.unit!r} but the register file says {known.unit!r}",
                )
            specs[table.id] = _merged(known, table)
        return list(specs.values())


def _without(content: Any, *keys: str) -> Any:
    if not isinstance(content, Mapping):
        return content
    return {key: value for key, value in content.items() if key not in keys}


def _spec_of(register: Register) -> SignalSpec:
    limits = register.limits
    return SignalSpec(
        id=register.signal,
        unit=register.unit,
        low_low=limits.low_low,
        low=limits.low,
        high=limits.high,
        high_high=limits.high_high,
        description=register.description,
    )


def _merged(known: SignalSpec | None, table: file.SignalTable) -> SignalSpec:
    stated = table.model_dump()
    if known is None:
        return SignalSpec(**stated)
    return replace(
        known, **{key: value for key, value in stated.items() if value not in (None, "", {})}
    )
