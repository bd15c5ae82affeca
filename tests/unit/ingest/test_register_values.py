"""Every type in every order comes back out of words that are packed here, apart from our code."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.register_cells import Bits
from ingest.register_values import BlockDecoder
from ingest.registers import Register, RegisterTable
from ingest.vocabulary import Value
from ingest.words import RegisterType, WordOrder

START = 100
ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]
LETTERS = st.characters(min_codepoint=32, max_codepoint=126)
LATIN = LETTERS | st.characters(min_codepoint=0xA1, max_codepoint=0xFF, exclude_characters="\xad")


def whole(size: int, *, signed: bool) -> tuple[st.SearchStrategy[int], Callable[[int], bytes]]:
    half = 1 << 8 * size - 1
    low, high = (-half, half - 1) if signed else (0, 2 * half - 1)
    return st.integers(low, high), lambda value: value.to_bytes(size, "big", signed=signed)


def ieee(size: int, letter: str) -> tuple[st.SearchStrategy[float], Callable[[float], bytes]]:
    numbers = st.floats(width=8 * size, allow_nan=False, allow_infinity=False)  # type: ignore[arg-type]
    return numbers, lambda value: struct.pack(">" + letter, value)


def decimal(digits: int) -> tuple[st.SearchStrategy[int], Callable[[int], bytes]]:
    return st.integers(0, 10**digits - 1), lambda value: bytes.fromhex(f"{value:0{digits}d}")


PACKERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], bytes]]] = {
    "uint16": whole(2, signed=False),
    "int16": whole(2, signed=True),
    "uint32": whole(4, signed=False),
    "int32": whole(4, signed=True),
    "uint64": whole(8, signed=False),
    "int64": whole(8, signed=True),
    "float16": ieee(2, "e"),
    "float32": ieee(4, "f"),
    "float64": ieee(8, "d"),
    "bcd16": decimal(4),
    "bcd32": decimal(8),
    "bool": (st.booleans(), lambda value: b"\0\1" if value else b"\0\0"),
    "string": (
        st.text(LETTERS, max_size=12).map(str.rstrip),
        lambda text: text.encode("ascii").ljust(12, b"\0"),
    ),
}


def words_of(content: bytes, order: str) -> list[int]:
    """What the letters of an order say, for any number of words: AB CD, CD AB, BA DC, DC BA."""
    pairs = [content[at : at + 2] for at in range(0, len(content), 2)]
    if order in ("CDAB", "DCBA"):
        pairs = pairs[::-1]
    return [
        int.from_bytes(pair, "little" if order in ("BADC", "DCBA") else "big") for pair in pairs
    ]


def register(kind: str, order: str = "ABCD", address: int = START, **more: Any) -> Register:
    length = 6 if kind == "string" else 0
    made = Register(
        *("x", RegisterTable.HOLDING, address, RegisterType(kind), WordOrder(order)), length=length
    )
    return replace(made, **more)


def value_of(entry: Register, words: Sequence[int]) -> Value:
    return BlockDecoder([entry], entry.address).values(words)[entry.signal]


def kept(kind: str, value: Any) -> Any:
    """The history holds integers of 63 bits and a sign; larger ones are floats."""
    return float(value) if kind == "uint64" and value >= 2**63 else value


def test_every_type_has_a_packer_here() -> None:
    """A new type without a round trip is seen."""
    assert set(PACKERS) == set(RegisterType)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", PACKERS)
@given(data=st.data())
def test_every_type_comes_back_in_every_order(kind: str, order: str, data: st.DataObject) -> None:
    """What is packed here is what is read, in its own Python type."""
    values, pack = PACKERS[kind]
    value = data.draw(values)
    entry, words = register(kind, order), words_of(pack(value), order)
    assert len(words) == entry.count
    found = value_of(entry, words)
    expected = kept(kind, value)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(("number", "value"), [(2**63 - 1, 2**63 - 1), (2**64 - 1, 2.0**64)])
def test_an_integer_beyond_the_history_is_a_float(number: int, value: float) -> None:
    """An integer of 64 bits without a sign would else be set aside at every poll."""
    found = value_of(register("uint64"), words_of(number.to_bytes(8, "big"), "ABCD"))
    assert (type(found), found) == (type(value), value)


@given(data=st.data())
def test_a_block_of_all_sorts_is_taken_apart(data: st.DataObject) -> None:
    """Types, orders and gaps in any mixture, and every value of the block at its place."""
    words: list[int] = []
    entries: list[Register] = []
    expected: dict[str, Value] = {}
    chosen = st.tuples(st.sampled_from(list(PACKERS)), st.sampled_from(ORDERS), st.integers(0, 3))
    for number, (kind, order, gap) in enumerate(data.draw(st.lists(chosen, max_size=20))):
        words += [0xABCD] * gap
        values, pack = PACKERS[kind]
        value = data.draw(values)
        entries.append(register(kind, order, START + len(words), signal=f"s{number}"))
        words += words_of(pack(value), order)
        expected[f"s{number}"] = kept(kind, value)
    assert BlockDecoder(data.draw(st.permutations(entries)), START).values(words) == expected


@given(raw=st.integers(-(2**31), 2**31 - 1), scale=st.decimals(-1000, 1000, places=3))
def test_a_scaled_integer_is_the_float_next_to_the_exact_result(raw: int, scale: Decimal) -> None:
    """Held against decimal arithmetic: no digit of binary noise."""
    entry = register("int32", scale=float(scale), offset=-273.15)
    words = words_of(raw.to_bytes(4, "big", signed=True), "ABCD")
    assert value_of(entry, words) == float(raw * scale - Decimal("273.15"))


@pytest.mark.parametrize(
    ("kind", "scale", "raw", "value"),
    [
        ("uint16", 0.1, 613, 61.3),
        ("uint16", 10, 613, 6130.0),
        ("uint16", -0.5, 3, -1.5),
        ("float32", 0.1, 2.5, 0.25),
        ("float64", 0.3, 0.7, 0.21),
        ("bcd16", 0.01, 1234, 12.34),
        ("uint64", 1e300, 2**64 - 1, None),
        ("float64", 1e300, 1e300, None),
    ],
)
def test_scaling(kind: str, scale: float, raw: float, value: float | None) -> None:
    """What leaves the range of a float is no value."""
    words = words_of(PACKERS[kind][1](raw), "ABCD")
    assert value_of(register(kind, scale=scale), words) == value


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("kind", "letter"), [("float16", "e"), ("float32", "f"), ("float64", "d")])
def test_what_is_not_finite_is_no_value(kind: str, letter: str, number: float, order: str) -> None:
    """NaN and both infinities."""
    words = words_of(struct.pack(">" + letter, number), order)
    assert value_of(register(kind, order), words) is None
    assert value_of(register(kind, order, scale=0.1, offset=1.0), words) is None


@pytest.mark.parametrize(
    ("kind", "absent", "words", "value"),
    [
        ("int16", (-32_768,), [0x8000], None),
        ("int16", (-32_768,), [0x8001], -3276.7),
        ("uint16", (65_535, 65_534), [0xFFFE], None),
        ("float32", (-9999.0,), [0xC61C, 0x3C00], None),
        ("bcd16", (9999,), [0x9999], None),
        ("bcd16", (), [0x12A4], None),
        ("bcd32", (), [0x1234, 0xF678], None),
    ],
)
def test_a_value_that_means_none_is_none(
    kind: str, absent: tuple[float, ...], words: list[int], value: float | None
) -> None:
    """Before it is scaled; digits above 9 as well."""
    assert value_of(register(kind, absent=absent, scale=0.1), words) == value


@given(word=st.integers(0, 0xFFFF))
def test_each_bit_of_a_word_is_a_signal(word: int) -> None:
    """Bit 0 is the least significant; 16 signals of one word agree with its binary digits."""
    entries = [register("bool", signal=f"b{n}", bits=Bits(n, n)) for n in range(16)]
    found = BlockDecoder(entries, START).values([word])
    assert [found[f"b{15 - n}"] for n in range(16)] == [digit == "1" for digit in f"{word:016b}"]


@pytest.mark.parametrize("order", ORDERS)
@given(number=st.integers(0, 2**32 - 1), ends=st.tuples(st.integers(0, 31), st.integers(0, 31)))
def test_some_bits_are_a_number(order: str, number: int, ends: tuple[int, int]) -> None:
    """Cut out of the binary digits, over the border of the words too."""
    first, last = sorted(ends)
    digits = f"{number:032b}"[31 - last : 32 - first]
    entry = register("uint32", order, bits=Bits(first, last))
    assert value_of(entry, words_of(number.to_bytes(4, "big"), order)) == int(digits, 2)


def test_a_code_is_its_text_and_an_unknown_one_says_so() -> None:
    """Nothing is invented for a code that the table does not hold."""
    entry = register("uint16", labels=((0, "stopped"), (17, "running")), absent=(0xFFFF,))
    found = [value_of(entry, [word]) for word in (0, 17, 3, 0xFFFF)]
    assert found == ["stopped", "running", "unknown code 3", None]
    signed = register("int16", labels=((-1, "away"),))
    assert value_of(signed, [0xFFFF]) == "away"
    part = register("uint16", labels=((2, "warm"),), bits=Bits(4, 7))
    assert value_of(part, [0xAA2A]) == "warm"


@pytest.mark.parametrize("order", ORDERS)
@given(text=st.text(LATIN, max_size=12).map(str.rstrip))
def test_a_text_in_latin_1(order: str, text: str) -> None:
    """Padded with spaces as well as with zero bytes."""
    entry = register("string", order, encoding="latin-1")
    for padding in (b" ", b"\0"):
        content = text.encode("latin-1").ljust(12, padding)
        assert value_of(entry, words_of(content, order)) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"PUMP 3\0\0old\0", "PUMP 3"),
        (b"PUMP 3\r\n\0\0\0\0", "PUMP 3"),
        (b"\0" * 12, ""),
        (b" " * 12, ""),
        (b"PUMP\x1b[2J\0\0\0\0", None),
        (b"Druck \xfcber\0\0", None),
        (b"\xff" * 12, None),
    ],
)
def test_a_text_ends_at_the_first_zero_byte_and_can_be_shown(
    content: bytes, text: str | None
) -> None:
    """Bytes that are no ASCII, or that control a terminal, are no value."""
    assert value_of(register("string"), words_of(content, "ABCD")) == text


def test_bits_of_a_table_of_bits() -> None:
    """Each address is one."""
    entries = [Register(f"c{n}", RegisterTable.COIL, n, RegisterType.BOOL) for n in (7, 9)]
    assert BlockDecoder(entries, 7).values([1, 0, 0]) == {"c7": True, "c9": False}


def test_one_plan_serves_every_poll() -> None:
    """What is over each other in the map, or read twice, is still read rightly."""
    entries = [
        register("uint32", signal="count"),
        register("float32", "CDAB", signal="same words"),
        register("uint16", signal="high word", bits=Bits(0, 15)),
        register("int16", "DCBA", START + 1, signal="turned"),
    ]
    decoder = BlockDecoder(entries, START)
    first = decoder.values([0x0000, 0x4276])
    assert first == {"count": 0x4276, "same words": 61.5, "high word": 0, "turned": 0x7642}
    assert decoder.values([0x4276, 0x0000])["count"] == 0x42760000


def test_a_block_without_registers_has_no_values() -> None:
    """Whatever was read."""
    assert BlockDecoder([], START).values([1, 2, 3]) == {}
