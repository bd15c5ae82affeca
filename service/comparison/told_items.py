"""An item in words, as a language model is shown it."""

from __future__ import annotations

from service.comparison.nouns import Item

CHARACTERS = 1000
"""As much as the shipped prompts show of a text."""
NOTE = (
    "The model is told numbers in words, as `name = value` with four digits, as many as there is "
    "room for; language models are weak at that."
)


def told(item: Item) -> str:
    """Its words, then its numbers as `name = value`, as many whole ones as there is room for."""
    pieces = [item.text] if item.text else []
    room = CHARACTERS - len(item.text)
    for name, value in item.numbers.items():
        piece = f"{name} = {value:.4g}"
        room -= len(piece) + 2
        if room < 0:
            break
        pieces.append(piece)
    return "; ".join(pieces)
