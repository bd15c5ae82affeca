"""What the styles and lists of a Word document make of a paragraph: a heading, a numbered step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.formats.word_text import W

_HEADING = re.compile(r"(?i)heading (\d)")
_LISTED = re.compile(r"(?i)list (?:bullet|number) (\d)")
_CHAIN = 20
"""Styles that one style may stand on."""
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Item:
    """Place of a paragraph in a list."""

    number: int
    """0 for a bullet."""
    depth: int


class Styles:
    """The paragraph styles by id."""

    def __init__(self, part: Any) -> None:
        self._styles = {
            style.get(f"{W}styleId"): style for style in part.styles.element.iter(f"{W}style")
        }

    def heading(self, properties: Any) -> int:
        """Level of the heading that the paragraph is, the title of the document being 1; else 0."""
        own = _value(properties, "outlineLvl")
        if own.isdigit() and int(own) < _LEVELS:
            return int(own) + 2
        for style in self.chain(properties):
            name = _value(style, "name")
            if name.lower() == "title":
                return 1
            if known := _HEADING.fullmatch(name):
                return int(known.group(1)) + 1
            level = _value(style.find(f"{W}pPr"), "outlineLvl")
            if level.isdigit() and int(level) < _LEVELS:
                return int(level) + 2
        return 0

    def depth(self, properties: Any) -> int:
        """How deep a list style stands by its name: `List Bullet 2` within `List Number`."""
        names = (_LISTED.fullmatch(_value(style, "name")) for style in self.chain(properties))
        return max((int(name.group(1)) - 1 for name in names if name), default=0)

    def continues(self, properties: Any) -> bool:
        """Whether such a paragraph carries on the item of a list."""
        names = [_value(style, "name").lower() for style in self.chain(properties)]
        return any(name.startswith(("list continue", "list paragraph")) for name in names)

    def chain(self, properties: Any) -> Iterator[Any]:
        """The style of a paragraph and those that it stands on."""
        name = _value(properties, "pStyle")
        for _ in range(_CHAIN):
            style = self._styles.get(name)
            if style is None:
                return
            yield style
            name = _value(style, "basedOn")


class Lists:
    """Counts the items of the numbered lists as Word does."""

    def __init__(self, part: Any) -> None:
        self._levels: dict[tuple[str, int], tuple[str, int]] = {}
        """Format and first number, by list and depth."""
        self._counted_as: dict[str, str] = {}
        """Lists of one definition count on together."""
        self._counts: dict[tuple[str, int], int] = {}
        numbering = _numbering(part)
        if numbering is not None:
            self._read(numbering)

    def item(self, properties: Any, styles: Styles) -> Item | None:
        """The place of the next paragraph with these properties; None outside of lists."""
        found = _list_of(properties)
        if not found[0]:
            inherited = [_list_of(style.find(f"{W}pPr")) for style in styles.chain(properties)]
            found = next((each for each in inherited if each[0]), ("", 0))
        name, depth = found
        within = max(depth, styles.depth(properties))
        if name in ("", "0") or (name, depth) not in self._levels:
            return None
        form, start = self._levels[name, depth]
        if form in ("bullet", "none"):
            return Item(0, within)
        return Item(self._count(self._counted_as[name], depth, start), within)

    def _count(self, name: str, depth: int, start: int) -> int:
        number = self._counts.get((name, depth), start - 1) + 1
        self._counts[name, depth] = number
        for deeper in range(depth + 1, _LEVELS):
            self._counts.pop((name, deeper), None)
        return number

    def _read(self, numbering: Any) -> None:
        definitions = {
            each.get(f"{W}abstractNumId"): each for each in numbering.iter(f"{W}abstractNum")
        }
        for number in numbering.iter(f"{W}num"):
            name, definition = number.get(f"{W}numId"), _value(number, "abstractNumId")
            starts = {
                int(each.get(f"{W}ilvl", "0")): int(_value(each, "startOverride") or 1)
                for each in number.iter(f"{W}lvlOverride")
                if each.find(f"{W}startOverride") is not None
            }
            self._counted_as[name] = name if starts else definition
            for level in (
                definitions[definition].iter(f"{W}lvl") if definition in definitions else ()
            ):
                depth = int(level.get(f"{W}ilvl", "0"))
                start = starts.get(depth, int(_value(level, "start") or 1))
                self._levels[name, depth] = (_value(level, "numFmt"), start)


def _numbering(part: Any) -> Any:
    from docx.opc.constants import RELATIONSHIP_TYPE

    related = (each for each in part.rels.values() if each.reltype == RELATIONSHIP_TYPE.NUMBERING)
    found = next(related, None)
    return None if found is None else found.target_part.element


def _list_of(properties: Any) -> tuple[str, int]:
    """Id of the list and depth within it."""
    listed = None if properties is None else properties.find(f"{W}numPr")
    if listed is None:
        return "", 0
    depth = _value(listed, "ilvl")
    return _value(listed, "numId"), int(depth) if depth.isdigit() else 0


def _value(element: Any, name: str) -> str:
    found = None if element is None else element.find(f"{W}{name}")
    return "" if found is None else str(found.get(f"{W}val", ""))
