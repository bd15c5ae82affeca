"""An item in words, as a language model is shown it."""

from __future__ import annotations

from ingest.errors import DataFault
from prompting.tasks.answering import plain
from service.comparison.nouns import Item

CHARACTERS = 1000
"""As much as the shipped prompts show of a text."""
MOST_READ = 4 * CHARACTERS
"""Of a text; the rest would not be shown."""
NOTE = (
    "The model is told numbers in words, as `name = value` with four digits, as many as there is "
    "room for; language models are weak at that."
)


def told(item: Item) -> str:
    """Its words, then its numbers as `name = value`, as many whole ones as there is room for.

    Empty where nothing of it can be shown.
    """
    words = spoken(item.text)[:CHARACTERS]
    pieces = [words] if words else []
    room = CHARACTERS - len(words)
    for name, value in item.numbers.items():
        piece = f"{name} = {value:.4g}"
        room -= len(piece) + 2
        if room < 0:
            break
        pieces.append(piece)
    return "; ".join(pieces)


def spoken(text: str) -> str:
    """Untrusted words on one line and harmless; empty where there are none."""
    try:
        return plain(text[:MOST_READ])
    except DataFault:
        return ""
