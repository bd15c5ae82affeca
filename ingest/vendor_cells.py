"""What the cells of a vendor's register list mean; what can mean two things is refused.

Every function raises ValueError with the reason why a row is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.vendor_words import (
    FAMILIES,
    FUNCTIONS,
    NO,
    NOTHING,
    ORDERS,
    READABLE,
    TABLES,
    TYPES,
    WIDTHS,
    WRITE_ONLY,
    YES,
    plain,
)
from ingest.words import RegisterType

_ADDRESS = re.compile(
    r"(?P<digits>0[xX][0-9a-fA-F]{1,6}|&[hH][0-9a-fA-F]{1,6}|[0-9a-fA-F]{1,6}[hH]|[0-9]{1,6})"
    r"(?:\.(?P<bit>[0-9]{1,2}))?(?:\s*(?:-|\.\.|\u2013)\s*(?P<last>[0-9]{1,6}))?",
    re.ASCII,
)
_BARE_HEX = re.compile(r"[0-9a-fA-F]{1,6}", re.ASCII)
_FOUR_X = re.compile(r"([134])[xX]\s*([0-9]{1,6})", re.ASCII)
_LONG_FORM = 6
_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)
_POWER = re.compile(r"10\s*(?:\^|\*\*)\s*([+-]?[0-9]{1,2})", re.ASCII)
_CODE = re.compile(r"\s*(0[xX][0-9a-fA-F]+|-?[0-9]+)\s*[=:]\s*([^;\r\n]*[^;\s])\s*", re.ASCII)
_WIDTH_IN_NAME = re.compile(r"(string|str|ascii|char|text)[\[(]?([0-9]{1,3})[\])]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class VendorAddress:
    """An address as a list states it."""

    number: int
    digits: str
    """As they stand, empty for a hexadecimal one; the vendors' count needs 5 or 6."""
    bit: str = ""
    length: int | None = None
    """Registers, where a range was stated."""
    is_counted: bool = False
    """Stated like `4x0001`, which is nothing but the vendors' count."""

    @property
    def may_be_counted(self) -> bool:
        """Whether it can be a number of the vendors' count, like 40001."""
        return len(self.digits) in (5, 6) and self.digits[0] in "0134" and int(self.digits[1:]) > 0


def address_of(cell: str, *, is_hex: bool) -> VendorAddress:
    """`40`, `0x28`, `28h`, `40001`, `4x0001`, `40.3`, `40-41`."""
    text = cell.strip()
    if four_x := _FOUR_X.fullmatch(text):
        digits = four_x[1] + four_x[2].zfill(_LONG_FORM - 1)[-_LONG_FORM:]
        return VendorAddress(int(four_x[2]), digits, is_counted=True)
    if is_hex and _BARE_HEX.fullmatch(text):
        return VendorAddress(int(text, 16), "")
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"{cell!r} is no address")
    digits = match["digits"]
    if not digits.isdecimal():
        return VendorAddress(int(digits.strip("&hH").removeprefix("0x").removeprefix("0X"), 16), "")
    number, last = int(digits), match["last"]
    if last and int(last) < number:
        raise ValueError(f"{cell!r} is a range that runs backwards")
    length = int(last) - number + 1 if last else None
    return VendorAddress(number, digits, match["bit"] or "", length)


def table_of(cell: str) -> str:
    """The table that words like `Holding Register` or `4x` name."""
    if (table := TABLES.get(plain(cell))) is None:
        raise ValueError(f"{cell!r} is no table of registers")
    return table


def table_of_function(cell: str) -> str:
    """The table that function codes like `03/06/16` read."""
    codes = [int(code) for code in re.findall(r"[0-9]+", re.sub(r"0[xX]", " ", cell))]
    tables = {FUNCTIONS[code] for code in codes if code in FUNCTIONS}
    if len(tables) != 1:
        raise ValueError(f"{cell!r} does not name one function code that reads, 1 to 4")
    return tables.pop()


def is_readable(cell: str) -> bool:
    """Whether an access cell like `R/W` lets us read."""
    access = plain(cell)
    if access in WRITE_ONLY:
        return False
    if access in READABLE:
        return True
    raise ValueError(f"access {cell!r} is neither reading nor writing")


def type_of(cell: str, length: int | None) -> tuple[RegisterType, int, str]:
    """The type, its registers, and what was assumed, if anything.

    Args:
        cell: the vendor's name of it.
        length: in registers, where it is stated.
    """
    name = plain(cell).replace(" ", "").replace("integer", "int")
    if match := _WIDTH_IN_NAME.fullmatch(re.sub(r"\s", "", cell.lower())):
        return _text_type(cell, int(match[2]), length)
    if family := FAMILIES.get(name):
        return _of_family(cell, WIDTHS[family], length)
    if name not in TYPES:
        raise ValueError(f"type {cell!r} is not known")
    kind = RegisterType(TYPES[name])
    if kind is RegisterType.STRING:
        if length is None:
            raise ValueError("a text without a length")
        return kind, length, ""
    if length not in (None, kind.words):
        raise ValueError(f"type {cell!r} takes {kind.words} registers, the list says {length}")
    return kind, kind.words, ""


