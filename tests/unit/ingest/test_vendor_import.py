"""A vendor's register list becomes a register file; what is assumed or left out is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SettingsFault
from ingest.register_file import load_registers
from ingest.vendor_import import Imported, ImportOptions, import_registers
from ingest.vendor_words import COLUMNS

GERMAN = """\
Kühlaggregat KA-200;;;;;;;
Modbus-Registerliste, Stand 03/2024;;;;;;;
;;;;;;;
Bezeichnung;Modbus Adresse;Datentyp;Anzahl Register;Faktor;Einheit;R/W;Bemerkung
Vorlauftemperatur;40001;INT;1;0,1;°C;R;Sensor B1
Leistungsaufnahme;40003;FLOAT;2;1;kW;R;
Betriebsstunden;40005;UDINT;2;1;h;R;
Sollwert;40007;INT;1;0,1;°C;W;
Reserviert;40008;INT;1;;;R;
Statuswort;40009;WORD;1;;-;R/W;
Durchfluss;40010;LZAHL;1;1;l/h;R;
Druck;40003;INT;1;0,01;bar;R;
Menge;40012;UINT;1;1.000;l;R;
"""
METER = """\
"ACME Power Meter PM-5, Modbus map",,,,,,,,
Register,Name,Data Type,Size,Multiplier/Gain/Factor,Unit,R/W,Word swap,Values
0x0000,Voltage L1-N,FLOAT,2,1,V,RO,yes,
0x0010,Energy total,UINT64,4,0.001,kWh,RO,no,
0x0014,Mode,UINT,1,,,RO,,"0: Off, 1: On, 2: Fault"
0x0015,Model,STRING,8,,,RO,,
0x0020,Reset,UINT,1,,,WO,,
"""


def imported(text: str, encoding: str = "utf-8", **options: object) -> Imported:
    return import_registers(text.encode(encoding), ImportOptions(**options))  # type: ignore[arg-type]


def listed(*rows: str, header: str = "Name,Address,Type", **options: object) -> Imported:
    """An import of rows under a header."""
    return imported("\n".join([header, *rows]) + "\n", "utf-8", **options)


def reasons(found: Imported) -> dict[int, str]:
    return {row.line: row.reason for row in found.left_out}


def test_a_german_list_out_of_a_spreadsheet() -> None:
    """Titles above, semicolons, decimal commas, letters of Windows."""
    found = imported(GERMAN, "cp1252")
    assert found.csv.splitlines() == [
        "signal,table,address,type,scale,unit,description",
        "vorlauftemperatur,holding,0,int16,0.1,°C,Sensor B1",
        "leistungsaufnahme,holding,2,float32,,kW,",
        "betriebsstunden,holding,4,uint32,,h,",
        "statuswort,holding,8,uint16,,,",
    ]
    assert found.columns == {
        "signal": "Bezeichnung",
        "address": "Modbus Adresse",
        "type": "Datentyp",
        "length": "Anzahl Register",
        "scale": "Faktor",
        "unit": "Einheit",
        "access": "R/W",
        "description": "Bemerkung",
    }
    assert [words.partition(";")[0] for words in found.assumed[1:]] == [
        "what stands above the header is a title: line 1, 2, 3",
        "numbers are written with decimal commas",
        "value = raw x Faktor",
        "addresses like 40001 are in the vendors' count, the first digit a table",
        "values of several registers have the order ABCD",
    ]
    assert "--encoding" in found.assumed[0]


def test_every_row_that_is_not_taken_is_told_with_its_line_and_reason() -> None:
    """The lines are those of the vendor's file."""
    found = imported(GERMAN, "cp1252")
    assert reasons(found) == {
        8: "it can only be written, and Andon only reads",
        9: "reserved",
        11: "type 'LZAHL' is not known",
        12: "'druck' (holding 2 to 2) overlaps 'leistungsaufnahme' (2 to 3)",
        13: "'1.000' may be a thousand or a fraction",
    }
    assert found.left_out[0].text == "Sollwert | 40007 | INT | 1 | 0,1 | °C | W"


