"""How many tokens a text takes, without the tokenizer of the model that will read it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

PIECES = re.compile(r"[^\W\d_]{1,6}|\d|[^\w\s]|_|\n")
"""Six letters, a digit, a sign or a line end: few tokenizers cut more finely."""
CARE = 1.05
SCALES = (0.4, 2.5)
"""What a measured scale is believed to lie between."""


def pieces(text: str) -> int:
    """Pieces of a text, about as many as tokens."""
    return sum(1 for _ in PIECES.finditer(text))


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens by the number of pieces, once measured against the counts of a server."""

    scale: float = 1.0
    """Tokens to a piece."""
    measured: bool = False

    @classmethod
    def of(cls, scale: float | None) -> Estimate:
        """An estimate with a measured scale; None: not measured."""
        if scale is None or not SCALES[0] <= scale <= SCALES[1]:
            return cls()
        return cls(scale, measured=True)

    def count(self, text: str) -> int:
        """A careful estimate."""
        return math.ceil(pieces(text) * self.scale * CARE)

    def least(self, text: str) -> int:
        """Fewer than this many tokens cannot have been read of this text."""
        share = 0.7 if self.measured else SCALES[0]
        return int(pieces(text) * self.scale * share)
