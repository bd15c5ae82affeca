"""Logistic regression over words and characters, and the hybrid that adds the encoder's vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.candidates.fitting import fitted
from finetune.examples import Examples, Floats, Rows, log_probabilities
from finetune.skops_file import read_skops, write_skops

WEIGHT_OF_VECTORS = 2.0
"""A unit vector of the encoder beside TF-IDF vectors of length one each."""
STRENGTH = {False: 10.0, True: 5.0}
"""Inverse regularisation of the words alone and of the hybrid."""


class Linear:
    """TF-IDF of words and of characters, logistic regression; hybrid with frozen vectors."""

    def __init__(self, words: Any, model: Any, *, classes: int, hybrid: bool) -> None:
        self._words = words
        self._model = model
        self._classes = classes
        self._hybrid = hybrid

    @classmethod
    def fit(cls, examples: Examples, labels: Rows, *, classes: int, hybrid: bool) -> Linear:
        """Fit words first, then the regression on both."""
        from sklearn.linear_model import LogisticRegression

        words = _vectorizer().fit(examples.texts)
        model = LogisticRegression(C=STRENGTH[hybrid], max_iter=2000, class_weight="balanced")
        found = cls(words, model, classes=classes, hybrid=hybrid)
        fitted(model, found._matrix(examples), labels)
        return found

    @classmethod
    def read(cls, folder: Path, *, classes: int, hybrid: bool) -> Linear:
        """From its two files."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import FeatureUnion

        words, model = _files(folder, hybrid=hybrid)
        read = read_skops(words, FeatureUnion), read_skops(model, LogisticRegression)
        return cls(*read, classes=classes, hybrid=hybrid)

    def scores(self, examples: Examples) -> Floats:
        """Log-probabilities."""
        found = self._model.predict_proba(self._matrix(examples))
        return log_probabilities(found, self._model.classes_, count=self._classes)

    def write(self, folder: Path) -> None:
        """To its two files."""
        words, model = _files(folder, hybrid=self._hybrid)
        write_skops(self._words, words)
        write_skops(self._model, model)

    def _matrix(self, examples: Examples) -> Any:
        from scipy.sparse import csr_matrix, hstack

        words = self._words.transform(examples.texts)
        if not self._hybrid:
            return words
        return hstack([words, csr_matrix(WEIGHT_OF_VECTORS * examples.vectors)]).tocsr()


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    characters = TfidfVectorizer(
        analyzer="char_wb", sublinear_tf=True, ngram_range=(2, 5), min_df=2
    )
    return FeatureUnion([("words", words), ("characters", characters)])


def _files(folder: Path, *, hybrid: bool) -> tuple[Path, Path]:
    name = "hybrid" if hybrid else "words"
    return folder / f"{name}.tfidf.skops", folder / f"{name}.regression.skops"
