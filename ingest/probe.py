"""What the registers of an unknown device could mean: every type in every order."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.modbus_address import parse_address
from ingest.modbus_frames import Ask
from ingest.modbus_link import ModbusLink
from ingest.registers import RegisterTable
from ingest.vocabulary import Value
from ingest.words import RegisterType, WordOrder, in_order, is_finite, raw_value, text_of

_SHOWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")
_FEWEST_LETTERS = 3
_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One way to read the words from one address on."""

    address: int
    words: str
    """In hexadecimal, as they came."""
    type: RegisterType
    values: dict[WordOrder, Value]
    """None where the words mean nothing; orders that mean the same for this type are left out."""


def read_words(url: str, table: RegisterTable, address: int, *, count: int, unit: int) -> list[int]:
    """Read once, as a lane would.

    Raises:
        WireFault: no answer or a wrong one.
        DeviceRefusal: the device answered with an exception code.
    """
    ask = Ask(unit, table.read_function, address, count)

    async def read() -> list[int]:
        link = ModbusLink(parse_address(url))
        try:
            return list(await link.read(ask, _TIMEOUT_S))
        finally:
            link.close()

    return asyncio.run(read())


def interpretations(words: Sequence[int], address: int) -> Iterator[Interpretation]:
    """Every type at every address where enough words are left: numbers, bits and texts."""
    for index in range(len(words)):
        for kind in RegisterType:
            length = _text_length(words[index:]) if kind is RegisterType.STRING else kind.words
            if kind is RegisterType.STRING and index and _text_length(words[index - 1 :]) > 1:
                continue  # the same text without its beginning
            own = words[index : index + length]
            if own and len(own) == length:
                yield Interpretation(
                    address=address + index,
                    words=" ".join(f"{word:04x}" for word in own),
                    type=kind,
                    values={order: _meaning(own, kind, order) for order in _orders(kind, own)},
                )


def _orders(kind: RegisterType, words: Sequence[int]) -> tuple[WordOrder, ...]:
    few = kind is RegisterType.STRING or len(words) == 1
    return (WordOrder.ABCD, WordOrder.BADC) if few else tuple(WordOrder)


def _meaning(words: Sequence[int], kind: RegisterType, order: WordOrder) -> Value:
    content = in_order(words, order)
    if kind is RegisterType.STRING:
        return text_of(content, "latin-1")
    if kind is RegisterType.BOOL:
        return " ".join(f"{byte:08b}" for byte in content)
    value = raw_value(words, kind, order)
    return value if value is not None and is_finite(value) else None


def _text_length(words: Sequence[int]) -> int:
    """How many words from the first on are a text, in either order; 0 for none."""
    held = bytearray()
    for word in words:
        pair = word.to_bytes(2, "big")
        if not any(pair) or not all(byte == 0 or chr(byte) in _SHOWN for byte in pair):
            break
        held += pair
        if 0 in pair:
            break
    return len(held) // 2 if sum(chr(byte).isalnum() for byte in held) >= _FEWEST_LETTERS else 0
