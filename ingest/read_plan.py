"""Which registers are read together: few requests, within the device's limit, small gaps only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.modbus_address import IllegalRange
from ingest.plant import ModbusUnit
from ingest.registers import Register, RegisterTable

BITS_A_REGISTER = 16


@dataclass(frozen=True, slots=True)
class Block:
    """One request: addresses that lie together in one table, and the registers in them."""

    table: RegisterTable
    address: int
    count: int
    registers: tuple[Register, ...]

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count

    def __str__(self) -> str:
        """`read holding 0 to 9: state, oil_temp`."""
        signals = ", ".join(register.signal for register in self.registers)
        return f"read {self.table} {self.address} to {self.end - 1}: {signals}"


def plan_of(unit: ModbusUnit) -> tuple[Block, ...]:
    """The requests that fetch all registers of a unit once."""
    return read_plan(
        unit.registers,
        max_registers=unit.max_registers,
        max_gap=unit.max_gap,
        illegal=unit.illegal,
    )


def read_plan(
    registers: Iterable[Register],
    *,
    max_registers: int,
    max_gap: int,
    illegal: Sequence[IllegalRange] = (),
) -> tuple[Block, ...]:
    """The requests that fetch all registers once, each at most `max_registers` long.

    A gap of up to `max_gap` addresses is read along, unless one of them is illegal. Tables of bits
    take 16 bits for a register.
    """
    blocks: list[Block] = []
    for register in sorted(registers, key=lambda entry: (entry.table.read_function, entry.address)):
        if (
            blocks
            and _fits(blocks[-1], register, max_registers, max_gap)
            and not _touched(illegal, blocks[-1], register)
        ):
            blocks[-1] = _extended(blocks[-1], register)
        else:
            blocks.append(Block(register.table, register.address, register.count, (register,)))
    return tuple(blocks)


def without_gaps(block: Block, *, max_registers: int) -> tuple[Block, ...]:
    """The same registers in requests that read nothing else."""
    return read_plan(block.registers, max_registers=max_registers, max_gap=0)


def _fits(block: Block, register: Register, max_registers: int, max_gap: int) -> bool:
    longest = max_registers * (BITS_A_REGISTER if block.table.of_bits else 1)
    return (
        block.table is register.table
        and register.address - block.end <= max_gap
        and max(register.end, block.end) - block.address <= longest
    )


def _touched(illegal: Sequence[IllegalRange], block: Block, register: Register) -> bool:
    """Whether the block, made longer by that register, would run over an illegal address."""
    end = max(block.end, register.end)
    return any(own.touches(block.table.value, block.address, end) for own in illegal)


def _extended(block: Block, register: Register) -> Block:
    registers: Sequence[Register] = (*block.registers, register)
    count = max(block.end, register.end) - block.address
    return Block(block.table, block.address, count, tuple(registers))
