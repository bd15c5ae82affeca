"""Logistic regression over words and characters; the hybrid also hears the encoder and numbers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finetune.candidates.fitting import fitted
from finetune.candidates.word_weights import WordWeights
from finetune.examples import Examples, Floats, Rows, log_probabilities, softmax
from finetune.skops_file import read_skops, write_skops
from ingest.errors import DataFault

WORDS, VECTORS = 30.0, 25.0
"""Inverse regularisation of the regression on words and of that on vectors."""
SPREAD = 0.3
"""Standard deviation to which a column of numbers is brought, beside words of length one."""


class Linear:
    """TF-IDF of words and of characters, logistic regression; hybrid with frozen vectors.

    Words and vectors have a regression of their own each, and the hybrid is the mean of the
    logits, which is again one linear model: of two views of a text neither can drown the other.
    Numbers, where there are any, are heard by both, so that neither takes for a word's doing what
    the numbers explain.
    """

    def __init__(
        self, words: Any, model: Any, *, classes: int, hybrid: bool, numbers: Any = None
    ) -> None:
        self._words = words
        self._numbers = numbers
        self._model = model
        self._classes = classes
        self._hybrid = hybrid
        self._weights: WordWeights | None = None

    @classmethod
    def fit(cls, examples: Examples, labels: Rows, *, classes: int, hybrid: bool) -> Linear:
        """Fit a regression on each view, and join them.

        Raises:
            DataFault: the texts have no words.
        """
        numbers = _scaler().fit(examples.table) if hybrid and len(examples.table) else None
        found = cls(_vectorized(examples), None, classes=classes, hybrid=hybrid, numbers=numbers)
        heard = found._numbers_of(examples)
        models = [
            _regression([view, *heard], labels, strength=strength)
            for view, strength in zip(found._views(examples), (WORDS, VECTORS), strict=False)
        ]
        found._model = _joined(models, sum(part.shape[1] for part in heard))
        return found

    @classmethod
    def read(cls, folder: Path, *, classes: int, hybrid: bool) -> Linear:
        """From its files."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import FeatureUnion, Pipeline

        words, numbers, model = _files(folder, hybrid=hybrid)
        return cls(
            read_skops(words, FeatureUnion),
            read_skops(model, LogisticRegression),
            classes=classes,
            hybrid=hybrid,
            numbers=read_skops(numbers, Pipeline) if numbers.exists() else None,
        )

    def scores(self, examples: Examples) -> Floats:
        """Log-probabilities."""
        words = self._weights = self._weights or WordWeights(self._words, self._model.coef_)
        logits = words.logits(examples.texts) + self._model.intercept_
        rest = self._model.coef_[:, words.count :]
        if self._hybrid:
            dense = [examples.vectors, *(part.toarray() for part in self._numbers_of(examples))]
            logits += np.hstack(dense).astype(np.float64) @ rest.T
        if logits.shape[1] == 1:  # of two labels the regression keeps one logit
            logits = np.hstack([np.zeros_like(logits), logits])
        return log_probabilities(softmax(logits), self._model.classes_, count=self._classes)

    def write(self, folder: Path) -> None:
        """To its files."""
        words, numbers, model = _files(folder, hybrid=self._hybrid)
        for _, part in self._words.transformer_list:
            # an address in memory, kept to warn once: it differs in every process
            vars(part).pop("_stop_words_id", None)
        write_skops(self._words, words)
        write_skops(self._model, model)
        if self._numbers is not None:
            write_skops(self._numbers, numbers)

    def _views(self, examples: Examples) -> list[Any]:
        """Of each text, sparse: its words and its vector."""
        from scipy.sparse import csr_matrix

        views = [self._words.transform(examples.texts)]
        if self._hybrid:
            views.append(csr_matrix(examples.vectors.astype(np.float64)))
        return views

    def _numbers_of(self, examples: Examples) -> list[Any]:
        """Scaled and filled; nothing where none were learnt from."""
        from scipy.sparse import csr_matrix

        if self._numbers is None:
            return []
        return [csr_matrix(SPREAD * self._numbers.transform(examples.table))]


def _vectorized(examples: Examples) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    characters = TfidfVectorizer(
        analyzer="char_wb", sublinear_tf=True, ngram_range=(2, 5), min_df=2
    )
    try:
        return FeatureUnion([("words", words), ("characters", characters)]).fit(examples.texts)
    except ValueError as fault:  # an empty vocabulary
        raise DataFault(
            f"The texts, such as {examples.texts[0][:40]!r}, have no words to learn from.",
            remedy="Name the column that holds the texts in the task file, or check the file.",
        ) from fault


def _scaler() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler())


def _regression(parts: Sequence[Any], labels: Rows, *, strength: float) -> Any:
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
    return fitted(model, hstack(parts).tocsr(), labels)


def _joined(models: Sequence[Any], shared: int) -> Any:
    """One regression whose logits are the mean of theirs; all end with the shared columns."""
    joined = copy.copy(models[0])
    own = [model.coef_[:, : model.coef_.shape[1] - shared] for model in models]
    common = sum(model.coef_[:, model.coef_.shape[1] - shared :] for model in models)
    joined.coef_ = np.hstack([*own, common]) / len(models)
    joined.intercept_ = np.mean([model.intercept_ for model in models], axis=0)
    joined.n_features_in_ = joined.coef_.shape[1]
    return joined


def _files(folder: Path, *, hybrid: bool) -> tuple[Path, Path, Path]:
    name = "hybrid" if hybrid else "words"
    parts = ("tfidf", "numbers", "regression")
    words, numbers, model = (folder / f"{name}.{part}.skops" for part in parts)
    return words, numbers, model
