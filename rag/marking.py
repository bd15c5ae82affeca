"""Where the words of a passage stand among the characters of a page, however both were set.

Spaces, hyphens, ligatures, accents and case differ from reader to reader; letters and digits do
not, so both sides are compared by those alone. A row of a table carries the names of its columns,
which stand elsewhere on the page: its cells are then looked for without them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

Span = tuple[int, int]
"""First and last character, both included."""

_PIECES = re.compile(r"\n| \| |(?<=[.!?;])\s+")
_GAP, _GAP_A_LETTER = 400, 8
"""Letters of other text, such as a running header, that may stand between two pieces; few beside
a short piece, which stands everywhere."""
_CUT_MIN = 12
"""Letters of a piece that the turn of the page cut, below which it may be chance."""
_OCCURRENCES = 50


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters and digits of a text, and of each the character that it comes from."""

    text: str
    origin: tuple[int, ...]


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    wide = unicodedata.normalize("NFKD", character.casefold())
    return "".join(each for each in wide if each.isalnum())


def letters(characters: Sequence[str]) -> Letters:
    """A text by what every reader agrees on; a ligature gives two letters of one origin."""
    parts = [_folded(character) for character in characters]
    origin = tuple(i for i, part in enumerate(parts) for _ in part)
    return Letters("".join(parts), origin)


def find_words(characters: Sequence[str], words: str, *, heading: str = "") -> list[Span]:
    """Spans of the characters in which these words stand, in order; none when they do not.

    Args:
        heading: What stands above them: of several places the first one below it is taken.
    """
    page = letters(characters)
    pieces = [each for each in _PIECES.split(words) if letters(each).text]
    below = page.text.find(letters(heading).text) if heading else 0
    found = _Search(page.text, [_spellings(piece) for piece in pieces], below).spans()
    return [_widened(characters, page, span, pieces[at]) for at, span in found]


def _spellings(piece: str) -> tuple[str, ...]:
    """The letters of a piece, and without the name of its column."""
    whole = letters(piece).text
    cell = letters(piece.partition(": ")[2]).text
    return (whole, cell) if cell else (whole,)


def _widened(characters: Sequence[str], page: Letters, span: Span, piece: str) -> Span:
    """From letters of the page to its characters, with the marks around them: brackets, `%`, `.`"""
    first, last = page.origin[span[0]], page.origin[span[1]]
    while first > 0 and _is_mark(characters[first - 1]) and characters[first - 1] in piece:
        first -= 1
    while (
        last + 1 < len(characters)
        and _is_mark(characters[last + 1])
        and characters[last + 1] in piece
    ):
        last += 1
    return first, last


def _is_mark(character: str) -> bool:
    return not character.isspace() and not _folded(character)


@dataclass(frozen=True, slots=True)
class _Place:
    """A piece, by its index, and the letters of the page in which it stands."""

    piece: int
    span: Span


class _Search:
    """Looks for the pieces of one passage around the longest that the page has."""

    def __init__(self, page: str, pieces: Sequence[tuple[str, ...]], below: int) -> None:
        self.page = page
        self.pieces = pieces
        self.below = below

    def spans(self) -> list[tuple[int, Span]]:
        """Each piece that was found, in order."""
        chains = [self.chain(anchor) for anchor in self.anchors()] or [self.cut()]
        best = max(chains, key=lambda chain: (_length(chain), -self.distance(chain)))
        return [(place.piece, place.span) for place in best]

    def distance(self, chain: list[_Place]) -> int:
        """From the heading down; places above it come last."""
        start = chain[0].span[0] if chain else 0
        return start - self.below if start >= self.below else start + len(self.page)

    def anchors(self) -> list[_Place]:
        """The longest piece that stands on the page as a whole, at each of its places."""
        known = [(at, text) for at, each in enumerate(self.pieces) for text in each]
        found = [(at, text) for at, text in known if text in self.page]
        if not found:
            return []
        at, text = max(found, key=lambda each: len(each[1]))
        starts = islice(re.finditer(re.escape(text), self.page), _OCCURRENCES)
        return [_Place(at, (start.start(), start.end() - 1)) for start in starts]

    def chain(self, anchor: _Place) -> list[_Place]:
        """The pieces before and behind, each near the one beside it, to the turns of the page."""
        places = [anchor]
        for at in range(anchor.piece - 1, -1, -1):
            if found := self.whole(at, before=places[0].span[0]):
                places.insert(0, found)
        for at in range(anchor.piece + 1, len(self.pieces)):
            if found := self.whole(at, behind=places[-1].span[1] + 1):
                places.append(found)
        return [*self.tail(places[0]), *places, *self.head(places[-1])]

    def whole(self, at: int, *, before: int | None = None, behind: int = 0) -> _Place | None:
        for text in self.pieces[at]:
            room = len(text) + min(_GAP, _GAP_A_LETTER * len(text))
            if before is not None:
                start = self.page.rfind(text, max(before - room, 0), before)
            else:
                start = self.page.find(text, behind, behind + room)
            if start >= 0:
                return _Place(at, (start, start + len(text) - 1))
        return None

    def head(self, last: _Place) -> list[_Place]:
        """The beginning of the piece behind the last one, if the rest is overleaf."""
        if last.piece + 1 == len(self.pieces):
            return []
        text, start = self.pieces[last.piece + 1][0], last.span[1] + 1
        return self.beginning(last.piece + 1, self.page[start : start + len(text) + _GAP], start)

    def tail(self, first: _Place) -> list[_Place]:
        """The end of the piece before the first one, if it began a page earlier."""
        if first.piece == 0:
            return []
        text, end = self.pieces[first.piece - 1][0], first.span[0]
        start = max(end - len(text) - _GAP, 0)
        return self.end(first.piece - 1, self.page[start:end], start)

    def cut(self) -> list[_Place]:
        """No piece stands here as a whole: the page turned within the only one."""
        if not self.pieces:
            return []
        parts = (self.beginning(0, self.page, 0), self.end(len(self.pieces) - 1, self.page, 0))
        return max(parts, key=_length)

    def beginning(self, at: int, window: str, offset: int) -> list[_Place]:
        text = self.pieces[at][0]
        length = _longest(len(text), lambda n: text[:n] in window)
        start = offset + window.rfind(text[:length])
        return [_Place(at, (start, start + length - 1))] if length >= _CUT_MIN else []

    def end(self, at: int, window: str, offset: int) -> list[_Place]:
        text = self.pieces[at][0]
        length = _longest(len(text), lambda n: text[len(text) - n :] in window)
        start = offset + window.find(text[len(text) - length :])
        return [_Place(at, (start, start + length - 1))] if length >= _CUT_MIN else []


def _length(places: Sequence[_Place]) -> int:
    return sum(place.span[1] - place.span[0] + 1 for place in places)


def _longest(most: int, stands: Callable[[int], bool]) -> int:
    """The greatest length that stands; where one does, every shorter one does too."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if stands(middle):
            least = middle
        else:
            most = middle - 1
    return least
