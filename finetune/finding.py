"""What the check of labelled data found, and the report of all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import DataFault

MOST_LISTED = 50
"""Rows of one finding that the report lists."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd in a file; the file is the subject of its sentence."""

    code: str
    """A fixed word for programs, such as `missing_label`."""
    message: str
    rows: tuple[int, ...] = ()
    """Counted from 0, below the header."""
    column: str = ""
    sample: str = ""
    """What stands in the first of the rows, where that helps."""
    fault: bool = True
    """Whether nothing can be trained on it; else it is a warning."""
    remedy: str = ""

    @property
    def words(self) -> str:
        """One sentence with the rows, without the file."""
        place = f": {rows_named(self.rows)}" if self.rows else ""
        sample = f" ({self.sample[:60]!r})" if self.sample else ""
        return f"{self.message}{place}{sample}."

    def as_dict(self) -> dict[str, Any]:
        """For programs; rows counted from 1."""
        return {
            "code": self.code,
            "message": self.words,
            "column": self.column,
            "rows": [row + 1 for row in self.rows[:MOST_LISTED]],
            "count": len(self.rows),
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that was found in one file of labelled rows."""

    path: Path
    rows: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    """Rows by label."""
    features: tuple[str, ...] = ()
    """Numbers that are read."""
    unused: tuple[str, ...] = ()
    """Columns that are not read."""
    findings: tuple[Finding, ...] = ()

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What must be mended first."""
        return tuple(one for one in self.findings if one.fault)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person should know about a model that is trained on it."""
        return tuple(one for one in self.findings if not one.fault)

    def refuse(self) -> None:
        """Go on only without faults.

        Raises:
            DataFault: all faults at once.
        """
        refuse(self.path, self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`, the report of a training and the card."""
        return {
            "file": str(self.path),
            "ok": not self.faults,
            "rows": self.rows,
            "labels": dict(self.labels),
            "features": list(self.features),
            "unused_columns": list(self.unused),
            "faults": [one.as_dict() for one in self.faults],
            "warnings": [one.as_dict() for one in self.warnings],
        }


def refuse(path: Path, findings: Iterable[Finding]) -> None:
    """Raise one fault that lists all of them, if there are any.

    Raises:
        DataFault: with the file, each fault and what to do.
    """
    faults = [one for one in findings if one.fault]
    if len(faults) == 1:
        raise DataFault(f"{path} {faults[0].words}", remedy=faults[0].remedy)
    if faults:
        lines = "".join(f"\n- It {one.words} {one.remedy}".rstrip() for one in faults)
        raise DataFault(f"{path} has {len(faults)} faults:{lines}")


def rows_named(rows: Sequence[int], *, shown: int = 5) -> str:
    """`row 3`, `rows 3, 7` or `rows 3, 7, 9, 12, 15 and 20 more`, counted from 1."""
    numbers = ", ".join(str(row + 1) for row in rows[:shown])
    more = f" and {len(rows) - shown} more" if len(rows) > shown else ""
    return f"row{'s' if len(rows) > 1 else ''} {numbers}{more}"
