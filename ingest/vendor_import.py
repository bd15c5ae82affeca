"""A vendor's register list as a register CSV of ours: what is taken, assumed and left out.

Nothing is guessed in silence: a row that can mean two things is left out with the reason, and what
holds for the whole list and was not stated there is named among the assumptions.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.plant_file import RegisterRow
from ingest.register_cells import TABLE_DIGITS
from ingest.register_file import registers_in
from ingest.vendor_cells import (
    VendorAddress,
    address_of,
    bits_of,
    codes_of,
    has_decimal_comma,
    is_readable,
    length_of,
    name_of,
    number_of,
    order_of,
    table_of,
    table_of_function,
    type_of,
    yes_or_no,
)
from ingest.vendor_text import VendorList, read_list
from ingest.vendor_words import NOTHING, RESERVED, SWAPS, plain
from ingest.words import RegisterType

_BITS_TABLES = ("coil", "discrete")
_HEX = {"hex", "hexadecimal", "hexadezimal"}
_NUMBER_COLUMNS = ("scale", "divisor", "offset")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the list does not say, said by who imports it; None: assumed, and reported so."""

    encoding: str | None = None
    table: str | None = None
    base: int | None = None
    notation: Literal["plain", "counted"] | None = None
    type: str | None = None
    order: str | None = None
    divide: bool = False
    """The scale column divides: value = raw / scale."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not taken."""

    line: int
    reason: str
    text: str
    """The row, for who looks for it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The register CSV and the report about it."""

    csv: str
    signals: tuple[str, ...]
    columns: Mapping[str, str]
    """Our column to the vendor's header."""
    unused: tuple[str, ...]
    """Headers that nothing was taken from."""
    assumed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def import_registers(content: bytes, options: ImportOptions | None = None) -> Imported:
    """The registers in the bytes of a vendor's list.

    Raises:
        SettingsFault: the bytes are no list of registers.
    """
    chosen = options or ImportOptions()
    found = read_list(content, encoding=chosen.encoding)
    return _Importer(found, chosen).imported()


