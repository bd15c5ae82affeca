"""What registers could mean."""

from __future__ import annotations

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
    """Swapping words means nothing there."""
    (unsigned, signed) = interpretations([0xFF00], 0)
    assert unsigned.values == {WordOrder.ABCD: 0xFF00, WordOrder.BADC: 0x00FF}
    assert signed.values == {WordOrder.ABCD: -256, WordOrder.BADC: 255}
