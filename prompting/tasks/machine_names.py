"""Which machine of the plant a note names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prompting.tasks.note_words import Span


def machines_in(note: str, machines: Iterable[str]) -> Iterator[tuple[str, Span]]:
    """Every machine that stands in the note, with the words that name it, in order.

    `press-3` is also named by `Press 3` and `press3`; an id of one piece only by itself.
    """
    taken: set[int] = set()
    found: list[tuple[str, Span]] = []
    for machine in sorted(set(machines), key=lambda name: (-len(name), name)):
        for match in _naming(machine).finditer(note):
            places = range(*match.span())
            if taken.isdisjoint(places):
                taken.update(places)
                found.append((machine, Span(match[0], *match.span())))
    yield from sorted(found, key=lambda item: item[1].start)


def _naming(machine: str) -> re.Pattern[str]:
    pieces = [re.escape(piece) for piece in re.split(r"[-_\s]+", machine) if piece]
    name = r"[-_\s]?".join(pieces)
    return re.compile(rf"(?<![\w-]){name}(?![\w-]|[.,]\d)", re.IGNORECASE)
