"""On which line of a TOML text each key stands, and what of the text can still be read.

`tomllib` gives values without places. TOML is read here statement by statement (a header or one
`key = value`, grown line by line until `tomllib` accepts it), so no second TOML grammar is needed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Step = str | int
Steps = tuple[Step, ...]

_LINE_OF_ERROR = re.compile(r"\(at line (\d+), column \d+\)")
_AT_END = re.compile(r"\(at end of document\)")
_MOST_SYNTAX_FAULTS = 50
_LONGEST_STATEMENT = 400


@dataclass(frozen=True, slots=True)
class SyntaxDefect:
    """A line that TOML itself refuses."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class TomlText:
    """What a TOML text says, where each part stands, and the lines that had to be left out."""

    values: Mapping[str, Any]
    lines: Mapping[Steps, int]
    """From a path of keys and list positions to a line, counted from 1."""
    defects: tuple[SyntaxDefect, ...]

    def line_of(self, steps: Steps) -> int:
        """The line of that place, or of the nearest place around it; 1 for the whole text."""
        for length in range(len(steps), 0, -1):
            if (line := self.lines.get(steps[:length])) is not None:
                return line
        return 1


def read_toml(text: str) -> TomlText:
    """Read a TOML text; lines with a syntax fault are noted and left out of the values."""
    lines = text.splitlines()
    defects: list[SyntaxDefect] = []
    while True:
        try:
            values = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as fault:
            number = _line_of(str(fault), len(lines))
            defects.append(SyntaxDefect(number, _without_place(str(fault))))
            if len(defects) >= _MOST_SYNTAX_FAULTS or not lines[number - 1]:
                return TomlText({}, {}, tuple(defects))
            lines[number - 1] = ""
            continue
        except RecursionError:
            return TomlText({}, {}, (*defects, SyntaxDefect(1, "nested too deeply")))
        return _placed(values, "\n".join(lines), defects)


def _placed(values: Mapping[str, Any], text: str, defects: Sequence[SyntaxDefect]) -> TomlText:
    try:
        return TomlText(values, _places(text), tuple(defects))
    except RecursionError:  # a key of thousands of parts
        return TomlText({}, {}, (*defects, SyntaxDefect(1, "nested too deeply")))


def _line_of(message: str, last: int) -> int:
    match = _LINE_OF_ERROR.search(message)
    return min(int(match.group(1)), last) if match else max(last, 1)


def _without_place(message: str) -> str:
    return _AT_END.sub("", _LINE_OF_ERROR.sub("", message)).strip()


def _places(text: str) -> dict[Steps, int]:
    places: dict[Steps, int] = {}
    counts: dict[Steps, int] = {}
    here: Steps = ()
    for number, statement in _statements(text.splitlines()):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            here = _enter(_only_path(parsed, stop_at_list=True), statement, counts=counts)
            for length in range(1, len(here) + 1):  # `[[a]]` is a line for `a` as well
                places.setdefault(here[:length], number)
        else:
            _note(parsed, here, number=number, places=places)
    return places


def _statements(lines: list[str]) -> Iterator[tuple[int, str]]:
    index = 0
    while index < len(lines):
        stripped = lines[index].strip()
        if not stripped or stripped.startswith("#"):
            index += 1
            continue
        length = _length_of_statement(lines, index)
        yield index + 1, "\n".join(lines[index : index + length])
        index += length


def _length_of_statement(lines: list[str], index: int) -> int:
    for length in range(1, min(len(lines) - index, _LONGEST_STATEMENT) + 1):
        try:
            tomllib.loads("\n".join(lines[index : index + length]))
        except tomllib.TOMLDecodeError:
            continue
        return length
    return 1  # pragma: no cover - the whole text was read before


def _only_path(parsed: Mapping[str, Any], *, stop_at_list: bool) -> tuple[str, ...]:
    path: list[str] = []
    inner: Any = parsed
    while isinstance(inner, Mapping) and len(inner) == 1:
        key, inner = next(iter(inner.items()))
        path.append(key)
        if stop_at_list and isinstance(inner, list):
            break
    return tuple(path)


def _enter(path: tuple[str, ...], statement: str, *, counts: dict[Steps, int]) -> Steps:
    """The place of a header: each array of tables on the way stands at its newest element."""
    appends = statement.lstrip().startswith("[[")
    here: Steps = ()
    for position, key in enumerate(path):
        here = (*here, key)
        if appends and position == len(path) - 1:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def _note(parsed: Mapping[str, Any], here: Steps, *, number: int, places: dict[Steps, int]) -> None:
    for key, value in parsed.items():
        place = (*here, key)
        places.setdefault(place, number)
        if isinstance(value, Mapping):
            _note(value, place, number=number, places=places)