def test_an_english_list_with_swaps_and_codes() -> None:
    """Hexadecimal addresses, a header of several names, a mark at the beginning."""
    found = imported(METER, "utf-8-sig")
    assert found.csv.splitlines() == [
        "signal,table,address,type,length,order,scale,enum,unit,description",
        "voltage_l1_n,holding,0,float32,,CDAB,,,V,Voltage L1-N",
        "energy_total,holding,16,uint64,,ABCD,0.001,,kWh,Energy total",
        "mode,holding,20,uint16,,,,0=Off;1=On;2=Fault,,",
        "model,holding,21,string,8,,,,,",
    ]
    assert found.unused == ()
    assert reasons(found) == {7: "it can only be written, and Andon only reads"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_list_as_a_spreadsheet_saves_unicode(encoding: str) -> None:
    """Tabs, and two bytes a letter."""
    text = "Name\tAddress\tType\nÖldruck\t7\tuint16\n"
    assert "öldruck,holding,7,uint16" in imported(text, encoding).csv


def test_function_codes_and_addresses_from_1() -> None:
    """The code that reads counts, and what the list does not say is said by an option."""
    rows = ("a,1,UINT,03/06/16", "b,1,UINT,FC04", "c,9,BOOL,0x01", "d,9,BOOL,2", "e,3,UINT,6")
    found = listed(*rows, header="Name,Register,Type,Function code", base=1)
    assert found.csv.splitlines()[1:] == [
        *("a,holding,0,uint16", "b,input,0,uint16", "c,coil,8,bool", "d,discrete,8,bool"),
    ]
    assert reasons(found) == {6: "'6' does not name one function code that reads, 1 to 4"}
    assert found.assumed == ("type 'UINT' without a length is uint16",)


def test_bits_below_their_register() -> None:
    """The address of a merged cell stands in its first row only."""
    rows = ("Status,40,uint16,", "Running,,bool,0", "Fault,,bool,Bit 7", "Step,,uint16,8..11")
    found = listed(*rows, header="Name,Address,Type,Bit")
    assert found.csv.splitlines()[1:] == [
        *(
            "status,holding,40,,uint16",
            "running,holding,40,0,bool",
            "fault,holding,40,7,bool",
            "step,holding,40,8-11,uint16",
        ),
    ]
    assert "a row with a bit and no address belongs to the register above it" in found.assumed


def test_a_bool_of_a_whole_register_says_how_it_is_read() -> None:
    """A list may mean one bit of it, and say so only in words; a coil and a bit say it."""
    told = "a bool without a bit is true where its whole register is not zero"
    header = "Name,Register,Type,Bit,Table"
    assert told in listed("Fault (bit 0),4,bool,,holding", header=header, base=0).assumed
    rows = ("a,4,bool,3,holding", "b,4,bool,,coil")
    assert told not in listed(*rows, header=header, base=0).assumed


@pytest.mark.parametrize(
    ("header", "row", "line"),
    [
        ("Name,Address (hex),Type", "a,0010,uint16", "a,holding,16,uint16"),
        ("Name,Address Hex,Type", "a,1F,uint16", "a,holding,31,uint16"),
        ("Name,Adresse (hexadezimal),Type", "a,1F,uint16", "a,holding,31,uint16"),
        ("Name,Adresse dez,Type", "a,31,uint16", "a,holding,31,uint16"),
        ("Name,Offset,Format", "a,31,Unsigned integer 16 bit", "a,holding,31,uint16"),
        ("Name,Start,Type,Offset", "a,31,32-bit signed integer,5", "a,holding,31,int32,5"),
        ("Name,Address (dec),Address (hex),Type", "a,16,0010,uint16", "a,holding,16,uint16"),
        ("Name,Register Address,Register,Type", "a,7,R8,uint16", "a,holding,7,uint16"),
        ("Name,Address,Type,Length (bytes)", "a,7,float,4", "a,holding,7,float32"),
        ("Name,Address,Type,Size [bit]", "a,7,int,32", "a,holding,7,int32"),
        ("Name,Address,Type,Length", "a,7,string,16 bytes", "a,holding,7,string,8"),
        ("Name,Address,Type", "a,7-8,UINT", "a,holding,7,uint32"),
        ("Name,Address,Type", "a,7.3,bool", "a,holding,7,3,bool"),
        ("Name,Address,Type", "a,4x0007,uint16", "a,holding,6,uint16"),
        ("Name,Address,Type", "a,30007,uint16", "a,input,6,uint16"),
        ("Name,Address,Type", "a,465536,uint16", "a,holding,65535,uint16"),
        ("Name,Address,Type,Register type", "a,7,UINT,Input Register", "a,input,7,uint16"),
        ("Name,Address,Table", "a,7,Coil", "a,coil,7,bool"),
        ("Name,Address,Type,Divisor", "a,7,uint16,10", "a,holding,7,uint16,0.1"),
        ("Name,Address,Type,Byte order", "a,7,uint32,DCBA", "a,holding,7,uint32,DCBA"),
        ("Name,Address,Type,Invalid", "a,7,uint16,0xFFFF", "a,holding,7,uint16,0xFFFF"),
        ("Description,Address,Type", "Oil level,7,uint16", "oil_level,holding,7,uint16,Oil level"),
    ],
)
def test_a_row_in_the_words_of_vendors(header: str, row: str, line: str) -> None:
    """Each is read by the table of docs/registers.md."""
    assert listed(row, header=header).csv.splitlines()[1:] == [line]


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("Name,Address,Type", "Section 2,,", "one cell alone is a title, not a register"),
        ("Name,Address,Type", "NAME,address,Type,Note", "the header again"),
        ("Name,Address,Type", ",7,uint16", "no name"),
        ("Name,Address,Type", "reserved 3,7,uint16", "reserved"),
        ("Name,Address,Type", "a,,uint16", "no address"),
        ("Name,Address,Type", "a,seven,uint16", "'seven' is no address"),
        ("Name,Address,Type", "a,9-7,uint16", "'9-7' is a range that runs backwards"),
        ("Name,Address,Type", "a,70000,uint16", "address = 70000 is behind the last address"),
        ("Name,Address,Type", "a,7,", "no type; --type says one for such rows"),
        ("Name,Address,Type", "a,7,string", "a text without a length"),
        ("Name,Address,Type", "a,7-9,uint32", "'uint32' takes 2 registers, the list says 3"),
        ("Name,Address,Type", "a,7-9,int", "type 'int' of 3 registers is not known"),
        ("Name,Address,Type,Length", "a,7-8,uint32,1", "'7-8' is a range of 2, not of 1"),
        ("Name,Address,Type,Length", "a,7,uint32,two", "length 'two' is no number"),
        ("Name,Address,Type,Table", "a,7,uint16,Coil", "a coil holds one bit, not 'uint16'"),
        ("Name,Address,Type,Table", "a,7,uint16,Memory", "'Memory' is no table of registers"),
        ("Name,Address,Type,Table,FC", "a,7,uint16,Input,3", "'Input' and function '3' are two"),
        ("Name,Address,Type,Table", "a,40007,uint16,Input", "40007 is a holding, but the list"),
        ("Name,Address,Type,Endian", "a,7,uint32,little endian", "say it with --order"),
        ("Name,Address,Type,Order,Swap", "a,7,uint32,ABCD,yes", "the swaps beside it disagree"),
        ("Name,Address,Type,Word swap", "a,7,uint32,maybe", "'maybe' is neither yes nor no"),
        ("Name,Address,Type,Scale", "a,7,uint16,ten", "'ten' is no number"),
        ("Name,Address,Type,Scale", "a,7,uint16,0", "a scale of 0"),
        ("Name,Address,Type,Scale", 'a,7,uint16,"1,000"', "'1,000' may be a thousand or a"),
        ("Name,Address,Type,Access", "a,7,uint16,sometimes", "is neither reading nor writing"),
        ("Name,Address,Type,Bit", "a,7.3,bool,3", "bit '3' beside the address '7.3'"),
        ("Name,Address,Type,Bit", "a,7,bool,first", "'first' is no bit and no range of bits"),
        ("Name,Address,Type,Invalid", "a,7,uint16,none!", "nan = 'none!' is no value of a uint16"),
    ],
)
def test_a_row_that_cannot_be_taken(header: str, row: str, reason: str) -> None:
    """It is told why, and the row beside it is taken."""
    found = listed(row, header=header + ",Note")
    assert found.csv.count("\n") == 1
    (left_out,) = found.left_out
    assert left_out.line == 2
    assert reason in left_out.reason


