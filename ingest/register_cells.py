"""What the cells of a register CSV say: addresses in three notations, bits, values for "none".

Every function raises ValueError with a message for the person who wrote the file.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

from ingest.words import RegisterType, decimal_digits, struct_code

LAST_ADDRESS = 65_535
TABLE_DIGITS = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}
"""First digit of the vendors' count to the table that it means."""

_ADDRESS = re.compile(r"([0-9]{1,9}|0[xX][0-9a-fA-F]{1,9})(?:\.([0-9]+(?:-[0-9]+)?))?", re.ASCII)
_COUNT = re.compile(r"([0134])([0-9]{4,5})", re.ASCII)
_BITS = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16}", re.ASCII)
_WORD_BITS = 16


class Bits(NamedTuple):
    """Some neighbouring bits of a value, counted from 0 for the least significant."""

    first: int
    last: int

    @property
    def mask(self) -> int:
        """As many ones as there are bits."""
        return (1 << self.last - self.first + 1) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a register stands, as on the wire, and what stood behind the dot."""

    table: str
    address: int
    bit: str = ""


def place_of(cell: str, table: str | None, *, base: int) -> Place:
    """The place that an address cell names.

    Args:
        cell: `40`, `0x28`, `40.3` for a bit of it, or `40041` in the vendors' count.
        table: None where the first digit of the vendors' count says it: 0 coil, 1 discrete,
            3 input, 4 holding; five or six digits, always counted from 1.
        base: what the first register of a table is called, 0 or 1.
    """
    match = _ADDRESS.fullmatch(cell)
    if match is None:
        raise ValueError(f"address = {cell!r} is no address, like 40, 0x28, 40.3 or 40041")
    number, bit = match[1], match[2] or ""
    if table is None:
        return _counted(number, bit)
    address = int(number, 0 if number[:2] in ("0x", "0X") else 10) - base
    if address < 0:
        raise ValueError(f"address = {cell}, but the addresses count from {base} (address_base)")
    if address > LAST_ADDRESS:
        raise ValueError(f"address = {cell} is behind the last address {LAST_ADDRESS + base}")
    return Place(table, address, bit)


def _counted(number: str, bit: str) -> Place:
    match = _COUNT.fullmatch(number)
    if match is None:
        raise ValueError(
            f"address = {number} without a table must be in the vendors' count with 5 or 6 digits: "
            "00001 coil, 10001 discrete, 30001 input, 40001 holding"
        )
    address = int(match[2]) - 1
    if not 0 <= address <= LAST_ADDRESS:
        raise ValueError(
            f"address = {number}: the vendors' count goes from {match[1]}00001 "
            f"to {match[1]}{LAST_ADDRESS + 1}"
        )
    return Place(TABLE_DIGITS[match[1]], address, bit)


def bits_of(cell: str, kind: RegisterType) -> Bits:
    """The bits that `3` or `4-7` name; bit 0 is the least significant of the value."""
    match = _BITS.fullmatch(cell)
    if match is None:
        raise ValueError(f"bit = {cell!r} is no bit, like 3, and no range of bits, like 4-7")
    bits = Bits(int(match[1]), int(match[2] or match[1]))
    if kind is RegisterType.BOOL and bits.first != bits.last:
        raise ValueError(f"bit = {cell}: several bits are a number, of type uint16, not a bool")
    if kind is not RegisterType.BOOL and not kind.is_unsigned:
        raise ValueError(f"bit = {cell}: bits are taken from bool and unsigned types, not {kind}")
    highest = _WORD_BITS * kind.words - 1
    if bits.first > bits.last or bits.last > highest:
        raise ValueError(f"bit = {cell}: the bits of a {kind} go from 0 to {highest}")
    return bits


def absent_of(cell: str, kind: RegisterType) -> tuple[int | float, ...]:
    """The raw values that mean "no value", apart by `;` or spaces: `0x8000`, `65535`, `-9999`.

    A number that does not fit a signed type is taken for its pattern: 65535 is -1 of an int16.
    """
    if kind in (RegisterType.BOOL, RegisterType.STRING):
        raise ValueError(f"nan = {cell!r}: a {kind} has no value that means none")
    found = (_absent(word, kind) for word in cell.replace(";", " ").split())
    return tuple(value for value in found if value is not None)


def _absent(word: str, kind: RegisterType) -> int | float | None:
    """The raw value of one word; None for a pattern of illegal digits, which is never a value."""
    code = ">" + struct_code(kind)
    is_pattern = word[:2] in ("0x", "0X")
    try:
        if kind.is_float and not is_pattern:
            return float(struct.unpack(code, struct.pack(code, float(word)))[0])
        number = whole_number(word)
        content = number.to_bytes(2 * kind.words, "big", signed=number < 0)
        if kind.is_bcd:
            return decimal_digits(number) if is_pattern else number
        value: int | float = struct.unpack(code, content)[0]
    except (ValueError, OverflowError):
        raise ValueError(f"nan = {word!r} is no value of a {kind}") from None
    return value


def whole_number(word: str) -> int:
    """A whole number, decimal or hexadecimal with `0x`."""
    if not _WHOLE.fullmatch(word):
        raise ValueError(f"{word!r} is no whole number")
    return int(word, 16) if word[:2] in ("0x", "0X") else int(word)


def widest(kind: RegisterType, bits: Bits | None) -> range:
    """The whole numbers that a value of that type, or those bits of it, can be."""
    if bits is not None:
        return range(bits.mask + 1)
    size = 1 << _WORD_BITS * kind.words
    return range(size) if kind.is_unsigned else range(-size // 2, size // 2)
