"""What the registers of an unknown device could mean: every type in every order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.modbus_link import ModbusLink, hush_nonsense
from ingest.registers import RegisterTable
from ingest.words import Number, RegisterType, WordOrder, raw_value


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One way to read the words from one address on."""

    address: int
    words: str
    """In hexadecimal, as they came."""
    type: RegisterType
    values: dict[WordOrder, Number]
    """Orders that mean the same for this type are left out."""


def read_words(url: str, table: RegisterTable, address: int, *, count: int, unit: int) -> list[int]:
    """Read once, as a lane would.

    Raises:
        WireFault: no answer or a wrong one.
        DeviceRefusal: the device answered with an exception code.
    """

    async def read() -> list[int]:
        hush_nonsense()
        link = ModbusLink(url, timeout_s=2.0)
        try:
            return await link.read(table, address, count=count, unit=unit)
        finally:
            link.close()

    return asyncio.run(read())


def interpretations(words: Sequence[int], address: int) -> Iterator[Interpretation]:
    """Every numeric type at every address where enough words are left."""
    for index in range(len(words)):
        for kind in RegisterType:
            own = words[index : index + kind.words]
            if len(own) == kind.words and kind is not RegisterType.BOOL:
                yield Interpretation(
                    address=address + index,
                    words=" ".join(f"{word:04x}" for word in own),
                    type=kind,
                    values={order: raw_value(own, kind, order) for order in _orders(kind)},
                )


def _orders(kind: RegisterType) -> tuple[WordOrder, ...]:
    return (WordOrder.ABCD, WordOrder.BADC) if kind.words == 1 else tuple(WordOrder)
