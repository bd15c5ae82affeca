"""A register CSV says in many ways where a value stands and what it means; faults are named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.plant import load_plant
from ingest.register_cells import Bits
from ingest.register_file import load_registers
from ingest.register_values import BlockDecoder
from ingest.registers import Register, RegisterTable
from ingest.words import RegisterType

COLUMNS = "signal,table,address,bit,type,length,encoding,order,scale,offset,nan,enum,high"


def registers_of(folder: Path, *rows: str, base: int = 0) -> tuple[Register, ...]:
    """The registers of rows in which each cell is named: `address=40 type=uint16`."""
    registers, defects = load_registers(written(folder, *rows), base=base)
    assert defects == ()
    return registers


def faults_of(folder: Path, *rows: str, base: int = 0) -> list[str]:
    """Each fault with its file and line."""
    path = written(folder, *rows)
    defects = load_registers(path, base=base)[1]
    return [f"{defect.path.name}:{defect.line}: {defect.message}" for defect in defects]


def written(folder: Path, *rows: str) -> Path:
    path = folder / "map.csv"
    lines = [COLUMNS]
    for number, row in enumerate(rows):
        cells = {"signal": f"s{number}", "table": "holding", "address": "40", "type": "uint16"}
        cells |= dict(cell.split("=", 1) for cell in row.split())
        lines.append(",".join(cells.get(name, "") for name in COLUMNS.split(",")))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("cells", "base", "table", "address"),
    [
        ("address=0", 0, "holding", 0),
        ("address=65535", 0, "holding", 65_535),
        ("address=40001", 0, "holding", 40_001),
        ("address=0x28", 0, "holding", 40),
        ("address=1", 1, "holding", 0),
        ("address=65536", 1, "holding", 65_535),
        ("table= address=40001", 0, "holding", 0),
        ("table= address=49999", 0, "holding", 9_998),
        ("table= address=400001", 0, "holding", 0),
        ("table= address=465536", 1, "holding", 65_535),
        ("table= address=30011", 0, "input", 10),
        ("table= address=10001 type=bool", 1, "discrete", 0),
        ("table= address=00017 type=bool", 0, "coil", 16),
        ("table= address=000017 type=bool", 0, "coil", 16),
    ],
)
def test_an_address_in_each_notation(
    tmp_path: Path, cells: str, base: int, table: str, address: int
) -> None:
    """From 0 as on the wire, from 1 where the plant says so, and in the vendors' count."""
    (register,) = registers_of(tmp_path, cells, base=base)
    assert (register.table, register.address) == (RegisterTable(table), address)


@pytest.mark.parametrize(
    ("cells", "base", "message"),
    [
        ("address=forty", 0, "address = 'forty' is no address, like 40, 0x28, 40.3 or 40041"),
        ("address=-1", 0, "is no address"),
        ("address=0", 1, "address = 0, but the addresses count from 1 (address_base)"),
        ("address=65537", 1, "is behind the last address 65536"),
        ("address=0x10000", 0, "is behind the last address 65535"),
        ("table= address=40", 0, "without a table must be in the vendors' count"),
        ("table= address=20001", 0, "without a table must be in the vendors' count"),
        ("table= address=4000001", 0, "without a table must be in the vendors' count"),
        ("table= address=40000", 0, "goes from 400001 to 465536"),
        ("table= address=465537", 0, "goes from 400001 to 465536"),
        ("table= address=465536 type=float32", 0, "runs over the last address 65535"),
        ("address=40.3", 0, "is one bit, so its type must be bool, not uint16"),
        ("address=40.16 type=bool", 0, "the bits of a bool go from 0 to 15"),
        ("address=40.3 bit=3 type=bool", 0, "the address 40.3 names a bit already"),
        ("bit=3-4 type=bool", 0, "several bits are a number, of type uint16, not a bool"),
        ("bit=7-4", 0, "the bits of a uint16 go from 0 to 15"),
        ("bit=30-32 type=uint32", 0, "the bits of a uint32 go from 0 to 31"),
        ("bit=third", 0, "bit = 'third' is no bit, like 3, and no range of bits, like 4-7"),
        ("bit=3 type=int16", 0, "bits are taken from bool and unsigned types, not int16"),
        ("bit=3 type=bool table=coil", 0, "a coil is one bit: it has no bit 3"),
        ("type=string", 0, "length is missing: how many registers the string takes"),
        ("type=string length=126", 0, "less than or equal to 125"),
        ("type=string length=4 encoding=utf-16", 0, "encoding = 'utf-16'"),
        ("type=string length=4 address=65533", 0, "runs over the last address"),
        ("type=string length=4 scale=2", 0, "scale and offset are for numbers"),
        ("type=string length=4 nan=0", 0, "a string has no value that means none"),
        ("type=float32 length=4", 0, "length = 4, but a float32 takes 2"),
        ("encoding=ascii", 0, "encoding is said of strings only, not of uint16"),
        ("type=bool high=1", 0, "low and high are for numbers"),
        ("type=bool offset=1", 0, "scale and offset are for numbers"),
        ("nan=65536", 0, "nan = '65536' is no value of a uint16"),
        ("nan=-40000 type=int16", 0, "nan = '-40000' is no value of a int16"),
        ("nan=none", 0, "nan = 'none' is no value of a uint16"),
        ("nan=1e60 type=float32", 0, "nan = '1e60' is no value of a float32"),
        ("nan=0x1FF00000000 type=float32", 0, "is no value of a float32"),
        ("nan=255 bit=0-3", 0, "nan = 255 can never come from bits 0 to 3"),
        ("enum=0=off;on", 0, "enum: 'on' must be a code and a text, like 1=running"),
        ("enum=0=off;0=on", 0, "enum: code 0 stands twice"),
        ("enum=0=", 0, "enum: code 0 has no text"),
        ("enum=x=off", 0, "enum: code 'x' is no whole number"),
        ("enum=70000=off", 0, "enum: code 70000 can never come, only 0 to 65535"),
        ("enum=16=off bit=0-3", 0, "enum: code 16 can never come, only 0 to 15"),
        ("enum=-32769=off type=int16", 0, "can never come, only -32768 to 32767"),
        ("enum=0=off type=float32", 0, "codes are whole numbers, so the type cannot be float32"),
        ("enum=0=off scale=2", 0, "scale and offset are for numbers, not for a bool, a text"),
        ("enum=codes.csv", 0, "is neither codes, like 0=stopped;1=running, nor a file"),
    ],
)
def test_a_fault_of_a_cell_is_named(tmp_path: Path, cells: str, base: int, message: str) -> None:
    """With the line, once."""
    (fault,) = faults_of(tmp_path, cells, base=base)
    assert fault.startswith("map.csv:2: ")
    assert message in fault


