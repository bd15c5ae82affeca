"""A recorded CSV or Parquet file as rows of time and values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.errors import SettingsFault


@dataclass(frozen=True, slots=True)
class Recording:
    """Rows in the order of the file; the first column is the time, the others are signals."""

    times: Sequence[datetime]
    """UTC; a time without a zone is taken as UTC."""
    columns: Mapping[str, Sequence[float]]
    skipped: int = 0
    """Rows whose time could not be read."""

    def rows(self) -> Iterator[tuple[datetime, dict[str, float]]]:
        """Time and the values that are numbers; a row without one is left out."""
        for place, moment in enumerate(self.times):
            values = {name: float(column[place]) for name, column in self.columns.items()}
            values = {name: value for name, value in values.items() if math.isfinite(value)}
            if values:
                yield moment, values


def load_recording(
    path: Path, *, drop: Sequence[str] = (), rename: Mapping[str, str] | None = None
) -> Recording:
    """Read a recording.

    Args:
        path: a CSV with `,`, `;` or tab between its cells, or a Parquet file.
        drop: columns to leave out.
        rename: signal ids by column.
    """
    import pandas as pd

    table = _table(path)
    missing = [name for name in (*drop, *(rename or {})) if name not in table.columns]
    if missing or len(table.columns) < 2:
        raise SettingsFault(
            f"{path} has no columns {missing}." if missing else f"{path} has no signals.",
            remedy=f"It has: {', '.join(map(str, table.columns))}",
        )
    clock = table.columns[0]
    numeric = pd.api.types.is_numeric_dtype(table[clock])
    times = pd.to_datetime(table[clock], unit="s" if numeric else None, utc=True, errors="coerce")
    known = times.notna()
    signals = [name for name in table.columns[1:] if name not in drop]
    numbers = {
        (rename or {}).get(name, str(name)): pd.to_numeric(table[name], errors="coerce")[known]
        for name in signals
    }
    return Recording(
        times=[moment.to_pydatetime().astimezone(UTC) for moment in times[known]],
        columns={name: column.to_list() for name, column in numbers.items()},
        skipped=int((~known).sum()),
    )


def _table(path: Path) -> Any:
    import pandas as pd

    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            table = pd.read_parquet(path)
            return table.reset_index() if isinstance(table.index, pd.DatetimeIndex) else table
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        separator = max(";\t,", key=header.count)
        return pd.read_csv(path, sep=separator, encoding="utf-8-sig")
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"The recording {path} cannot be read: {fault}") from fault