class _Importer:
    """Goes through the rows of one list."""

    def __init__(self, found: VendorList, options: ImportOptions) -> None:
        self._list = found
        self._options = options
        self._assumed = dict.fromkeys(found.assumed)
        self._left_out: list[LeftOut] = []
        self._commas = any(
            has_decimal_comma(self._cell(cells, column))
            for _, cells in found.rows
            for column in _NUMBER_COLUMNS
        )
        self._is_hex = bool(_HEX & found.columns["address"].words)
        self._last_address = ""
        self._is_mixed = False
        """Some addresses can be in the vendors' count, others cannot."""

    def imported(self) -> Imported:
        self._assume_of_columns()
        counted = self._is_counted()
        taken: list[tuple[int, dict[str, str]]] = []
        for line, cells in self._list.rows:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                taken.append((line, self._register(cells, counted=counted)))
            except ValueError as fault:
                self._leave_out(line, str(fault))
        taken, text = self._without_conflicts(taken)
        return Imported(
            csv=text,
            signals=tuple(row["signal"] for _, row in taken),
            columns={target: column.header for target, column in self._list.columns.items()},
            unused=tuple(self._list.unused),
            assumed=tuple(self._assumed),
            left_out=tuple(sorted(self._left_out, key=lambda row: row.line)),
        )

    def _assume(self, words: str) -> None:
        self._assumed[words] = None

    def _leave_out(self, line: int, reason: str) -> None:
        cells = next(cells for number, cells in self._list.rows if number == line)
        text = " | ".join(" ".join(cell.split()) for cell in cells if cell.strip())
        self._left_out.append(LeftOut(line, reason, text[:200]))

    def _cell(self, cells: Sequence[str], column: str) -> str:
        """The text of one of our columns; empty where the list says nothing."""
        place = self._list.columns.get(column)
        if place is None or place.index >= len(cells):
            return ""
        text = cells[place.index].strip().strip("\u00a0")
        return "" if text.lower() in NOTHING else text

    def _words(self, cells: Sequence[str], column: str) -> str:
        """The same in one line, for a cell of ours is one."""
        return " ".join(self._cell(cells, column).split())

    def _assume_of_columns(self) -> None:
        if self._commas:
            self._assume("numbers are written with decimal commas")
        if "signal" not in self._list.columns:
            self._assume(
                f"names are taken from the column {self._list.columns['description'].header!r}"
            )
        if column := self._list.columns.get("scale"):
            factor = f"1 / {column.header}" if self._options.divide else column.header
            self._assume(f"value = raw x {factor}; --divide turns it round")

    def _is_counted(self) -> bool:
        """Whether the addresses are in the vendors' count: all of them could be, or it was said."""
        if self._options.notation is not None:
            return self._options.notation == "counted"
        addresses = [address for _, cells in self._list.rows if (address := self._address(cells))]
        counted = [address.may_be_counted for address in addresses]
        if addresses and all(counted):
            self._assume("addresses like 40001 are in the vendors' count, the first digit a table")
            return True
        self._is_mixed = any(counted)
        return False

    def _address(self, cells: Sequence[str]) -> VendorAddress | None:
        text = self._cell(cells, "address")
        try:
            return address_of(text, is_hex=self._is_hex) if text else None
        except ValueError:
            return None

    def _register(self, cells: Sequence[str], *, counted: bool) -> dict[str, str]:
        """The row of our CSV; ValueError with the reason where there is none."""
        name = self._cell(cells, "signal") or self._cell(cells, "description")
        self._refuse_row(cells, name)
        address = self._place(cells)
        table, number = self._table(cells, address, counted=counted)
        kind, length = self._type(cells, address, table)
        row = {
            "signal": name_of(name),
            "table": table,
            "address": str(number),
            "bit": self._bit(cells, address),
            "type": kind.value,
            "length": str(length) if kind is RegisterType.STRING else "",
            "order": self._order(cells, length),
            "unit": self._words(cells, "unit"),
            "description": self._description(cells, name),
            "nan": self._words(cells, "nan"),
        }
        if kind is RegisterType.BOOL and table not in _BITS_TABLES and not row["bit"]:
            self._assume("a bool without a bit is true where its whole register is not zero")
        if kind not in (RegisterType.BOOL, RegisterType.STRING):
            row |= self._meaning(cells, kind)
        return {column: cell for column, cell in row.items() if cell}

    def _refuse_row(self, cells: Sequence[str], name: str) -> None:
        said = [plain(cell) for cell in cells if cell.strip()]
        if len(said) == 1:
            raise ValueError("one cell alone is a title, not a register")
        if said == [plain(cell) for cell in self._list.header if cell.strip()]:
            raise ValueError("the header again")
        access = self._cell(cells, "access")
        if access and not is_readable(access):
            raise ValueError("it can only be written, and Andon only reads")
        if plain(name) in RESERVED or plain(name).split(" ")[0] in RESERVED[:2]:
            raise ValueError("reserved")
        if not name_of(name):
            raise ValueError("no name")

    def _place(self, cells: Sequence[str]) -> VendorAddress:
        """The row's address; rows of bits below a register may leave it out."""
        text = self._cell(cells, "address")
        if text:
            self._last_address = text
        elif self._cell(cells, "bit") and self._last_address:
            self._assume("a row with a bit and no address belongs to the register above it")
        else:
            raise ValueError("no address")
        return address_of(self._last_address, is_hex=self._is_hex)

    def _table(
        self, cells: Sequence[str], address: VendorAddress, *, counted: bool
    ) -> tuple[str, int]:
        """The table and the address as on the wire."""
        stated = self._stated_table(cells)
        if self._is_mixed and address.may_be_counted and not address.is_counted:
            raise ValueError(
                f"{address.digits} may be a plain address or the vendors' count, as the list has "
                "both; --notation says which"
            )
        if not (counted or address.is_counted):
            return self._plain_place(address, stated)
        if not address.may_be_counted:
            raise ValueError(f"{self._last_address!r} is no number of the vendors' count")
        table, number = TABLE_DIGITS[address.digits[0]], int(address.digits[1:]) - 1
        if stated not in ("", table):
            raise ValueError(f"{address.digits} is a {table}, but the list says {stated}")
        return table, number

    def _stated_table(self, cells: Sequence[str]) -> str:
        named, function = self._cell(cells, "table"), self._cell(cells, "function")
        tables = {table_of(named)} if named else set()
        tables |= {table_of_function(function)} if function else set()
        if len(tables) > 1:
            raise ValueError(f"{named!r} and function {function!r} are two tables")
        return tables.pop() if tables else ""

    def _plain_place(self, address: VendorAddress, stated: str) -> tuple[str, int]:
        table = stated or self._options.table
        if table is None:
            self._assume("registers without a table are holding registers; --table says another")
            table = "holding"
        base = self._options.base
        if base is None:
            self._assume("addresses count from 0, as on the wire; --base 1 if the list's do not")
            base = 0
        if address.number < base:
            raise ValueError(f"{self._last_address!r}, but the addresses count from {base}")
        return table, address.number - base

    def _type(
        self, cells: Sequence[str], address: VendorAddress, table: str
    ) -> tuple[RegisterType, int]:
        length = address.length
        if stated := self._cell(cells, "length"):
            said = length_of(stated, self._list.columns["length"].words)
            if length not in (None, said):
                raise ValueError(f"{self._last_address!r} is a range of {length}, not of {said}")
            length = said
        name = self._cell(cells, "type") or self._options.type
        if not name and table not in _BITS_TABLES:
            raise ValueError("no type; --type says one for such rows")
        kind, registers, assumed = type_of(name or "bool", length)
        if table in _BITS_TABLES and kind is not RegisterType.BOOL:
            raise ValueError(f"a {table} holds one bit, not {name!r}")
        if assumed:
            self._assume(assumed)
        return kind, registers

    def _bit(self, cells: Sequence[str], address: VendorAddress) -> str:
        stated = self._cell(cells, "bit")
        if stated and address.bit:
            raise ValueError(f"bit {stated!r} beside the address {self._last_address!r}")
        return bits_of(stated) if stated else address.bit

    def _order(self, cells: Sequence[str], registers: int) -> str:
        """Empty where the usual order is meant."""
        swaps = {name: self._cell(cells, name) for name in ("word_swap", "byte_swap")}
        named = self._cell(cells, "order")
        orders = {order_of(named)} if named else set()
        if any(swaps.values()):
            orders.add(SWAPS[yes_or_no(swaps["word_swap"]), yes_or_no(swaps["byte_swap"])])
        if len(orders) > 1:
            raise ValueError(f"order {named!r} and the swaps beside it disagree")
        order = orders.pop() if orders else self._options.order
        if order is None and registers > 1:
            self._assume("values of several registers have the order ABCD; --order says another")
        return order or ""

    def _description(self, cells: Sequence[str], name: str) -> str:
        """The vendor's, and its name where ours lost something of it."""
        said = self._words(cells, "description")
        title = " ".join(name.split())
        if title == said or title.lower() == name_of(name):
            return said
        return f"{title}: {said}" if said else title

    def _meaning(self, cells: Sequence[str], kind: RegisterType) -> dict[str, str]:
        """Scale, offset and codes."""
        factor = self._number(cells, "scale", 1.0)
        divisor = self._number(cells, "divisor", 1.0)
        if factor == 0 or divisor == 0:
            raise ValueError("a scale of 0")
        scale = (1 / factor if self._options.divide else factor) / divisor
        offset = self._number(cells, "offset", 0.0)
        row = {} if scale == 1 else {"scale": f"{scale:.15g}"}
        row |= {} if offset == 0 else {"offset": f"{offset:.15g}"}
        if (said := self._cell(cells, "enum")) and kind.is_integer:
            codes = codes_of(said)
            row["enum"] = codes
            if not codes:
                self._assume(f"{' '.join(said.split())[:60]!r} is no list of codes like 0=off;1=on")
        return row

    def _number(self, cells: Sequence[str], column: str, usual: float) -> float:
        text = self._cell(cells, column)
        return number_of(text, commas=self._commas) if text else usual

    def _without_conflicts(
        self, taken: list[tuple[int, dict[str, str]]]
    ) -> tuple[list[tuple[int, dict[str, str]]], str]:
        """The rows that make a right register map together, and its text."""
        while True:
            text = _text_of(row for _, row in taken)
            faults = dict(_faults_in(text))
            if not faults:
                return taken, text
            for number, reason in faults.items():
                self._leave_out(taken[number][0], _in_lines_of_the_list(reason, taken))
            taken = [row for number, row in enumerate(taken) if number not in faults]


def _text_of(rows: Iterable[Mapping[str, str]]) -> str:
    """A register CSV with the columns that are used."""
    found = list(rows)
    used = {column for row in found for column in row} | {"signal", "table", "address", "type"}
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [name for name in RegisterRow.model_fields if name in used], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def _faults_in(text: str) -> Iterator[tuple[int, str]]:
    """Row, counted from 0, and fault, as `andon check` would find them."""
    for defect in registers_in(text, Path())[1]:
        yield defect.line - 2, defect.message


def _in_lines_of_the_list(reason: str, taken: Sequence[tuple[int, object]]) -> str:
    """A line of our CSV that a fault names is one of the vendor's to who reads the report."""
    return re.sub(r"in line (\d+)", lambda m: f"in line {taken[int(m[1]) - 2][0]}", reason)
