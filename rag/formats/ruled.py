"""Tables whose cells are ruled off: the lines on a page say which words share a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from rag.formats.table import Fragment, Row, Table

_NEAR = 2.5
"""Points by which lines of one table may miss each other."""
_LINES = 600
"""Lines in one direction that are looked at; a page with more of them is a drawing."""
_ROWS, _COLUMNS = 200, 40

Line = tuple[float, float, float, float]
"""Left, bottom, right, top of a thin line."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line across or down the page: where it is, and from where to where it goes."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Ruled:
    """The cells of one table."""

    columns: tuple[float, ...]
    """Where they begin and the last one ends, left to right."""
    levels: tuple[float, ...]
    """Where rows begin and the last one ends, from the top."""
    across: tuple[Edge, ...]
    down: tuple[Edge, ...]

    def holds(self, fragment: Fragment) -> bool:
        """Whether these words stand in it."""
        x, y = _middle(fragment)
        inside = self.levels[-1] < y < self.levels[0]
        return inside and self.columns[0] - _NEAR < x < self.columns[-1] + _NEAR

    def rows(self, fragments: Sequence[Fragment]) -> list[Row]:
        """Its rows; a cell that spans rows is in each of them, one that spans columns in the first.

        Only in the first row, which names the columns, it is in each of them.
        """
        areas = areas_of(self)
        words: dict[tuple[int, int], list[Fragment]] = {}
        for fragment in fragments:
            words.setdefault(areas[self._cell(fragment)], []).append(fragment)
        return [self._row(number, areas, words) for number in range(len(self.levels) - 1)]

    def untitled(self) -> Ruled:
        """Without a row at its top that is one cell: that is its title."""
        areas = areas_of(self)
        first = {areas[0, column] for column in range(len(self.columns) - 1)}
        if len(first) > 1 or len(self.levels) < 4:
            return self
        return replace(self, levels=self.levels[1:]).untitled()

    def names(self) -> int:
        """How many rows name the columns: two where a name of the first spans several."""
        areas = areas_of(self)
        width = len(self.columns) - 1
        spanning = any(areas[0, c] == areas[0, c - 1] for c in range(1, width))
        return 2 if spanning and len(self.levels) > 3 else 1

    def _row(
        self,
        row: int,
        areas: Mapping[tuple[int, int], tuple[int, int]],
        words: Mapping[tuple[int, int], Sequence[Fragment]],
    ) -> Row:
        texts: list[str] = []
        there: list[Fragment] = []
        for column in range(len(self.columns) - 1):
            area = areas[row, column]
            first = column == 0 or areas[row, column - 1] != area
            cell = sorted(words.get(area, ()), key=lambda f: (-round(f.y), f.x))
            shown = first or row == 0
            texts.append(" ".join(fragment.text for fragment in cell) if shown else "")
            there.extend(cell if first else ())
        return Row(tuple(texts), tuple(there))

    def _cell(self, fragment: Fragment) -> tuple[int, int]:
        x, y = _middle(fragment)
        column = sum(1 for edge in self.columns[1:-1] if edge < x)
        return sum(1 for level in self.levels[1:-1] if level > y), column


@lru_cache(maxsize=16)
def areas_of(ruled: Ruled) -> dict[tuple[int, int], tuple[int, int]]:
    """By row and column: the first cell of the area that no line divides."""
    beside = [_at(ruled.down, column) for column in ruled.columns]
    above = [_at(ruled.across, level) for level in ruled.levels]
    areas: dict[tuple[int, int], tuple[int, int]] = {}
    for row, y in enumerate(_middles(ruled.levels)):
        for column, x in enumerate(_middles(ruled.columns)):
            area = (row, column)
            if column and not _covered(beside[column], y):
                area = areas[row, column - 1]
            elif row and not _covered(above[row], x):
                area = areas[row - 1, column]
            areas[row, column] = area
    return areas


def _middles(places: Sequence[float]) -> list[float]:
    return [(one + other) / 2 for one, other in pairwise(places)]


def _at(edges: Sequence[Edge], place: float) -> list[Edge]:
    return [edge for edge in edges if abs(edge.at - place) <= 2 * _NEAR]


def ruled_tables(lines: Sequence[Line]) -> list[Ruled]:
    """The tables that lines across and down make, with at least two rows and two columns."""
    across = merged([Edge((b + t) / 2, lt, r) for lt, b, r, t in lines if r - lt >= t - b])
    down = merged([Edge((lt + r) / 2, b, t) for lt, b, r, t in lines if r - lt < t - b])
    if not across or not down or max(len(across), len(down)) > _LINES:
        return []
    tables = (_table(*group) for group in _groups(across, down))
    return [table.untitled() for table in tables if table is not None]


