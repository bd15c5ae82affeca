"""The history as a file for others: CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.errors import SettingsFault
from ingest.history import ExportRow
from ingest.vocabulary import Value

COLUMNS = ExportRow._fields
_ROWS_A_GROUP = 50_000


def write_csv(rows: Iterable[ExportRow], path: Path) -> int:
    """One line a reading; times in UTC to the microsecond, an empty value where there is none."""
    count = 0
    with _file_faults(path), path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            count += 1
            source, received = _shown_time(row.source_time), _shown_time(row.received_time)
            head = (row.machine, row.signal, source, received, row.sequence)
            writer.writerow((*head, _shown_value(row.value), row.unit, row.quality.value))
    return count


def write_parquet(rows: Iterable[ExportRow], path: Path) -> int:
    """The same columns, `value` as a number; texts stand in `value_text` beside it."""
    import pyarrow as pa
    from pyarrow import parquet

    time = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [
            ("machine", pa.string()),
            ("signal", pa.string()),
            ("source_time", time),
            ("received_time", time),
            ("sequence", pa.int64()),
            ("value", pa.float64()),
            ("unit", pa.string()),
            ("quality", pa.string()),
            ("value_text", pa.string()),
        ]
    )
    count = 0
    with _file_faults(path), parquet.ParquetWriter(path, schema) as writer:
        for group in _groups(rows):
            count += len(group)
            table = pa.Table.from_pylist([_as_columns(row) for row in group], schema=schema)
            writer.write_table(table)
    return count


@contextmanager
def _file_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise SettingsFault(
            f"{path} cannot be written: {fault.strerror or fault}.", remedy="Name another --out."
        ) from fault


def _groups(rows: Iterable[ExportRow]) -> Iterator[list[ExportRow]]:
    iterator = iter(rows)
    while group := list(islice(iterator, _ROWS_A_GROUP)):
        yield group


def _as_columns(row: ExportRow) -> dict[str, Any]:
    is_text = isinstance(row.value, str)
    number = None if is_text or row.value is None else float(row.value)
    return row._asdict() | {"value": number, "value_text": row.value if is_text else None}


def _shown_time(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _shown_value(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value