def _of_family(
    cell: str, widths: Mapping[int, str], length: int | None
) -> tuple[RegisterType, int, str]:
    if length is None:
        usual = next(iter(widths))
        kind = RegisterType(widths[usual])
        return kind, usual, f"type {cell!r} without a length is {kind}"
    if length not in widths:
        raise ValueError(f"type {cell!r} of {length} registers is not known")
    return RegisterType(widths[length]), length, ""


def _text_type(cell: str, letters: int, length: int | None) -> tuple[RegisterType, int, str]:
    registers = -(-letters // 2)
    if length is None:
        words = f"type {cell!r} is a text of {letters} letters, so {registers} registers"
        return RegisterType.STRING, registers, words
    if length not in (letters, registers):
        raise ValueError(f"type {cell!r}, but the list says {length} registers")
    return RegisterType.STRING, length, ""


def order_of(cell: str) -> str:
    """The order that words like `big endian` or `CDAB` name."""
    if (order := ORDERS.get(plain(cell))) is None:
        raise ValueError(f"order {cell!r} can mean several orders, or none; say it with --order")
    return order


def yes_or_no(cell: str) -> bool:
    """What a cell of a swap column says."""
    if (word := plain(cell)) in YES:
        return True
    if word in NO or cell.strip() in NOTHING:
        return False
    raise ValueError(f"{cell!r} is neither yes nor no")


def has_decimal_comma(cell: str) -> bool:
    """Whether the comma in a number can only be a decimal one."""
    text = cell.strip()
    return "," in text and bool(_NUMBER.fullmatch(text)) and not _THOUSANDS.fullmatch(text)


def number_of(cell: str, *, commas: bool) -> float:
    """`0.1`, `0,1`, `x0.1`, `1/10`, `/10`, `10^-1`.

    Args:
        cell: the text.
        commas: whether the list writes decimal commas.
    """
    text = cell.strip().lstrip("x*\u00d7").strip()
    if power := _POWER.fullmatch(text):
        return 10.0 ** int(power[1])
    above, slash, below = text.replace("\u00f7", "/").partition("/")
    if slash:
        divisor = number_of(below, commas=commas)
        if divisor == 0:
            raise ValueError(f"{cell!r} divides by nothing")
        return (number_of(above, commas=commas) if above.strip() else 1.0) / divisor
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{cell!r} is no number")
    if _THOUSANDS.fullmatch(text) and ("," in text) != commas:
        raise ValueError(f"{cell!r} may be a thousand or a fraction")
    return float(text.replace(",", "."))


def codes_of(cell: str) -> str:
    """`0: Off, 1: On` as `0=Off;1=On`, empty where the cell does not read as codes."""
    parts = [part for part in re.split(r"[;\r\n]+|,\s*(?=-?[0-9])", cell) if part.strip()]
    found = [_CODE.fullmatch(part) for part in parts]
    if not parts or not all(found):
        return ""
    return ";".join(f"{match[1]}={match[2].strip()}" for match in found if match)


def length_of(cell: str, header: frozenset[str]) -> int:
    """How many registers a length cell says, where the header or the cell may say bytes or bits."""
    match = re.fullmatch(r"([0-9]{1,4})\s*([a-zA-Z]*)", cell.strip())
    if match is None:
        raise ValueError(f"length {cell!r} is no number")
    words = header | {plain(match[2])}
    size = 16 if words & {"bit", "bits"} else 2 if words & {"byte", "bytes"} else 1
    return -(-int(match[1]) // size)


def bits_of(cell: str) -> str:
    """A bit or a range of bits: `3`, `0-3`, `0..3`, `Bit 3`."""
    match = re.fullmatch(
        r"(?:bit)?\s*([0-9]{1,2})(?:\s*(?:-|\.\.|:|\u2013)\s*([0-9]{1,2}))?", cell, re.I
    )
    if match is None:
        raise ValueError(f"{cell!r} is no bit and no range of bits")
    first, last = sorted((int(match[1]), int(match[2] or match[1])))
    return str(first) if first == last else f"{first}-{last}"


def name_of(cell: str) -> str:
    """A signal's name out of a vendor's: letters, digits and `_`, in lower case."""
    return re.sub(r"[^\w]+", "_", cell.strip().lower()).strip("_")[:100].strip("_")
