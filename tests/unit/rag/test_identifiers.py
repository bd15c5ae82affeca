"""Identifiers are found whole and written one way."""

from __future__ import annotations

import pytest

from rag.identifiers import bare_numbers, code_spellings, find_codes, normalise_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("E217", "E217"),
        ("E-217", "E217"),
        ("e 217", "E217"),
        ("E_217", "E217"),
        (" `E217` ", "E217"),
        ("ALARM:2", "ALARM2"),
        ("SOP-HP-01", "SOPHP01"),
        ("6ES7-314", "6ES7-314"),
        ("10-24", "10-24"),
        ("W06", "W06"),
        ("\uff25\uff12\uff11\uff17", "E217"),
    ],
)
def test_a_code_has_one_spelling(written: str, code: str) -> None:
    """Separators between letters and digits go, those between digits stay."""
    assert normalise_code(written) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("E217 on press 3, what do I do?", ("E217",)),
        ("alarm E-217 came", ("E217",)),
        ("code E 217 again", ("E217",)),
        ("ALARM:2", ("ALARM2", "2")),
        ("Dobot controller alarm 16, what is the cause?", ("16",)),
        ("error code 4012!", ("4012",)),
        ("Fehler Nr. 12", ("12",)),
        ("see SOP-HP-01.", ("SOPHP01",)),
        ("part 6ES7-314-1AG14", ("6ES7-314-1AG14",)),
        ("X-7731 undocumented", ("X7731",)),
        ("24V 50Hz 1.5kW 65 degC 12 m3/min 140 cm3", ()),
        ("error 3.5 mm", ()),
        ("the 3rd time in 2019", ()),
        ("nothing to see", ()),
    ],
)
def test_identifiers_are_found_in_text(text: str, codes: tuple[str, ...]) -> None:
    """Codes of any vendor, never quantities with their unit."""
    assert set(find_codes(text)) == set(codes)


def test_an_alarm_word_in_front_is_optional() -> None:
    """A code table may list 2 where the panel shows ALARM:2."""
    assert code_spellings("ALARM:2") == ("ALARM2", "2")
    assert code_spellings("ERROR 4012") == ("ERROR4012", "4012")
    assert code_spellings("E217") == ("E217",)


def test_bare_numbers_have_no_unit_behind_them() -> None:
    """A number may be a code, a quantity is none."""
    assert bare_numbers("4012") == ("4012",)
    assert bare_numbers("what about 4012 and 4014?") == ("4012", "4014")
    assert bare_numbers("at 2000 h, 200 bar, 95 %, 1.5 or 7") == ()