@pytest.mark.parametrize(
    ("cells", "absent"),
    [
        ("nan=65535", (65_535,)),
        ("nan=0x8000;65535 type=int16", (-32_768, -1)),
        ("nan=-1", (65_535,)),
        ("nan=0x80000000 type=int32", (-(2**31),)),
        ("nan=0xFFFFFFFFFFFFFFFF type=uint64", (2**64 - 1,)),
        ("nan=-9999 type=float32", (-9999.0,)),
        ("nan=3.4e38 type=float32", (3.3999999521443642e38,)),
        ("nan=0x47C35000 type=float32", (100_000.0,)),
        ("nan=9999 type=bcd16", (9999,)),
        ("nan=0x9999;0xFFFF type=bcd16", (9999,)),
        ("nan=15 bit=4-7", (15,)),
    ],
)
def test_what_a_device_says_when_it_has_no_value(
    tmp_path: Path, cells: str, absent: tuple[float, ...]
) -> None:
    """As a number of the type, or as its pattern."""
    assert registers_of(tmp_path, cells)[0].absent == absent


def test_bits_in_both_notations(tmp_path: Path) -> None:
    """Behind the address or in a column; 40.1 and 40.10 are two bits."""
    rows = ("address=40.1 type=bool", "address=40.10 type=bool", "bit=3 type=bool")
    ranges = ("address=40.4-7", "bit=8-11", "bit=3")
    found = [register.bits for register in registers_of(tmp_path, *rows, *ranges)]
    assert found == [Bits(1, 1), Bits(10, 10), Bits(3, 3), Bits(4, 7), Bits(8, 11), Bits(3, 3)]


def test_codes_stand_in_the_cell_or_in_a_file(tmp_path: Path) -> None:
    """A file may have comments and hexadecimal codes."""
    (tmp_path / "codes.csv").write_text("code,text\n# states\n0,stopped\n0x11,running\n\n")
    rows = ("enum=0=stopped;0x11=running", "enum=codes.csv", "enum=-1=away type=int16 address=50")
    inline, filed, signed = registers_of(tmp_path, *rows)
    assert inline.labels == filed.labels == ((0, "stopped"), (17, "running"))
    assert signed.labels == ((-1, "away"),)
    files = [register.codes_file for register in (inline, filed, signed)]
    assert files == [None, tmp_path / "codes.csv", None]


