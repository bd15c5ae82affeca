"""Whether an input is like anything that was learnt from: its familiarity with training rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Examples, Floats
from finetune.near_numbers import NearNumbers
from finetune.near_texts import NearTexts

FILE = "neighbours.safetensors"
MOST = 5000
"""Training rows that are kept to compare with."""


class Neighbours:
    """Training rows: vectors of texts, numbers, or both."""

    def __init__(
        self,
        texts: NearTexts | None,
        numbers: NearNumbers | None,
        usual: NDArray[np.float64] | None = None,
    ) -> None:
        self._texts = texts
        self._numbers = numbers
        self._usual = usual if usual is not None else self._measured()

    @classmethod
    def of(cls, examples: Examples, *, seed: int) -> Neighbours:
        """All of them, or a sample of very many."""
        if len(examples) > MOST:
            rows = np.random.default_rng(seed).choice(len(examples), MOST, replace=False)
            examples = examples.take(np.sort(rows))
        return cls(
            NearTexts.of(examples.vectors) if examples.vectors.size else None,
            NearNumbers.of(examples.table) if examples.table.size else None,
        )

    @classmethod
    def read(cls, folder: Path) -> Neighbours:
        """From its file."""
        from safetensors.numpy import load_file

        found = load_file(folder / FILE)
        return cls(
            NearTexts.read(found) if "vectors" in found else None,
            NearNumbers.read(found) if "rows" in found else None,
            found["usual"],
        )

    def write(self, folder: Path) -> None:
        """To its file."""
        from safetensors.numpy import save_file

        tensors: dict[str, NDArray[np.generic]] = {"usual": self._usual}
        for part in (self._texts, self._numbers):
            tensors |= part.tensors() if part is not None else {}
        save_file(
            {name: np.ascontiguousarray(held) for name, held in tensors.items()}, folder / FILE
        )

    def familiarity(self, examples: Examples) -> Floats:
        """Of each input, the lower the more foreign; each as if it were alone.

        Where an input has a text and numbers, each is measured by how familiar the training rows
        are to each other, and the more foreign of the two counts.
        """
        found = []
        if self._texts is not None:
            found.append(self._texts.familiarity(examples.vectors))
        if self._numbers is not None:
            found.append(self._numbers.familiarity(examples.table))
        if len(found) == 1:
            return found[0]
        units = [
            (part - middle) / spread
            for part, (middle, spread) in zip(found, self._usual, strict=True)
        ]
        least: Floats = np.minimum(*units)
        return least

    def _measured(self) -> NDArray[np.float64]:
        """Median and spread of the familiarity of the training rows, where there are two parts."""
        if self._texts is None or self._numbers is None:
            return np.zeros((0, 2))
        among = (self._texts.among_themselves(), self._numbers.among_themselves())
        middles = [float(np.median(part)) for part in among]
        spreads = [
            max(float(np.median(np.abs(part - middle))), 1e-6)
            for part, middle in zip(among, middles, strict=True)
        ]
        return np.column_stack([middles, spreads])
