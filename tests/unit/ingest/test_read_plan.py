"""Which registers are read together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.modbus_address import parse_range
from ingest.plant import ModbusUnit
from ingest.read_plan import plan_of, read_plan, without_gaps
from ingest.registers import Register, RegisterTable
from ingest.words import RegisterType

KINDS = [RegisterType.UINT16, RegisterType.FLOAT32, RegisterType.FLOAT64]


def register(address: int, *, kind: RegisterType = RegisterType.UINT16, **more: object) -> Register:
    table = more.get("table", RegisterTable.HOLDING)
    assert isinstance(table, RegisterTable)
    return Register(f"{table}-{address}", table, address, kind)


def spans(
    *registers: Register, max_registers: int = 125, max_gap: int = 0
) -> list[tuple[int, int]]:
    plan = read_plan(registers, max_registers=max_registers, max_gap=max_gap)
    return [(block.address, block.count) for block in plan]


def test_neighbours_are_one_request() -> None:
    """In whichever order they stand in the file."""
    pressure = register(1, kind=RegisterType.FLOAT32)
    assert spans(register(3), pressure, register(0)) == [(0, 4)]


def test_a_small_gap_is_read_along_and_a_larger_one_is_not() -> None:
    """The gap counts unused addresses."""
    assert spans(register(0), register(4), max_gap=3) == [(0, 5)]
    assert spans(register(0), register(4), max_gap=2) == [(0, 1), (4, 1)]


def test_tables_are_never_mixed() -> None:
    """The same address of two tables is two things."""
    assert len(spans(register(0), register(0, table=RegisterTable.INPUT))) == 2


def test_the_limit_of_the_device_is_kept_to_the_register() -> None:
    """125 registers fit, 126 do not."""
    assert spans(*(register(n) for n in range(125))) == [(0, 125)]
    assert spans(*(register(n) for n in range(126))) == [(0, 125), (125, 1)]


def test_a_table_of_bits_takes_sixteen_for_a_register() -> None:
    """2,000 bits are the protocol's limit."""
    bits = [Register(f"b{n}", RegisterTable.COIL, n, RegisterType.BOOL) for n in (0, 1, 1999, 2000)]
    assert spans(*bits, max_gap=5000) == [(0, 2000), (2000, 1)]


def test_without_gaps_only_what_is_needed_is_read() -> None:
    """For devices that refuse unused addresses."""
    (block,) = read_plan([register(0), register(1), register(4)], max_registers=125, max_gap=8)
    pieces = without_gaps(block, max_registers=125)
    assert block.count == 5
    assert [(piece.address, piece.count) for piece in pieces] == [(0, 2), (4, 1)]


def test_an_illegal_range_is_never_read_along() -> None:
    """One address of another table does not matter."""
    illegal = [parse_range("holding 2"), parse_range("input 0-100")]
    blocks = read_plan(
        [register(0), register(1), register(3), register(4)],
        max_registers=125,
        max_gap=8,
        illegal=illegal,
    )
    assert [(block.address, block.count) for block in blocks] == [(0, 2), (3, 2)]


def test_the_plan_of_a_unit_keeps_its_own_limits() -> None:
    """Most registers, longest gap and illegal ranges, as the plant file says."""
    registers = tuple(register(at) for at in (0, 1, 2, 4, 6, 9))
    unit = ModbusUnit("tcp://h", 1, 1.0, registers, 1.0, 2, 1, (parse_range("holding 5"),))
    spans = [(block.address, block.count) for block in plan_of(unit)]
    assert spans == [(0, 2), (2, 1), (4, 1), (6, 1), (9, 1)]


@given(
    places=st.lists(
        st.tuples(st.sampled_from(RegisterTable), st.integers(0, 300), st.sampled_from(KINDS)),
        max_size=60,
    ),
    max_registers=st.integers(4, 125),
    max_gap=st.integers(0, 40),
)
def test_every_register_is_read_exactly_once_within_the_limit(
    places: list[tuple[RegisterTable, int, RegisterType]], max_registers: int, max_gap: int
) -> None:
    """Whatever the map looks like, overlaps included."""
    registers = [
        Register(f"s{n}", table, address, RegisterType.BOOL if table.of_bits else kind)
        for n, (table, address, kind) in enumerate(places)
    ]
    plan = read_plan(registers, max_registers=max_registers, max_gap=max_gap)
    read = [entry for block in plan for entry in block.registers]
    assert sorted(entry.signal for entry in read) == sorted(entry.signal for entry in registers)
    for block in plan:
        assert block.count <= max_registers * (16 if block.table.of_bits else 1)
        for entry in block.registers:
            assert entry.table is block.table
            assert block.address <= entry.address
            assert entry.end <= block.end
