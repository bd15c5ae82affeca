"""The words of a Word paragraph, and the page on which Word last laid it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAK = f"{W}lastRenderedPageBreak"
_BOX = f"{W}txbxContent"
_SPACE = {f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-"}
_HIDDEN = frozenset({f"{W}del", f"{W}moveFrom", f"{W}instrText", _FALLBACK, f"{W}pPr"})
_OFF = ("0", "false", "none")


@dataclass(frozen=True, slots=True)
class Text:
    """Words of one paragraph."""

    words: str
    page: int
    last_page: int
    bold: bool
    boxed: bool
    """Whether it stands in a text box of the paragraph."""


class Pages:
    """Counts the pages; without a trace of Word's layout there is only one."""

    def __init__(self, body: Any) -> None:
        self._breaks = next(body.iter(_BREAK), None) is not None
        self.page = 1

    def pass_by(self, element: Any) -> None:
        """Turn the page where Word turned it."""
        if self._breaks and element.tag == _BREAK:
            self.page += 1


class _Gathering:
    """The words of a paragraph as they come."""

    def __init__(self, *, boxed: bool = False) -> None:
        self.parts: list[str] = []
        self.first = self.last = 0
        self.bold = True
        self.boxed = boxed

    def add(self, words: str, page: int, *, bold: bool) -> None:
        self.parts.append(words)
        if words.strip():
            self.first, self.last = self.first or page, page
            self.bold = self.bold and bold

    def text(self, page: int) -> Text:
        words = " ".join("".join(self.parts).split())
        bold = self.bold and bool(words)
        return Text(words, self.first or page, self.last or page, bold, self.boxed)


def paragraph_text(paragraph: Any, pages: Pages) -> Iterator[Text]:
    """The paragraph itself, then the paragraphs in text boxes that hang on it."""
    own, boxes = _Gathering(), list[Any]()
    _gather(paragraph, pages, own, boxes)
    yield own.text(pages.page)
    while boxes:
        for inner in boxes.pop(0).iterchildren(f"{W}p"):
            boxed = _Gathering(boxed=True)
            _gather(inner, pages, boxed, boxes)
            yield boxed.text(pages.page)


def _gather(paragraph: Any, pages: Pages, into: _Gathering, boxes: list[Any]) -> None:
    """Depth first, without recursion: what is deleted, hidden or a field's code is left out."""
    waiting = [iter(paragraph)]
    bold = [False]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
            bold.pop()
            continue
        pages.pass_by(element)
        if element.tag == f"{W}t":
            into.add(element.text or "", pages.page, bold=bold[-1])
        elif element.tag in _SPACE:
            into.add(_SPACE[element.tag], pages.page, bold=True)
        elif element.tag == _BOX:
            boxes.append(element)
        elif element.tag not in _HIDDEN and not _is_hidden(element):
            waiting.append(iter(element))
            bold.append(_is_bold(element) if element.tag == f"{W}r" else bold[-1])


def _is_hidden(run: Any) -> bool:
    return run.tag == f"{W}r" and _is_on(run, "vanish")


def _is_bold(run: Any) -> bool:
    return _is_on(run, "b")


def _is_on(run: Any, name: str) -> bool:
    mark = run.find(f"{W}rPr/{W}{name}")
    return mark is not None and mark.get(f"{W}val", "1") not in _OFF
