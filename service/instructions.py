"""Instructions that stand in every handover until someone clears them, kept in history.db."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.errors import NotKnown
from ingest.instants import instant, microseconds
from ingest.plant import Machine
from service.database import Database
from service.faults import Conflict

_COLUMNS = "number, machine, line, issue, text, given, given_by, cleared, cleared_by"


@dataclass(frozen=True, slots=True)
class NewInstruction:
    """What somebody wants the next shifts to know or to do."""

    text: str
    """Untrusted: shown as a quote only."""
    line: str
    machine: str = ""
    """Empty: it is about the whole line."""
    issue: str = ""
    """The card that it flags."""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction, in force until it is cleared."""

    id: str
    machine: str
    line: str
    issue: str
    text: str
    given_at: datetime
    given_by: str
    cleared_at: datetime | None
    cleared_by: str


class InstructionStore:
    """Instructions by number; nothing is ever deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, new: NewInstruction, at: datetime) -> Instruction:
        """Keep an instruction and give it its id."""
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO instructions (machine, line, issue, text, given, given_by, "
                "cleared_by) VALUES (?, ?, ?, ?, ?, ?, '')",
                (new.machine, new.line, new.issue, new.text, microseconds(at), new.by),
            ).lastrowid
            return _found(connection, number or 0, f"N{number:05d}")

    def clear(self, instruction: str, *, by: str, at: datetime) -> Instruction:
        """It is done or no longer holds.

        Raises:
            NotKnown: no such instruction.
            Conflict: it was cleared before.
        """
        with self._database.transaction() as connection:
            found = _found(connection, _number(instruction), instruction)
            if found.cleared_at is not None:
                raise Conflict(f"Instruction {found.id} is cleared already.")
            connection.execute(
                "UPDATE instructions SET cleared = ?, cleared_by = ? WHERE number = ?",
                (microseconds(at), by, _number(instruction)),
            )
            return _found(connection, _number(instruction), instruction)

    def find(self, instruction: str) -> Instruction:
        """The instruction with that id; NotKnown otherwise."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM instructions WHERE number = ?", (_number(instruction),)
        )
        if not rows:
            raise NotKnown(f"There is no instruction {instruction}.")
        return _read(rows[0])

    def listed(
        self,
        *,
        cleared: bool = False,
        among: Sequence[Machine] | None = None,
        limit: int = 500,
    ) -> list[Instruction]:
        """The newest ones, oldest first; those in force only, unless `cleared`.

        With `among` those about one of these machines, or about the whole line of one.
        """
        only, values = ["1" if cleared else "cleared IS NULL"], list[str | int]()
        if among is not None:
            marks = ",".join("?" * len(among))
            only.append(f"(machine IN ({marks}) OR (machine = '' AND line IN ({marks})))")
            values += [*(one.id for one in among), *(one.line for one in among)]
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM instructions WHERE {' AND '.join(only)} "
            "ORDER BY number DESC LIMIT ?",
            [*values, limit],
        )
        return [_read(row) for row in reversed(rows)]

    def in_force(self, *, lines: Collection[str], machines: Collection[str]) -> list[Instruction]:
        """What is not cleared yet for these machines, and for these lines as a whole."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM instructions WHERE cleared IS NULL ORDER BY number"
        )
        found = (_read(row) for row in rows)
        return [
            one for one in found if (one.machine in machines if one.machine else one.line in lines)
        ]


def _found(connection: sqlite3.Connection, number: int, instruction: str) -> Instruction:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM instructions WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise NotKnown(f"There is no instruction {instruction}.")
    return _read(row)


def _read(row: tuple[Any, ...]) -> Instruction:
    number, machine, line, issue, text, given, given_by, cleared, cleared_by = row
    return Instruction(
        id=f"N{number:05d}",
        machine=machine,
        line=line,
        issue=issue,
        text=text,
        given_at=instant(given),
        given_by=given_by,
        cleared_at=instant(cleared) if cleared is not None else None,
        cleared_by=cleared_by,
    )


def _number(instruction: str) -> int:
    """The row of an id; -1, which no row has, for what is no id."""
    digits = instruction.removeprefix("N")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
