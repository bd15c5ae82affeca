"""The floor under every candidate: the share of each label, whatever the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.examples import Examples, Floats, Rows

FILE = "majority.safetensors"


class Majority:
    """Answers with the labels' shares in the training."""

    def __init__(self, log_shares: NDArray[np.float64]) -> None:
        self._log_shares = log_shares

    @classmethod
    def fit(cls, labels: Rows, classes: int) -> Majority:
        """Count labels; one row of each is added so that no share is zero."""
        counts = np.bincount(labels, minlength=classes) + 1.0
        return cls(np.log(counts / counts.sum()))

    @classmethod
    def read(cls, folder: Path) -> Majority:
        """From its file."""
        from safetensors.numpy import load_file

        return cls(load_file(folder / FILE)["log_shares"])

    def scores(self, examples: Examples) -> Floats:
        """The same row for each input."""
        return np.tile(self._log_shares, (len(examples), 1))

    def write(self, folder: Path) -> None:
        """To its file."""
        from safetensors.numpy import save_file

        save_file({"log_shares": self._log_shares}, folder / FILE)
