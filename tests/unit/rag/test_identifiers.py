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
        ("E\u2011217", "E217"),
        ("6ES7 314-1AG14-0AB0", "6ES7314-1AG14-0AB0"),
        ("n4-05", "N4-05"),
        ("C153A0:7", "C153A0:7"),
        ("16#8085", "16#8085"),
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
        ("part 6ES7-314-1AG14", ("6ES7-314-1AG14", "6ES73141AG14")),
        ("X-7731 undocumented", ("X7731",)),
        ("parameter P-17", ("P17",)),
        ("set Pr. 9 or Pr.9 or parameter no. 9", ("PR9",)),
        ("n4-05 and P1082[0]", ("N4-05", "P1082")),
        ("Par. 14-22", ("PR14-22", "14-22")),
        ("6ES7 314-1AG14-0AB0", ("6ES7314-1AG14-0AB0", "6ES73141AG140AB0")),
        ("a 6ES7 module", ("6ES7",)),
        ("E\u2011217 came", ("E217",)),
        ("e 217 again", ("E217",)),
        ("alarms 16, 17 and 18", ("16", "17", "18")),
        ("E217/E218 or A510/512", ("E217", "E218", "A510", "A512")),
        ("bearing 6205-2RS/C3", ("6205-2RSC3", "62052RSC3")),
        ("E217:Hydraulic oil, E218-related", ("E217", "E218")),
        ("motor-M3 and A510-Fehler", ("M3", "A510")),
        ("SRVO-062, srvo-062, SRVO 062", ("SRVO062",)),
        ("A.710", ("A710",)),
        ("230-000A", ("230-000A",)),
        ("error 0x80070005, 16#8085, alarm 3F", ("0X80070005", "16#8085", "3F")),
        ("UR C153A0:7", ("C153A0:7",)),
        ("Fehlernummer 12, St\u00f6rungscode 4012", ("12", "4012")),
        ("Heidenhain error 230-0001", ("230-0001",)),
        ("Err12", ("ERR12", "12")),
        ("oil HLP 46", ("HLP46",)),
        ("24V 50Hz 1.5kW 65 degC 12 m3/min 140 cm3", ()),
        ("error 3.5 mm", ()),
        ("the 3rd time in 2019", ()),
        ("nothing to see", ()),
        ("on 2026-11-23 at 10:30, 2026-11-23T10:00:00Z, 23-Nov-2026, Q3/2026, MAY 2026", ()),
        ("192.168.0.217, 10.0.0.1:8080/x1, fe80::1, 00:1A:2B:3C:4D:5E", ()),
        ("https://a1.b2/c3?d=4, user1@host2.com, manual2.pdf", ()),
        ("p.12, pp.12-14, Fig.3, Abb.4, page 217, section 4.2, step-3", ()),
        ("2-way valve, 3-phase motor, 24-hour run, 2-Wege-Ventil", ()),
        ("press-3, Phase-2, IPv4, CO2, H2O, V1.2.3", ()),
        ("4-20mA, 10x20mm, 1920 x 1080, 2.5mm2, 9.81m/s2, 24VDC, 230V/50Hz", ()),
        ("WAIT AT 24 V FOR 10 MINUTES", ()),
        ("alarm 10 s after the start, error of 5 %, event 3 of 5, alarm 10:30", ()),
        ("Alarm 12.10.2026, alarm 2026-11-23, warning limit 65 degC", ()),
        ("550e8400-e29b-41d4-a716-446655440000 d41d8cd98f00b204e9800998ecf8427e", ()),
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
    assert bare_numbers("page 217, step 12, in 2019, +49 711 1234, 192.168.10.217, 10:30") == ()
    assert bare_numbers("oC trips, then GF") == ("OC", "GF")


@pytest.mark.parametrize("part", ["a:", "a1-", "1", "alarm ", "1x", "alarm 1,", "A1 ", "Pr ", "1."])
def test_a_giant_text_takes_no_longer_for_every_sign(part: str) -> None:
    """Twice as much takes about twice as long: the test ends."""
    find_codes(part * (100_000 // len(part)))
