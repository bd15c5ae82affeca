"""What words and characters add to each label's logit: a fitted TF-IDF and regression, read out.

scikit-learn's own way of one text through both spends most of its time on looking at its inputs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finetune.examples import Floats


@dataclass(frozen=True, slots=True)
class _View:
    """Words, or characters."""

    analyse: Callable[[str], Sequence[str]]
    vocabulary: Mapping[str, int]
    rarity: Floats
    """Inverse document frequency of each term."""
    weights: Floats
    """One row a term, one column a logit."""

    def logits(self, text: str) -> Floats:
        """Terms counted, damped by the logarithm, weighed by rarity, at length one."""
        counts = Counter(self.analyse(text))
        known = [(self.vocabulary[term], many) for term, many in counts.items() if term in self]
        if not known:
            return np.zeros(self.weights.shape[1])
        at = np.array([column for column, _ in known])
        heights = np.array([1.0 + math.log(many) for _, many in known]) * self.rarity[at]
        found: Floats = (heights / np.sqrt(heights @ heights)) @ self.weights[at]
        return found

    def __contains__(self, term: str) -> bool:
        return term in self.vocabulary


class WordWeights:
    """The views of a union of TF-IDF vectorizers with the coefficients that stand on them."""

    def __init__(self, union: Any, coefficients: Floats) -> None:
        """`coefficients` has a row for each logit; its first columns are the union's terms."""
        self._views: list[_View] = []
        self.count = 0
        """Terms of all views."""
        for _, part in union.transformer_list:
            terms = coefficients[:, self.count : self.count + len(part.vocabulary_)]
            weights = np.ascontiguousarray(terms.T)
            self._views.append(_View(part.build_analyzer(), part.vocabulary_, part.idf_, weights))
            self.count += len(part.vocabulary_)

    def logits(self, texts: Sequence[str]) -> Floats:
        """One row a text."""
        return np.stack([np.sum([view.logits(text) for view in self._views], 0) for text in texts])
