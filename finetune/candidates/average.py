"""The mean of the calibrated probabilities of other candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from finetune.examples import LEAST, Examples, Fitted, Floats, softmax


class Average:
    """Members by name, each with the temperature that calibrates it."""

    def __init__(self, members: Mapping[str, tuple[Fitted, float]]) -> None:
        self.members = members

    def scores(self, examples: Examples) -> Floats:
        """Log of the mean probability."""
        return mean_scores(
            [
                softmax(fitted.scores(examples) / divisor)
                for fitted, divisor in self.members.values()
            ]
        )

    def write(self, folder: Path) -> None:
        """Each member's files; the temperatures stand in the model's description."""
        for fitted, _ in self.members.values():
            fitted.write(folder)


def mean_scores(probabilities: Sequence[Floats]) -> Floats:
    """Log of the mean of what several candidates give to the same inputs."""
    mean: Floats = np.log(np.maximum(np.mean(probabilities, axis=0), LEAST))
    return mean
