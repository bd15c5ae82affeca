"""A recorded CSV as windows: first column time, the others signals."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.errors import DataFault, SettingsFault
from ingest.vocabulary import Series, Window

LABELS = ("anomaly", "changepoint", "label")
"""Columns that are somebody's judgement and not a signal."""
DELIMITERS = ",;\t"
MILLISECONDS = 1e11
"""A number of seconds this large is a number of milliseconds."""
EARLIEST_S, LATEST_S = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2, 9000))
"""What lies outside is no time of a plant, and near the ends of the calendar."""
SAMPLE = 8192


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of signals over time; rows are counted from 1 below the header."""

    name: str
    times: tuple[float, ...]
    columns: dict[str, tuple[float, ...]]
    skipped: tuple[str, ...]
    """Columns without a single number."""

    def window(self, first: int = 0, last: int | None = None) -> Window:
        """Rows first to last, the last one excluded."""
        last = len(self.times) if last is None else min(last, len(self.times))
        span = range(first, last)
        if not span:
            raise DataFault(f"{self.name} has {_counted(len(self.times), first)}.")
        times = [self.times[i] for i in span]
        series = {name: self._series(name, values, span) for name, values in self.columns.items()}
        return Window(self.name, _instant(min(times)), _after(max(times), times), series)

    def _series(self, name: str, values: Sequence[float], span: range) -> Series:
        rows = [i for i in span if math.isfinite(values[i])]
        return Series(
            name,
            "",
            tuple(self.times[i] for i in rows),
            tuple(values[i] for i in rows),
            tuple(i + 1 for i in rows),
        )


def _counted(rows: int, first: int) -> str:
    return f"{rows} row(s), none of them behind the first {first}" if rows else "no rows"


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _after(last: float, times: Sequence[float]) -> datetime:
    """The end of a window is excluded: a little behind its last sample."""
    step = (last - min(times)) / max(1, len(times) - 1)
    return _instant(last) + timedelta(seconds=min(step, 1.0) or 1e-3)


def read_recording(path: Path, *, ignore: Sequence[str] = LABELS) -> Recording:
    """A CSV with a header, `,` or `;` or tab between the columns, times as ISO 8601 or epoch.

    Raises:
        SettingsFault: There is no such file.
        DataFault: It is no such CSV; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise SettingsFault(f"{path} is no UTF-8 text.", remedy="Save it as CSV UTF-8.") from fault
    except OSError as fault:
        raise SettingsFault(f"{path} cannot be read: {fault.strerror}.") from fault
    mark = max(DELIMITERS, key=text[:SAMPLE].split("\n", 1)[0].count)
    rows = _rows(path, text, mark)
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DataFault(f"{path}: a header, a time column, a signal and a row are needed.")
    header = [name.strip() or f"column {at}" for at, name in enumerate(rows[0], start=1)]
    body = [(number, row) for number, row in enumerate(rows[1:], start=2) if row]
    times = tuple(_time(path, number, row[0]) for number, row in body)
    wanted = [(at, name) for at, name in enumerate(header) if at and name not in ignore]
    _refuse_twins(path, [name for _, name in wanted])
    columns = {name: tuple(_column(body, at, mark)) for at, name in wanted}
    good = {name: values for name, values in columns.items() if any(map(math.isfinite, values))}
    return Recording(path.stem, times, good, tuple(sorted(set(columns) - set(good))))


def _rows(path: Path, text: str, mark: str) -> list[list[str]]:
    reader = csv.reader(text.splitlines(), delimiter=mark)
    try:
        return list(reader)
    except csv.Error as fault:
        raise DataFault(f"{path}:{reader.line_num}: is no CSV: {fault}.") from fault


def _refuse_twins(path: Path, names: Sequence[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise DataFault(
            f"{path}:1: several columns are called {twins[0][:40]!r}.",
            remedy="Rename them, or leave them out by --ignore.",
        )


def _column(body: Sequence[tuple[int, list[str]]], at: int, mark: str) -> Iterator[float]:
    for _, row in body:
        text = row[at].strip() if at < len(row) else ""
        yield _number(text.replace(",", ".") if mark == ";" else text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _time(path: Path, number: int, text: str) -> float:
    """Seconds since the Unix epoch; a time without a zone is taken to be UTC."""
    try:
        seconds = _seconds(text)
    except ValueError:
        seconds = math.nan
    if EARLIEST_S <= seconds <= LATEST_S:
        return seconds
    raise DataFault(
        f"{path}:{number}: {text[:40]!r} is no time.",
        remedy="Write it as ISO 8601, like 2026-11-22T10:00:00Z, or as seconds since 1970.",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds / 1000.0 if abs(seconds) >= MILLISECONDS else seconds
