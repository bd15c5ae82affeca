"""Models of rows of numbers: logistic regression, random forest, gradient boosted trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.candidates.fitting import fitted
from finetune.examples import Examples, Floats, Rows, log_probabilities
from finetune.skops_file import read_skops, write_skops

TABULAR = ("logistic regression", "random forest", "gradient boosting")
"""Names, from cheap to dear."""


class Tabular:
    """One scikit-learn classifier over the table."""

    def __init__(self, name: str, model: Any, *, classes: int) -> None:
        self._name = name
        self._model = model
        self._classes = classes

    @classmethod
    def fit(cls, name: str, data: tuple[Examples, Rows], *, classes: int, seed: int) -> Tabular:
        """Fit the model of that name."""
        examples, labels = data
        return cls(name, fitted(_model(name, seed), examples.table, labels), classes=classes)

    @classmethod
    def read(cls, name: str, folder: Path, *, classes: int) -> Tabular:
        """From its file."""
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.pipeline import Pipeline

        model = read_skops(_file(folder, name), HistGradientBoostingClassifier, Pipeline)
        return cls(name, model, classes=classes)

    def scores(self, examples: Examples) -> Floats:
        """Log-probabilities."""
        found = self._model.predict_proba(examples.table)
        return log_probabilities(found, self._model.classes_, count=self._classes)

    def write(self, folder: Path) -> None:
        """To its file."""
        write_skops(self._model, _file(folder, self._name))


def _model(name: str, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == "logistic regression":
        regression = LogisticRegression(max_iter=3000, class_weight="balanced")
        return make_pipeline(_imputer(SimpleImputer), StandardScaler(), regression)
    if name == "random forest":
        forest = RandomForestClassifier(200, class_weight="balanced_subsample", random_state=seed)
        return make_pipeline(_imputer(SimpleImputer), forest)
    return HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, l2_regularization=0.1, random_state=seed
    )


def _imputer(kind: Any) -> Any:
    return kind(strategy="median", add_indicator=True, keep_empty_features=True)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(' ', '-')}.skops"
