"""A console on which no machine and no document can move the cursor, hide or reorder words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and newline, and those that turn the direction of writing."""


class Terminal(Console):
    """Shows a replacement character where a text would have controlled the terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be shown; rich's own control codes are left alone."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(_UNSEEN.sub("\ufffd", text), style)

    def say(self, words: str) -> None:
        """Words as they are: nothing in them is markup, and no line is broken."""
        self.print(words, markup=False, highlight=False, soft_wrap=True)
