"""The regression read out of scikit-learn answers as scikit-learn does."""

from __future__ import annotations

import numpy as np
import pytest

from finetune.candidates.linear import Linear
from finetune.encoder import Encoder
from finetune.examples import Examples
from finetune.wording import tidy
from tests.unit.finetune.conftest import WORDS, text_rows

ODD = ("", " ", "zzz", "oil oil OIL pump", "Öl zu heiß 漢字", "a", "x" * 3000)


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("reads", ["words", "hybrid", "numbers"])
def test_scores_are_those_of_scikit_learn(encoder: Encoder, labels: int, reads: str) -> None:
    """To rounding; for two labels and for more, for odd texts, alone and beside others."""
    from scipy.sparse import hstack

    rows = [row for row in text_rows() if row["label"] in list(WORDS)[:labels]]
    texts = tuple(tidy(row["text"]) for row in rows)
    truth = np.array([list(WORDS).index(row["label"]) for row in rows])
    table = np.arange(2.0 * len(rows)).reshape(-1, 2)[:, : 2 * (reads == "numbers")]
    learnt = Examples(texts, encoder.encode(texts), table if table.size else np.zeros((0, 0)))
    linear = Linear.fit(learnt, truth, classes=labels, hybrid=reads != "words")
    some = (*texts[:20], *ODD)
    asked = Examples(some, encoder.encode(some), np.resize(table, (27, 2)) if table.size else table)
    parts = [*linear._views(asked), *linear._numbers_of(asked)]
    expected = linear._model.predict_proba(hstack(parts).tocsr())
    found = linear.scores(asked)
    assert np.allclose(np.exp(found), np.maximum(expected, 1e-9), atol=1e-7)
    alone = np.concatenate([linear.scores(asked.take([at])) for at in range(27)])
    assert np.allclose(alone, found, atol=1e-6)
