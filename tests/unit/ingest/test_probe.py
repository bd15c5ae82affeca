"""What registers could mean."""

from __future__ import annotations

import pytest

from ingest.probe import interpretations
from ingest.words import RegisterType, WordOrder


def test_every_type_in_every_order_where_words_are_left() -> None:
    """61.5 as a float32 in the order CDAB is found among the rest."""
    found = list(interpretations([0x0000, 0x4276, 0x0001], 40))
    floats = {entry.address: entry for entry in found if entry.type is RegisterType.FLOAT32}
    assert floats[40].values[WordOrder.CDAB] == 61.5
    assert floats[40].words == "0000 4276"
    assert sorted(floats) == [40, 41]
    assert not any(entry.type.words == 4 for entry in found)


def test_one_word_has_two_orders() -> None:
    """Swapping words means nothing there; a BCD number and a text mean nothing here."""
    found = {entry.type: entry.values for entry in interpretations([0xFF00], 0)}
    assert found == {
        RegisterType.UINT16: {WordOrder.ABCD: 0xFF00, WordOrder.BADC: 0x00FF},
        RegisterType.INT16: {WordOrder.ABCD: -256, WordOrder.BADC: 255},
        RegisterType.FLOAT16: {WordOrder.ABCD: None, WordOrder.BADC: 255 * 2.0**-24},
        RegisterType.BCD16: {WordOrder.ABCD: None, WordOrder.BADC: None},
        RegisterType.BOOL: {
            WordOrder.ABCD: "11111111 00000000",
            WordOrder.BADC: "00000000 11111111",
        },
    }


def test_decimal_digits_are_shown_as_the_number_they_spell() -> None:
    """In each order in which they are digits."""
    found = {entry.type: entry.values for entry in interpretations([0x1234, 0x5678], 0)}
    digits = {"ABCD": 12345678, "CDAB": 56781234, "BADC": 34127856, "DCBA": 78563412}
    assert found[RegisterType.BCD32] == digits


@pytest.mark.parametrize(
    ("words", "order"),
    [([0x4142, 0x4344, 0x4500], WordOrder.ABCD), ([0x4241, 0x4443, 0x0045], WordOrder.BADC)],
)
def test_a_text_is_shown_once_and_whole(words: list[int], order: WordOrder) -> None:
    """From its first register to its end, in either byte order; two letters are no text."""
    found = [
        entry
        for entry in interpretations([0x0001, *words, 0x4F4B, 0x0000], 30)
        if entry.type is RegisterType.STRING
    ]
    assert [(entry.address, entry.values[order]) for entry in found] == [(31, "ABCDE")]
