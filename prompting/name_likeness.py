"""Whether the name of a signal, a code or a machine is one: names come over the wire too."""

from __future__ import annotations

import re

NAME_LIKE = re.compile(r"[\w.:/%°+#-]+(?: [\w.:/%°+#-]+){0,3}")
PIECE = re.compile(r"[^\W\d_]+|\d+")
LONGEST_NAME = 40
MOST_WORDS = 6


def name_like(name: str) -> bool:
    """Short, of few words, without marks that could fool a reader; others are shown as quotes."""
    return (
        len(name) <= LONGEST_NAME
        and NAME_LIKE.fullmatch(name) is not None
        and name.isprintable()
        and len(PIECE.findall(name)) <= MOST_WORDS
    )