def test_lines_are_right_behind_cells_of_several_lines() -> None:
    """As a spreadsheet writes them."""
    found = listed('"Oil\ntemperature",7,uint16', "x,8,???")
    assert found.csv.splitlines()[1:] == [
        "oil_temperature,holding,7,uint16,Oil temperature",
    ]
    assert reasons(found) == {4: "type '???' is not known"}


def test_a_unit_of_several_lines_hides_no_row() -> None:
    """A register file has one line a register, by which its faults are traced to the list."""
    found = listed(
        'P,1,uint16,"kW\nh"', "q,2,uint32,V", "r,3,uint16,A", header="Name,Address,Type,Unit"
    )
    assert found.csv.splitlines()[1:] == ["p,holding,1,uint16,kW h", "q,holding,2,uint32,V"]
    assert reasons(found) == {5: "'r' (holding 3 to 3) overlaps 'q' (2 to 3)"}


def test_a_name_that_stands_twice_is_told_with_the_line_of_the_list() -> None:
    """Not with a line of the file that was made."""
    found = listed("", "x,,", "Oil,7,uint16", "oil,8,uint16")
    assert reasons(found)[5] == "signal 'oil' stands in line 4 already"


def test_addresses_that_may_be_the_vendors_count_are_not_guessed() -> None:
    """Where others cannot be, the list does not say; an option does."""
    rows = ("a,40000,uint16", "b,40001,uint16", "c,4x0003,uint16")
    unsaid = listed(*rows)
    assert [line.partition(",type")[0] for line in unsaid.csv.splitlines()[1:]] == [
        *("a,holding,40000,uint16", "c,holding,2,uint16"),
    ]
    assert "40001 may be a plain address or the vendors' count" in reasons(unsaid)[3]
    plain_ones = listed(*rows, notation="plain").csv
    assert "b,holding,40001,uint16" in plain_ones
    counted = listed(*rows, notation="counted")
    assert "b,holding,0,uint16" in counted.csv
    assert reasons(counted) == {2: "'40000' is no number of the vendors' count"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"table": "input"}, "a,input,7,uint32,10"),
        ({"base": 1}, "a,holding,6,uint32,10"),
        ({"order": "CDAB"}, "a,holding,7,uint32,CDAB,10"),
        ({"divide": True}, "a,holding,7,uint32,0.1"),
        ({"type": "float32"}, "a,holding,7,uint32,10"),
    ],
)
def test_an_option_says_what_the_list_does_not(options: dict[str, object], line: str) -> None:
    """And is then no assumption; what the list says itself holds before it."""
    unsaid = listed("a,7,uint32,10", header="Name,Address,Type,Gain")
    said = listed("a,7,uint32,10", header="Name,Address,Type,Gain", **options)
    assert said.csv.splitlines()[1:] == [line]
    fewer = 1 if {"table", "base", "order"} & set(options) else 0
    assert len(said.assumed) == len(unsaid.assumed) - fewer


