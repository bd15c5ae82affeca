"""The registers of a device: where each signal stands and what its words mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.register_cells import Bits
from ingest.words import RegisterType, WordOrder


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


_FIRST_DIGITS = {
    RegisterTable.DISCRETE: 1,
    RegisterTable.INPUT: 3,
    RegisterTable.HOLDING: 4,
}
_FIVE_DIGITS = 10_000


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
    codes_file: Path | None = None
    """Where those texts were read, if not in the register map itself."""
    deadband: float | None = None
    """A value that moved by less is not kept; None: as the unit says."""

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

    @property
    def looks_counted(self) -> bool:
        """Its address would be in this very table if it were the vendors' count, like 40001."""
        digit = _FIRST_DIGITS.get(self.table)
        return digit == self.address // _FIVE_DIGITS and self.address % _FIVE_DIGITS > 0

    @property
    def meaning(self) -> str:
        """What its words mean, in a few words: `int16 CDAB x 0.1`, `bool bit 3`."""
        return " ".join(self._said())

    def _said(self) -> Iterator[str]:
        yield self.type
        if self.type is RegisterType.STRING:
            yield f"of {self.length} in {self.encoding}"
        if self.order is not WordOrder.ABCD and not self.table.of_bits:
            yield self.order
        if self.bits is not None:
            single = self.bits.first == self.bits.last
            yield f"bit {self.bits.first}" if single else f"bits {self.bits.first}-{self.bits.last}"
        if self.scale != 1:
            yield f"x {self.scale:g}"
        if self.offset:
            yield f"{self.offset:+g}"
        if self.absent:
            yield "without " + ", ".join(f"{value:.15g}" for value in self.absent)
        if self.labels:
            yield f"with {len(self.labels)} codes"
