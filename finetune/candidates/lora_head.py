"""The head before training: a regression on what the frozen encoder says of the texts.

From a random head the first steps pull the adapters about for nothing, and with a few dozen steps
in all there are none to spare.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finetune.candidates.fitting import fitted
from finetune.candidates.lora import Lora
from finetune.examples import Floats, Rows

MOST_ITERATIONS = 500


def start_head(
    lora: Lora, tokens: Sequence[Sequence[int]], labels: Rows, *, strength: float
) -> None:
    """Set the head; the adapters still change nothing, so it reads the frozen encoder.

    With one label only there is nothing to set it by, and it stays random.

    Args:
        lora: fresh.
        tokens: of each text of the training.
        labels: of each text; one that has no text starts as unlikely as the rarest.
        strength: inverse regularisation.
    """
    import torch
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels)) < 2:
        return
    model = LogisticRegression(C=strength, max_iter=MOST_ITERATIONS, class_weight="balanced")
    fitted(model, lora.vectors(tokens), labels)
    weight = np.zeros(lora.head.weight.shape)
    bias = np.full(len(weight), model.intercept_.min())
    weight[model.classes_] = _for_each(model.coef_)
    bias[model.classes_] = _for_each(model.intercept_)
    with torch.no_grad():
        lora.head.weight.copy_(torch.from_numpy(weight))
        lora.head.bias.copy_(torch.from_numpy(bias))


def _for_each(found: Floats) -> Floats:
    """Of two labels scikit-learn tells only what speaks for the second."""
    return np.concatenate([-found, found]) / 2 if len(found) == 1 else found