def filled(ruled: Ruled, fragments: Sequence[Fragment], end: int, before: Table | None) -> Table:
    """The table with its words.

    Args:
        end: Index of the first fragment behind it.
        before: The table with which the page before ended; one with the same columns goes on here.
    """
    rows = ruled.rows(fragments)
    goes_on = before is not None and same_columns(before.edges, ruled.columns)
    if before is not None and goes_on:
        return replace(before, rows=tuple(row for row in rows if any(row.cells)), end=end)
    names = ruled.names()
    pairs = len(rows[0].cells) == 2 and all(row.cells[0].endswith(":") for row in rows)
    header = tuple(
        "" if pairs else " ".join(dict.fromkeys(row.cells[c] for row in rows[:names])).strip()
        for c in range(len(rows[0].cells))
    )
    below = tuple(row for row in rows[0 if pairs else names :] if any(row.cells))
    return Table(header, ruled.columns, below, end, ruled.columns)


def same_columns(edges: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the columns of two tables stand at the same places."""
    return len(edges) == len(others) and all(
        abs(one - other) < 2 * _NEAR for one, other in zip(edges, others, strict=True)
    )


def is_table(ruled: Ruled, fragments: Sequence[Fragment]) -> bool:
    """Whether it holds words as a table does, and not as a drawing or a frame."""
    full = [sum(1 for cell in row.cells if cell) for row in ruled.rows(fragments)]
    return sum(1 for cells in full if cells > 1) > 1


def merged(edges: Sequence[Edge]) -> list[Edge]:
    """Pieces of one line as one."""
    found: list[Edge] = []
    level: list[Edge] = []
    for edge in sorted(edges, key=lambda e: e.at):
        if level and edge.at - level[0].at > _NEAR:
            found.extend(_ends_joined(level))
            level = []
        level.append(edge)
    return [*found, *_ends_joined(level)]


def _ends_joined(level: Sequence[Edge]) -> Iterator[Edge]:
    last: Edge | None = None
    for edge in sorted(level, key=lambda e: e.start):
        if last is not None and edge.start - last.end <= _NEAR:
            last = Edge(last.at, last.start, max(last.end, edge.end))
            continue
        if last is not None:
            yield last
        last = edge
    if last is not None:
        yield last


def _groups(
    across: Sequence[Edge], down: Sequence[Edge]
) -> Iterator[tuple[list[Edge], list[Edge]]]:
    """Lines that touch each other, directly or by others."""
    waiting = set(range(len(down)))
    free = set(range(len(across)))
    while waiting:
        mine, reached = set[int](), {waiting.pop()}
        todo = list(reached)
        while todo:
            one = down[todo.pop()]
            touched = {i for i in free if _touch(across[i], one)}
            free -= touched
            mine |= touched
            more = {j for j in waiting if any(_touch(across[i], down[j]) for i in touched)}
            waiting -= more
            reached |= more
            todo.extend(more)
        yield [across[i] for i in mine], [down[j] for j in reached]


def _touch(across: Edge, down: Edge) -> bool:
    beside = across.start - _NEAR <= down.at <= across.end + _NEAR
    return beside and down.start - _NEAR <= across.at <= down.end + _NEAR


def _table(across: Sequence[Edge], down: Sequence[Edge]) -> Ruled | None:
    """Open sides are closed by the ends of the lines."""
    if not across:
        return None
    columns = _distinct([*(e.at for e in down), *_outer([(e.start, e.end) for e in across])])
    levels = _distinct([*(e.at for e in across), *_outer([(e.start, e.end) for e in down])])
    if not (3 <= len(columns) <= _COLUMNS and 3 <= len(levels) <= _ROWS):
        return None
    return Ruled(tuple(columns), tuple(reversed(levels)), tuple(across), tuple(down))


def _outer(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(start for start, _ in ends), max(end for _, end in ends)


def _distinct(places: Sequence[float]) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > 2 * _NEAR:
            found.append(place)
    return found


def _covered(edges: Sequence[Edge], place: float) -> bool:
    return any(edge.start < place < edge.end for edge in edges)


def _middle(fragment: Fragment) -> tuple[float, float]:
    return (fragment.x + max(fragment.right, fragment.x)) / 2, fragment.y + 0.3 * fragment.size
