"""The file of redaction rules, checked as a whole: every fault by file and line.

```toml
built_in = ["email", "phone"]      # both when absent

[[rules]]
name = "badge"                     # hidden as [badge-1], [badge-2] ...
pattern = '\\bP-?\\d{5}\\b'

[[rules]]
name = "name"
words_file = "names.txt"           # one a line, beside this file; or words = ["Nowak", "Meier"]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

import regex
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ingest.errors import SettingsFault
from ingest.text_file import read_text
from ingest.toml_lines import Steps, TomlText, read_toml
from prompting.redaction import BUILT_IN, WITHHELD, Redaction, Rule, words_rule

REMEDY = "Correct it, or unset ANDON_LLM_REDACT_FILE."
SHIPPED = Redaction(tuple(BUILT_IN.values()))
MOST_WORDS = 5_000
TRIAL = "a0 " * 40
"""What a pattern must not stumble over."""

Words = Annotated[str, StringConstraints(min_length=2, max_length=100, strip_whitespace=True)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    pattern: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    words: Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST_WORDS)] | None = None
    words_file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = (self.pattern, self.words, self.words_file)
        if sum(part is not None for part in given) != 1:
            raise ValueError("give exactly one of pattern, words and words_file")
        if self.name == WITHHELD:
            raise ValueError(f"{WITHHELD} is the name of what no rule could look through")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    built_in: tuple[Literal["email", "phone"], ...] = ("email", "phone")
    rules: tuple[_Rule, ...] = ()


class _Defect(Exception):
    """What is wrong with a rule, and in which file and line if not where the rule stands."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def read_redaction(path: Path) -> Redaction:
    """The rules of a file.

    Raises:
        SettingsFault: The file cannot be used; every fault by file and line.
    """
    text = read_toml(_text(path))
    if text.defects:
        raise _fault(f"{path}:{defect.line}: {defect.message}" for defect in text.defects)
    try:
        found = _File.model_validate(text.values)
    except ValidationError as fault:
        raise _fault(_complaints(path, text, fault)) from fault
    return Redaction((*(BUILT_IN[name] for name in found.built_in), *_rules(path, text, found)))


def _rules(path: Path, text: TomlText, found: _File) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    lines: list[str] = []
    for number, given in enumerate(found.rules):
        try:
            rules.append(_rule(given, path.parent))
        except _Defect as defect:
            line = text.line_of(("rules", number, _key(given)))
            lines.append(f"{defect.place or f'{path}:{line}'}: {defect.message}")
    if lines:
        raise _fault(lines)
    return tuple(rules)


def _key(given: _Rule) -> str:
    return next(key for key in ("pattern", "words", "words_file") if getattr(given, key))


def _rule(given: _Rule, folder: Path) -> Rule:
    if given.pattern is not None:
        return Rule(given.name, _pattern(given.pattern))
    if given.words is not None:
        return words_rule(given.name, given.words)
    return words_rule(given.name, _listed(folder / (given.words_file or "")))


def _pattern(written: str) -> regex.Pattern[str]:
    """A pattern that says something and is done with a line in time."""
    try:
        pattern = regex.compile(written)
        if pattern.search("", timeout=1.0) is not None:
            raise _Defect("the pattern fits where nothing stands, so everywhere")
        pattern.search(TRIAL, timeout=1.0)
    except regex.error as fault:
        raise _Defect(f"no regular expression: {fault}") from fault
    except (TimeoutError, RecursionError, MemoryError, OverflowError) as fault:
        raise _Defect("the pattern takes too long") from fault
    return pattern


def _listed(path: Path) -> tuple[str, ...]:
    lines = _content(path).splitlines()
    words = [line.split("#")[0].strip() for line in lines]
    for number, entry in enumerate(words, start=1):
        if entry and not 2 <= len(entry) <= 100:
            raise _Defect("two to a hundred letters a line", f"{path}:{number}")
    kept = tuple(filter(None, words))
    if not kept or len(kept) > MOST_WORDS:
        raise _Defect(f"one to {MOST_WORDS} lines with words, not {len(kept)}", f"{path}:1")
    return kept


def _content(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise _Defect(f"{path} cannot be read: {_why(fault)}") from fault


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise SettingsFault(f"{path} cannot be read: {_why(fault)}.", remedy=REMEDY) from fault


def _why(fault: Exception) -> str:
    return (fault.strerror or str(fault)) if isinstance(fault, OSError) else str(fault)


def _complaints(path: Path, text: TomlText, fault: ValidationError) -> Iterator[str]:
    for defect in fault.errors(include_url=False, include_context=False):
        steps: Steps = tuple(defect["loc"])
        name = ".".join(str(step) for step in steps)
        words = defect["msg"].removeprefix("Value error, ")
        yield f"{path}:{text.line_of(steps)}: {name}: {words}"


def _fault(lines: Iterator[str] | list[str]) -> SettingsFault:
    return SettingsFault("Faults in the redaction rules:\n" + "\n".join(lines), remedy=REMEDY)