def test_rows_without_a_type_have_the_one_that_is_said() -> None:
    """A list of 16-bit registers often has no such column."""
    found = listed("a,7", "b,8", header="Name,Address", type="UINT16")
    assert found.csv.splitlines()[1:] == ["a,holding,7,uint16", "b,holding,8,uint16"]


def test_columns_that_nothing_is_taken_from_are_told() -> None:
    """Measuring ranges are no limits of an alarm."""
    found = listed("a,7,uint16,0,100", header="Name,Address,Type,Min,Max")
    assert found.unused == ("Min", "Max")


def test_a_list_that_calls_its_addresses_offset_says_so() -> None:
    """Where no other column holds them."""
    found = listed("a,31,uint16", header="Name,Offset,Format")
    assert "the column 'Offset' holds the addresses" in found.assumed
    assert found.columns["address"] == "Offset"


def test_codes_that_cannot_be_read_are_told() -> None:
    """The register is taken all the same."""
    found = listed("a,7,uint16,see manual", header="Name,Address,Type,Values")
    assert "a,holding,7,uint16" in found.csv
    assert any("'see manual' is no list of codes" in words for words in found.assumed)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "is a header with a name and an address"),
        (b"a,b,c\n1,2,3\n", {}, "is a header with a name and an address"),
        (b"Address,Type\n1,uint16\n", {}, "is a header with a name and an address"),
        (b"PK\x03\x04" + bytes(40), {}, "a workbook, not a CSV. Save its sheet as CSV"),
        (b"Name,Address\n\xfc,1\n", {"encoding": "utf-8"}, "is no utf-8 text"),
        (b"Name,Address\n", {"encoding": "dos"}, "There is no encoding 'dos'"),
        (b"Name,Address\n" + b"x" * 200_000, {}, "Line 2 of the register list is no CSV"),
        (bytes(range(256)) * 40, {}, "register list"),
    ],
)
def test_what_is_no_register_list_is_refused(
    content: bytes, options: dict[str, str], message: str
) -> None:
    """With what to do."""
    with pytest.raises(SettingsFault, match=message):
        import_registers(content, ImportOptions(**options))  # type: ignore[arg-type]


CELLS = st.sampled_from(
    [
        *("", "-", "a", "Oil temp", "40001", "30002", "7", "7.3", "0x10", "7-8", "0,1", "1.000"),
        *("INT", "UINT", "FLOAT", "WORD", "string", "BOOL", "bcd", "R", "W", "3", "coil", "yes"),
        *("CDAB", "0=off;1=on", "0xFFFF", "\x1b[2J", "4x5", "nan", "1e400", "x0.1", "1/0", "/"),
    ]
)


@given(
    headers=st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=10),
    rows=st.lists(st.lists(CELLS, max_size=12), max_size=12),
)
def test_whatever_the_cells_say_the_file_is_right_and_no_row_is_lost(
    headers: list[str], rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every row is a register or told; `andon check` finds nothing in the file."""
    header = ",".join(dict.fromkeys(["address", "signal", *headers]))
    text = "\n".join([header, *(",".join(row) for row in rows)])
    found = imported(text)
    path = Path(tmp_path_factory.getbasetemp()) / "imported.csv"
    path.write_text(found.csv)
    registers, defects = load_registers(path)
    assert defects == ()
    assert tuple(register.signal for register in registers) == found.signals
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    assert len(found.signals) + len(found.left_out) == filled
