"""Texts in the form that models read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.wording import MAX_CHARACTERS, mask, tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oil  temp\t71.2 °C\n", "Oil temp 0 °C"),
        ("HYD_OilTemp.High", "HYD Oil Temp.High"),
        ("limit 1.250,75 reached", "limit 0 reached"),
        ("a\x00b\x1b[31mc", "a b [0mc"),
        ("\ud800", ""),
        ("ﬁlter", "filter"),
        ("", ""),
    ],
)
def test_a_text_becomes_one_readable_line(text: str, expected: str) -> None:
    """Tags are taken apart, numbers are one number, what cannot be seen is gone."""
    assert tidy(text) == expected


@given(st.text())
def test_any_text_becomes_short_clean_and_stays_so(text: str) -> None:
    """No control characters, no double spaces, and doing it twice changes nothing."""
    clean = tidy(text)
    assert clean == tidy(clean)
    assert clean == " ".join(clean.split())
    assert clean.isprintable()


def test_a_giant_text_is_cut() -> None:
    """Before any work is done on it."""
    assert len(tidy("word " * 100_000)) <= MAX_CHARACTERS


def test_twins_have_the_same_mask() -> None:
    """Texts that differ by number, case or spacing."""
    assert mask("Axis 3  ERROR 0x17") == mask("axis 12 error 0x99")
    assert mask("oil hot") != mask("oil cold")
