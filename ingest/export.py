"""The history as a file for others: CSV or Parquet, of readings or of rollups."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ingest.errors import SettingsFault
from ingest.history import ExportRow
from ingest.rollups import Rollup

_ROWS_A_GROUP = 50_000

Form = Literal["csv", "parquet"]


class RollupRow(NamedTuple):
    """One line of `andon history export --rollup`."""

    machine: str
    signal: str
    source: str
    start: datetime
    seconds: int
    numbers: int
    """How many there are that are not bad; the columns up to `last_time` are about these."""
    mean: float | None
    low: float | None
    low_time: datetime | None
    high: float | None
    high_time: datetime | None
    first: float | None
    first_time: datetime | None
    last: float | None
    last_time: datetime | None
    rest: int
    """Readings without a number, or bad."""
    unit: str
    quality: str
    """`good` if all numbers are, else `uncertain`; `bad` without a number."""
    received_time: datetime


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of rows is written."""

    columns: Sequence[str]
    parquet: Sequence[tuple[str, str]]
    """Names and types."""
    as_columns: Callable[[Any], Sequence[Any]]
    """A row with its values as Parquet takes them."""


def write_readings(rows: Iterable[ExportRow], path: Path, form: Form) -> int:
    """One line a reading; in Parquet `value` is a number and texts stand in `value_text`."""
    return _write(_READINGS, rows, path, form)


def write_rollups(rollups: Iterable[Rollup], path: Path, form: Form) -> int:
    """One line a rollup."""
    return _write(_ROLLUPS, (_row(rollup) for rollup in rollups), path, form)


def _write(kind: _Kind, rows: Iterable[Sequence[Any]], path: Path, form: Form) -> int:
    with _file_faults(path):
        if form == "csv":
            return _write_csv(kind, rows, path)
        return _write_parquet(kind, rows, path)


def _write_csv(kind: _Kind, rows: Iterable[Sequence[Any]], path: Path) -> int:
    """Times in UTC to the microsecond, nothing where there is no value."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(kind.columns)
        for row in rows:
            count += 1
            writer.writerow([_shown(value) for value in row])
    return count


def _write_parquet(kind: _Kind, rows: Iterable[Sequence[Any]], path: Path) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "number": pa.float64(),
        "integer": pa.int64(),
    }
    schema = pa.schema([(name, types[given]) for name, given in kind.parquet])
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for group in _groups(rows):
            count += len(group)
            columns = zip(*(kind.as_columns(row) for row in group), strict=True)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return count


@contextmanager
def _file_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise SettingsFault(
            f"{path} cannot be written: {fault.strerror or fault}.", remedy="Name another --out."
        ) from fault


def _groups(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    iterator = iter(rows)
    while group := list(islice(iterator, _ROWS_A_GROUP)):
        yield group


def _reading_columns(row: ExportRow) -> Sequence[Any]:
    is_text = isinstance(row.value, str)
    number = None if is_text or row.value is None else float(row.value)
    texts = (row.unit, row.quality.value, row.value if is_text else None)
    return (*row[:5], number, *texts)


def _row(rollup: Rollup) -> RollupRow:
    good = "good" if rollup.all_good else "uncertain"
    return RollupRow(
        machine=rollup.machine,
        signal=rollup.signal,
        source=rollup.source,
        start=rollup.start,
        seconds=int(rollup.step.total_seconds()),
        numbers=rollup.count,
        mean=rollup.mean,
        low=rollup.low,
        low_time=rollup.low_time,
        high=rollup.high,
        high_time=rollup.high_time,
        first=rollup.first,
        first_time=rollup.first_time,
        last=rollup.last,
        last_time=rollup.last_time,
        rest=rollup.rest,
        unit=rollup.unit,
        quality=good if rollup.count else "bad",
        received_time=rollup.received_time,
    )


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else value


_READINGS = _Kind(
    ExportRow._fields,
    (
        *(("machine", "text"), ("signal", "text")),
        *(("source_time", "time"), ("received_time", "time"), ("sequence", "integer")),
        *(("value", "number"), ("unit", "text"), ("quality", "text"), ("value_text", "text")),
    ),
    _reading_columns,
)
_ROLLUPS = _Kind(
    RollupRow._fields,
    (
        *(("machine", "text"), ("signal", "text"), ("source", "text"), ("start", "time")),
        *(("seconds", "integer"), ("numbers", "integer"), ("mean", "number")),
        *(("low", "number"), ("low_time", "time"), ("high", "number"), ("high_time", "time")),
        *(("first", "number"), ("first_time", "time"), ("last", "number"), ("last_time", "time")),
        *(("rest", "integer"), ("unit", "text"), ("quality", "text"), ("received_time", "time")),
    ),
    tuple,
)
