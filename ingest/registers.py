"""The register map of a device, read from CSV with every fault by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from ingest.errors import PlantDefect
from ingest.plant_file import RegisterRow, wording
from ingest.words import RegisterType, WordOrder

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_LAST_ADDRESS = 65_535
_NEEDED = tuple(name for name, cell in RegisterRow.model_fields.items() if cell.is_required())


class RegisterTable(StrEnum):
    """The four address spaces of a Modbus device."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def read_function(self) -> int:
        """The function code that reads this table: 1 to 4. Andon sends no other."""
        return list(RegisterTable).index(self) + 1

    @property
    def of_bits(self) -> bool:
        """One address holds one bit, not a 16-bit word."""
        return self in (RegisterTable.COIL, RegisterTable.DISCRETE)


@dataclass(frozen=True, slots=True)
class Limits:
    """The band of normal values, where one is stated."""

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None


class Bits(NamedTuple):
    """Some neighbouring bits of a value, counted from 0 for the least significant."""

    first: int
    last: int

    @property
    def mask(self) -> int:
        """As many ones as there are bits."""
        return (1 << self.last - self.first + 1) - 1


@dataclass(frozen=True, slots=True)
class Register:
    """Where one signal stands in a device; value = raw x scale + offset."""

    signal: str
    table: RegisterTable
    address: int
    """As on the wire, counted from 0."""
    type: RegisterType
    order: WordOrder = WordOrder.ABCD
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    description: str = ""
    limits: Limits = Limits()
    line: int = 0
    """Line in the CSV file."""
    length: int = 0
    """Of a string: how many registers it takes."""
    encoding: str = "ascii"
    """Of a string: `ascii` or `latin-1`."""
    bits: Bits | None = None
    """The bits of the value that are meant; None: all."""
    absent: tuple[int | float, ...] = ()
    """Raw values by which the device says that it has none."""
    labels: tuple[tuple[int, str], ...] = ()
    """Raw values and the texts that they stand for."""

    @property
    def count(self) -> int:
        """Addresses it takes: words, or bits in a table of bits."""
        if self.table.of_bits:
            return 1
        return self.length if self.type is RegisterType.STRING else self.type.words

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count


def load_registers(path: Path) -> tuple[tuple[Register, ...], tuple[PlantDefect, ...]]:
    """Read a register CSV: the registers that are right, and every fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        return (), (PlantDefect(path, 1, f"cannot be read: {fault.strerror}"),)
    except UnicodeDecodeError:
        return (), (PlantDefect(path, 1, "is not UTF-8 text"),)
    rows = csv.reader(io.StringIO(text))
    try:
        return _read_rows(path, rows)
    except csv.Error as fault:
        return (), (PlantDefect(path, rows.line_num, f"is no CSV: {fault}"),)


def _read_rows(path: Path, rows: CsvReader) -> tuple[tuple[Register, ...], tuple[PlantDefect, ...]]:
    header = [name.strip().lower() for name in next(rows, [])]
    if faults := list(_header_faults(header)):
        return (), tuple(PlantDefect(path, 1, message) for message in faults)
    registers: list[Register] = []
    defects: list[PlantDefect] = []
    for row in rows:
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        register, messages = _register(header, row, line=rows.line_num)
        registers += [register] if register else []
        defects += [PlantDefect(path, rows.line_num, message) for message in messages]
    defects += [PlantDefect(path, line, message) for line, message in _conflicts(registers)]
    return tuple(registers), tuple(defects)


def _header_faults(header: Sequence[str]) -> Iterator[str]:
    for name in _NEEDED:
        if name not in header:
            yield f"column {name!r} is missing; needed are {', '.join(_NEEDED)}"
    for name in header:
        if name not in RegisterRow.model_fields:
            yield f"unknown column {name!r}; known are {', '.join(RegisterRow.model_fields)}"


def _register(
    header: Sequence[str], row: Sequence[str], *, line: int
) -> tuple[Register | None, list[str]]:
    """The register of a row, or every reason why there is none."""
    if len(row) != len(header):
        return None, [f"has {len(row)} cells, the header has {len(header)}"]
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    try:
        entry = RegisterRow.model_validate(cells)
    except ValidationError as fault:
        return None, [wording(error, RegisterRow) for error in fault.errors()]
    register = _from_row(entry, line)
    return register, list(_faults(register))


def _from_row(entry: RegisterRow, line: int) -> Register:
    return Register(
        signal=entry.signal,
        table=RegisterTable(entry.table),
        address=entry.address,
        type=entry.type,
        order=entry.order,
        scale=entry.scale,
        offset=entry.offset,
        unit=entry.unit,
        description=entry.description,
        limits=Limits(entry.low_low, entry.low, entry.high, entry.high_high),
        line=line,
    )


def _faults(register: Register) -> Iterator[str]:
    if register.table.of_bits and register.type is not RegisterType.BOOL:
        yield f"a {register.table} holds bits: type must be bool, not {register.type}"
    if register.end - 1 > _LAST_ADDRESS:
        yield f"{register.type} at {register.address} runs over the last address {_LAST_ADDRESS}"
    if register.scale == 0:
        yield "scale = 0 would make every value the same"


def _conflicts(registers: Sequence[Register]) -> Iterator[tuple[int, str]]:
    """Signals that stand twice, and registers that lie partly over each other."""
    first: dict[str, Register] = {}
    for register in registers:
        if register.signal in first:
            line = first[register.signal].line
            yield register.line, f"signal {register.signal!r} stands in line {line} already"
        first.setdefault(register.signal, register)
    ordered = sorted(registers, key=lambda register: (register.table, register.address))
    for left, right in pairwise(ordered):
        same_place = (left.address, left.count) == (right.address, right.count)
        if left.table is right.table and right.address < left.end and not same_place:
            later, other = sorted((left, right), key=lambda register: register.line)[::-1]
            place = f"{later.table} {later.address} to {later.end - 1}"
            other_place = f"{other.address} to {other.end - 1}"
            yield (
                later.line,
                f"{later.signal!r} ({place}) overlaps {other.signal!r} ({other_place})",
            )
