"""How a text is brought into the form that models read, and the mask under which twins meet."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 2000
"""An event text is a line; what stands beyond this is not read."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def tidy(text: str) -> str:
    """One line of readable words: names of tags are taken apart, every number is the same number.

    What a fault is called does not depend on the value that was read, and a number that was never
    seen in training must not carry weight.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    readable = "".join(" " if _silent(character) else character for character in plain)
    words = _HUMP.sub(" ", readable.replace("_", " "))
    return " ".join(_NUMBER.sub("0", words).split())


def mask(text: str) -> str:
    """Texts that differ only in numbers, case or spacing are twins and get the same mask."""
    return tidy(text).casefold()


def _silent(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"