def test_a_file_of_codes_is_one_of_the_files_of_the_plant(tmp_path: Path) -> None:
    """Who watches the plant for changes watches it too."""
    (tmp_path / "codes.csv").write_text("code,text\n0,stopped\n")
    written(tmp_path, "enum=codes.csv")
    (tmp_path / "plant.toml").write_text(
        '[[machines]]\nid = "m"\nline = "l"\nkind = "k"\n'
        '[machines.modbus]\nurl = "tcp://127.0.0.1:1"\nregisters = "map.csv"\n'
    )
    names = [path.name for path in load_plant(tmp_path / "plant.toml").files]
    assert names == ["plant.toml", "map.csv", "codes.csv"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("0,off\n", 1, "the header must be code,text"),
        ("code,text\n", 1, "holds no codes"),
        ("code,text\n0,off\n1\n", 3, "has 1 cells, must have 2"),
        ("code,text\n0,off\n0,on\n", 3, "code 0 stands twice"),
        ("code,text\n0,off\n65536,on\n", 3, "can never come"),
        ("code,text\n0,off\n1," + "x" * 200_000, 3, "is no CSV"),
        ("code,text\n0,\xff\n", 1, "is not UTF-8 text"),
    ],
)
def test_a_fault_of_a_file_of_codes_has_its_own_line(
    tmp_path: Path, content: str, line: int, message: str
) -> None:
    """In that file, not in the register map."""
    (tmp_path / "codes.csv").write_bytes(content.encode("latin-1"))
    (fault,) = faults_of(tmp_path, "enum=codes.csv")
    assert fault.startswith(f"codes.csv:{line}: ")
    assert message in fault


@pytest.mark.parametrize(
    "rows",
    [
        ("address=40 type=float32", "address=40 type=uint32"),
        ("address=40.0 type=bool", "address=40.1 type=bool", "address=40.4-7", "address=40"),
        ("address=40 type=uint32", "address=41.3 type=bool"),
        ("address=40 type=uint32 bit=0-11", "address=41"),
        ("address=40", "address=40 table=input", "address=40 table=coil type=bool"),
    ],
)
def test_registers_that_may_share_their_words(tmp_path: Path, rows: tuple[str, ...]) -> None:
    """The same words read in two ways, bits of a number of bits, and other tables."""
    assert len(registers_of(tmp_path, *rows)) == len(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("type=uint32", "address=41"), "map.csv:3: 's1' (holding 41 to 41) overlaps 's0'"),
        (("address=41", "type=uint32"), "map.csv:3: 's1' (holding 40 to 41) overlaps 's0'"),
        (("type=string length=9", "address=44", "address=48"), "map.csv:4: 's2' (holding 48"),
        (("type=float32", "address=41.3 type=bool"), "(holding 41 to 41) overlaps 's0' (40 to 41)"),
        (("type=uint32", "address=41.3 type=bool", "address=41"), "map.csv:4: 's2' (holding 41"),
    ],
)
def test_registers_that_lie_over_each_other_by_mistake(
    tmp_path: Path, rows: tuple[str, ...], message: str
) -> None:
    """Each names its partner, neighbours in the file or not."""
    assert any(message in fault for fault in faults_of(tmp_path, *rows))


def test_a_length_that_agrees_with_the_type_is_no_fault(tmp_path: Path) -> None:
    """Vendors' lists state it for every row."""
    (register,) = registers_of(tmp_path, "type=float32 length=2")
    assert (register.count, register.length, register.type) == (2, 0, RegisterType.FLOAT32)


def test_a_column_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    """Which of them would hold is nobody's guess."""
    path = tmp_path / "map.csv"
    path.write_text("signal,table,address,type,type\n")
    assert [defect.message for defect in load_registers(path)[1]] == ["column 'type' stands twice"]


@given(
    cells=st.fixed_dictionaries(
        {
            name: st.text(max_size=12)
            | st.sampled_from(["", "0", "1", "-1", "40001", "0x10", "1-3", "9" * 50, "inf", "1=a"])
            for name in ("address", "bit", "length", "scale", "nan", "enum")
        }
    ),
    kind=st.sampled_from(RegisterType),
    table=st.sampled_from(["", "holding", "coil"]),
)
def test_whatever_stands_in_a_row_it_is_a_register_or_a_fault(
    cells: dict[str, str],
    kind: RegisterType,
    table: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """And a register without a fault can be read out of words."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    row = {"signal": "x", "table": table, "type": kind.value, **cells}
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    registers, defects = load_registers(path)
    assert registers or defects
    for register in () if defects else registers:
        assert 0 <= register.address < register.end <= 65_536
        (value,) = BlockDecoder(registers, register.address).values([0] * register.count).values()
        assert value is None or isinstance(value, int | float | str)


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_register_map_or_faults_with_lines(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing is raised."""
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(b"signal,table,address,type\n" + content)
    assert all(defect.line >= 1 for defect in load_registers(path)[1])
