"""The register map of a device, read from CSV with every fault by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ingest.errors import PlantDefect
from ingest.plant_file import RegisterRow, wording
from ingest.register_cells import LAST_ADDRESS, Bits, Place, absent_of, bits_of, place_of, widest
from ingest.register_labels import LabelFault, Labels, file_of, labels_of
from ingest.registers import Limits, Register, RegisterTable
from ingest.text_file import read_text
from ingest.words import RegisterType

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_NEEDED = tuple(name for name, cell in RegisterRow.model_fields.items() if cell.is_required())


def load_registers(
    path: Path, *, base: int = 0
) -> tuple[tuple[Register, ...], tuple[PlantDefect, ...]]:
    """Read a register CSV: the registers that are right, and every fault.

    Args:
        path: the file.
        base: what it calls the first register of a table, 0 or 1.
    """
    try:
        text = read_text(path)
    except OSError as fault:
        return (), (PlantDefect(path, 1, f"cannot be read: {fault.strerror}"),)
    except UnicodeDecodeError:
        return (), (PlantDefect(path, 1, "is not UTF-8 text"),)
    return registers_in(text, path, base=base)


def registers_in(
    text: str, path: Path, *, base: int = 0
) -> tuple[tuple[Register, ...], tuple[PlantDefect, ...]]:
    """The same of a text; the path stands in the faults, and files of codes lie beside it."""
    rows = csv.reader(io.StringIO(text))
    try:
        return _read_rows(path, rows, base)
    except csv.Error as fault:
        return (), (PlantDefect(path, rows.line_num, f"is no CSV: {fault}"),)


def _read_rows(
    path: Path, rows: CsvReader, base: int
) -> tuple[tuple[Register, ...], tuple[PlantDefect, ...]]:
    header = [name.strip().lower() for name in next(rows, [])]
    if faults := list(_header_faults(header)):
        return (), tuple(PlantDefect(path, 1, message) for message in faults)
    registers: list[Register] = []
    defects: list[PlantDefect] = []
    for row in rows:
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        reader = _RowReader(path, rows.line_num, base)
        register = reader.read(header, row)
        registers += [register] if register else []
        defects += reader.defects
    defects += [PlantDefect(path, line, message) for line, message in _conflicts(registers)]
    return tuple(registers), tuple(defects)


def _header_faults(header: Sequence[str]) -> Iterator[str]:
    for name in _NEEDED:
        if name not in header:
            yield f"column {name!r} is missing; needed are {', '.join(_NEEDED)}"
    for name in header:
        if name not in RegisterRow.model_fields:
            yield f"unknown column {name!r}; known are {', '.join(RegisterRow.model_fields)}"
        elif header.count(name) > 1:
            yield f"column {name!r} stands twice"
            return


class _RowReader:
    """Makes one register of one row; what is wrong with it gathers in `defects`."""

    def __init__(self, path: Path, line: int, base: int) -> None:
        self._path = path
        self._line = line
        self._base = base
        self.defects: list[PlantDefect] = []

    def read(self, header: Sequence[str], row: Sequence[str]) -> Register | None:
        """The register; None where its place or its type cannot be known."""
        if len(row) != len(header):
            self._fault(f"has {len(row)} cells, the header has {len(header)}")
            return None
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
        try:
            entry = RegisterRow.model_validate(cells)
        except ValidationError as fault:
            for error in fault.errors():
                self._fault(wording(error, RegisterRow))
            return None
        try:
            place = place_of(entry.address, entry.table, base=self._base)
        except ValueError as fault:
            self._fault(str(fault))
            return None
        register = self._register(entry, place)
        for message in _faults(register, entry):
            self._fault(message)
        return register

    def _fault(self, message: str) -> None:
        self.defects.append(PlantDefect(self._path, self._line, message))

    def _register(self, entry: RegisterRow, place: Place) -> Register:
        bits = self._bits(entry, place)
        return Register(
            signal=entry.signal,
            table=RegisterTable(place.table),
            address=place.address,
            type=entry.type,
            order=entry.order,
            scale=entry.scale,
            offset=entry.offset,
            deadband=entry.deadband,
            unit=entry.unit,
            description=entry.description,
            limits=Limits(entry.low_low, entry.low, entry.high, entry.high_high),
            line=self._line,
            length=(entry.length or 1) if entry.type is RegisterType.STRING else 0,
            encoding=entry.encoding or "ascii",
            bits=bits,
            absent=self._absent(entry, bits),
            labels=self._labels(entry, bits),
            codes_file=file_of(entry.enum, self._path.parent),
        )

    def _bits(self, entry: RegisterRow, place: Place) -> Bits | None:
        if not (cell := place.bit or entry.bit):
            return None
        if place.bit and entry.bit:
            self._fault(f"bit = {entry.bit}, but the address {entry.address} names a bit already")
        elif place.bit.isdecimal() and entry.type is not RegisterType.BOOL:
            self._fault(
                f"address = {entry.address} is one bit, so its type must be bool, "
                f"not {entry.type}; name several like 40.4-7"
            )
        try:
            return bits_of(cell, entry.type)
        except ValueError as fault:
            self._fault(str(fault))
            return None

    def _absent(self, entry: RegisterRow, bits: Bits | None) -> tuple[int | float, ...]:
        if not entry.nan:
            return ()
        try:
            found = absent_of(entry.nan, entry.type)
        except ValueError as fault:
            self._fault(str(fault))
            return ()
        if bits is not None and any(value not in widest(entry.type, bits) for value in found):
            self._fault(f"nan = {entry.nan} can never come from bits {bits.first} to {bits.last}")
        return found

    def _labels(self, entry: RegisterRow, bits: Bits | None) -> Labels:
        if not entry.enum:
            return ()
        if not entry.type.is_integer:
            self._fault(f"enum: codes are whole numbers, so the type cannot be {entry.type}")
            return ()
        try:
            return labels_of(entry.enum, self._path.parent, widest(entry.type, bits))
        except LabelFault as fault:
            self.defects += fault.defects
        except ValueError as fault:
            self._fault(str(fault))
        return ()


def _faults(register: Register, entry: RegisterRow) -> Iterator[str]:
    """What does not go together within a row."""
    kind = register.type
    is_number = kind not in (RegisterType.BOOL, RegisterType.STRING) and not entry.enum
    if register.table.of_bits and kind is not RegisterType.BOOL:
        yield f"a {register.table} holds bits: type must be bool, not {kind}"
    if register.table.of_bits and register.bits is not None:
        yield f"a {register.table} is one bit: it has no bit {register.bits.first}"
    if register.end - 1 > LAST_ADDRESS:
        yield f"{kind} at {register.address} runs over the last address {LAST_ADDRESS}"
    if register.scale == 0:
        yield "scale = 0 would make every value the same"
    elif not is_number and (register.scale, register.offset) != (1, 0):
        yield "scale and offset are for numbers, not for a bool, a text or codes"
    if not is_number and register.limits != Limits():
        yield "low and high are for numbers, not for a bool, a text or codes"
    yield from _string_faults(register, entry)


def _string_faults(register: Register, entry: RegisterRow) -> Iterator[str]:
    if register.type is RegisterType.STRING:
        if entry.length is None:
            yield "length is missing: how many registers the string takes"
        return
    if entry.encoding is not None:
        yield f"encoding is said of strings only, not of {register.type}"
    if entry.length not in (None, register.count):
        yield f"length = {entry.length}, but a {register.type} takes {register.count}"


def _conflicts(registers: Sequence[Register]) -> Iterator[tuple[int, str]]:
    """Signals that stand twice, and registers that lie partly over each other."""
    first: dict[str, Register] = {}
    for register in registers:
        if register.signal in first:
            line = first[register.signal].line
            yield register.line, f"signal {register.signal!r} stands in line {line} already"
        first.setdefault(register.signal, register)
    for table in RegisterTable:
        yield from _overlaps([register for register in registers if register.table is table])


def _overlaps(registers: Sequence[Register]) -> Iterator[tuple[int, str]]:
    open_ones: list[Register] = []
    for right in sorted(registers, key=lambda register: register.address):
        open_ones = [left for left in open_ones if right.address < left.end]
        clash = next((left for left in open_ones if not _share(left, right)), None)
        open_ones.append(right)
        if clash is not None:
            other, later = sorted((clash, right), key=lambda register: register.line)
            place = f"{later.table} {later.address} to {later.end - 1}"
            other_place = f"{other.address} to {other.end - 1}"
            yield (
                later.line,
                f"{later.signal!r} ({place}) overlaps {other.signal!r} ({other_place})",
            )


def _share(left: Register, right: Register) -> bool:
    """Two may be read out of the same words: all of them, or bits out of a number of bits."""
    if (left.address, left.count) == (right.address, right.count):
        return True
    of_bits = all(r.type is RegisterType.BOOL or r.type.is_unsigned for r in (left, right))
    return of_bits and (left.bits is not None or right.bits is not None)
