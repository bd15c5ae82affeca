"""Single cells of a vendor's register list, and the words they are read by."""

from __future__ import annotations

import pytest

from ingest.vendor_cells import (
    address_of,
    bits_of,
    codes_of,
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
from ingest.vendor_words import COLUMNS, FAMILIES, ORDERS, TABLES, TYPES, WIDTHS, plain


@pytest.mark.parametrize(
    ("cell", "number", "digits"),
    [
        *(("40", 40, "40"), ("0x28", 40, ""), ("28h", 40, ""), ("&H28", 40, "")),
        *(("4x0001", 1, "400001"), ("3X00011", 11, "300011"), ("00017", 17, "00017")),
    ],
)
def test_addresses(cell: str, number: int, digits: str) -> None:
    """As vendors write them."""
    found = address_of(cell, is_hex=False)
    assert (found.number, found.digits) == (number, digits)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("0.1", 0.1), ("0,1", 0.1), ("x0.1", 0.1), ("\u00d7 0,01", 0.01), ("1/10", 0.1)),
        *(("/10", 0.1), ("\u00f710", 0.1), ("10^-2", 0.01), ("10**3", 1000.0), ("1E-3", 0.001)),
        *(("-40", -40.0), (".5", 0.5), ("1.000", 1.0), ("0,001", 0.001)),
    ],
)
def test_numbers(cell: str, number: float) -> None:
    """With points, commas, fractions and powers."""
    assert number_of(cell, commas=cell == "0,001") == number


@pytest.mark.parametrize("cell", ["1.000,5", "1,000", "1 000", "", "ten", "1/0", "1/x"])
def test_what_is_no_number_or_two(cell: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"no number|may be a thousand|divides by nothing"):
        number_of(cell, commas=False)


def test_other_cells() -> None:
    """A word of each kind; all words stand in the tables."""
    assert [is_readable(cell) for cell in ("RO", "R/W", "read only", "W", "nur schreiben")] == [
        *(True, True, True, False, False),
    ]
    assert (table_of("Holding Registers"), table_of_function("FC 03")) == ("holding", "holding")
    assert (order_of("Big-Endian"), order_of("low word first")) == ("ABCD", "CDAB")
    assert (yes_or_no("Ja"), yes_or_no("-")) == (True, False)
    assert (bits_of("Bit 3"), bits_of("7..4"), bits_of("0-3")) == ("3", "4-7", "0-3")
    assert codes_of("0: Off\n1: On") == codes_of("0=Off; 1=On") == "0=Off;1=On"
    assert codes_of("see table 3") == codes_of("1: On; see table 3") == ""
    assert name_of(" Öl-Temp. (Tank) ") == "öl_temp_tank"
    assert length_of("4", frozenset({"bytes"})) == length_of("32 bit", frozenset()) == 2
    assert type_of("STRING[16]", None)[:2] == ("string", 8)


def test_every_word_of_the_tables_is_in_plain_spelling_and_means_one_thing() -> None:
    """A header or a type that stood in two lines would be a guess."""
    headers = [word for words in COLUMNS.values() for word in words]
    assert len(headers) == len(set(headers))
    assert not set(TYPES) & set(FAMILIES)
    assert set(FAMILIES.values()) == set(WIDTHS)
    for word in [*headers, *TABLES, *ORDERS]:
        assert plain(word) == word
    for word in [*TYPES, *FAMILIES]:
        assert plain(word).replace(" ", "") == word
