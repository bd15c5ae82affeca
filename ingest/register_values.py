"""The values of a block of registers, decoded by a plan that is made once a block.

A poll must cost little: the words of a block are unpacked by few `struct.Struct`s (one an order,
as long as no registers lie over each other), and what remains is one call a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

from ingest.registers import Register
from ingest.vocabulary import Value
from ingest.words import RegisterType, WordOrder, decimal_digits, scaling, struct_code, text_of

Convert = Callable[[Any], Any]
"""From what `struct` unpacks to the value; None goes through."""


class BlockDecoder:
    """Turns the words of one read into values; made once a block, used at every poll."""

    def __init__(self, registers: Iterable[Register], start: int) -> None:
        """Plan how the words from an address on are taken apart.

        Args:
            registers: of one table, none of them before `start`.
            start: the address of the first word.
        """
        chosen = list(registers)
        self._bits = [(r.signal, r.address - start) for r in chosen if r.table.of_bits]
        of_words = [register for register in chosen if not register.table.of_bits]
        fields = {register.signal: _field(register, start) for register in of_words}
        layers = _layers(set(fields.values()))
        self._parts = [_part(layer) for layer in layers]
        slots = {field: slot for slot, field in enumerate(f for layer in layers for f in layer)}
        self._plan = [(r.signal, slots[fields[r.signal]], _conversion(r)) for r in of_words]
        self._turned = any(part.turned for part in self._parts)

    def values(self, words: Sequence[int]) -> dict[str, Value]:
        """The value of each signal; None where the words hold none.

        Args:
            words: as they came, from `start` on and at least to the end of the last register:
                0 to 65535, or 0 and 1 in a table of bits.
        """
        if self._bits:
            return {signal: bool(words[at]) for signal, at in self._bits}
        count = len(words)
        straight = Struct(f">{count}H").pack(*words)
        turned = Struct(f"<{count}H").pack(*words) if self._turned else straight
        raw: list[Any] = []
        for part in self._parts:
            raw += part.struct.unpack_from(turned if part.turned else straight)
        return {
            signal: convert(raw[slot]) if convert else raw[slot]
            for signal, slot, convert in self._plan
        }


@dataclass(frozen=True, slots=True)
class _Field:
    """What is unpacked for one or more signals, at a byte behind the start of the block."""

    at: int
    code: str
    order: WordOrder

    @property
    def end(self) -> int:
        return self.at + Struct("=" + self.code).size


@dataclass(frozen=True, slots=True)
class _Part:
    """Fields of one order, none over another, unpacked in one go."""

    struct: Struct
    turned: bool
    """Out of words whose bytes were turned."""


_SAME_FOR_ONE_WORD = {WordOrder.CDAB: WordOrder.ABCD, WordOrder.DCBA: WordOrder.BADC}


def _field(register: Register, start: int) -> _Field:
    order = register.order
    if register.count == 1:
        order = _SAME_FOR_ONE_WORD.get(order, order)
    code = struct_code(register.type, register.length)
    return _Field(2 * (register.address - start), code, order)


def _layers(fields: Iterable[_Field]) -> list[list[_Field]]:
    """The fields in few lists; those of a list have one order and do not overlap."""
    layers: list[list[_Field]] = []
    for field in sorted(fields, key=lambda field: (field.at, field.code)):
        for layer in layers:
            if layer[-1].order is field.order and layer[-1].end <= field.at:
                layer.append(field)
                break
        else:
            layers.append([field])
    return layers


def _part(layer: Sequence[_Field]) -> _Part:
    """One unpacking of a layer; what lies between its fields is skipped.

    A value whose words come in the other order has all its bytes in the other order once the
    bytes of each word are turned, and such a value `struct` reads with `<`.
    """
    order = layer[0].order
    code, at = "<" if order.swaps_words else ">", 0
    for field in layer:
        code += f"{field.at - at}x{field.code}"
        at = field.end
    return _Part(Struct(code), turned=order.swaps_words != order.swaps_bytes)


def _conversion(register: Register) -> Convert | None:
    """What is left to do with the unpacked value of a register; None: nothing."""
    match [*_narrowing(register), *_meaning(register)]:
        case []:
            return None
        case [only]:
            return only
        case steps:
            return _chained(steps)


def _narrowing(register: Register) -> Iterable[Convert]:
    """From the whole pattern to the number that the device means, if it means one."""
    if register.bits is not None:
        first, mask = register.bits.first, register.bits.mask
        yield lambda raw: raw >> first & mask
    if register.type.is_bcd:
        yield decimal_digits
    if register.absent:
        absent = frozenset(register.absent)
        yield lambda raw: None if raw in absent else raw


def _meaning(register: Register) -> Iterable[Convert]:
    """From what is left to a text, or to a quantity in its unit."""
    if register.type is RegisterType.STRING:
        yield _to_text(register)
    elif register.type is RegisterType.BOOL:
        yield bool
    elif register.labels:
        labels = dict(register.labels)
        yield lambda raw: labels.get(raw) or unknown_code(raw)
    else:
        yield from _to_quantity(register)


def _to_text(register: Register) -> Convert:
    step = -1 if register.order.swaps_words else 1  # `<` turns numbers, not strings
    encoding = register.encoding
    return lambda content: text_of(content[::step], encoding)


def _to_quantity(register: Register) -> Iterable[Convert]:
    if (register.scale, register.offset) != (1, 0):
        yield scaling(register.scale, register.offset, of_floats=register.type.is_float)
    elif register.type is RegisterType.UINT64:
        yield lambda raw: raw if raw < _BEYOND_THE_HISTORY else float(raw)
    if register.type.is_float or abs(register.scale) > _LARGE or abs(register.offset) > _LARGE:
        yield lambda value: value if value - value == 0 else None  # NaN and infinity are None


_LARGE = 1e200
"""A factor by which an integer of 64 bits cannot leave the range of a float."""


_BEYOND_THE_HISTORY = 1 << 63
"""The first integer that the history cannot hold; as a float it keeps 15 digits."""


def unknown_code(raw: int) -> str:
    """The text for a code that the register's table of codes does not hold."""
    return f"unknown code {raw}"


def _chained(steps: Sequence[Convert]) -> Convert:
    def convert(value: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            value = step(value)
        return value

    return convert
