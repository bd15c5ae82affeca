"""Models of rows of numbers: regression, forest, boosted trees, and an ensemble that votes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from finetune.candidates.fitting import fitted
from finetune.examples import LEAST, Examples, Floats, Rows, log_probabilities
from finetune.skops_file import read_skops, write_skops

TABULAR = ("logistic regression", "random forest", "gradient boosting", "ensemble")
"""Names, from cheap to dear."""
TREES, LANDMARKS, QUANTILES = 200, 400, 200
"""Of the ensemble: randomised trees, rows that a kernel compares with, steps of a column."""
WEIGHTS = tuple(weights for weights in product((0.0, 1.0, 2.0), repeat=3) if any(weights))
"""Votes that its members can have."""
UNWEIGHED = [0.5, 1.0, 1.0]
"""Where a class has too few rows to weigh by: boosted trees are the unsteadiest there."""
PARTS = 3
"""One of so many parts of the rows is what the votes are weighed on."""


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
        if name == "ensemble":
            model = _ensemble(examples.table, labels, seed=seed)
        else:
            model = _model(name, seed)
        return cls(name, fitted(model, examples.table, labels), classes=classes)

    @classmethod
    def read(cls, name: str, folder: Path, *, classes: int) -> Tabular:
        """From its file."""
        from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
        from sklearn.pipeline import Pipeline

        expected = (HistGradientBoostingClassifier, Pipeline, VotingClassifier)
        model = read_skops(_file(folder, name), *expected)
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


def _ensemble(table: Floats, labels: Rows, *, seed: int) -> Any:
    """Boosted trees, randomised trees and a kernel machine; each errs in another way."""
    from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    trees = ExtraTreesClassifier(
        TREES, max_features=0.5, class_weight="balanced", random_state=seed
    )
    voters = [
        ("boosting", _model("gradient boosting", seed)),
        ("trees", make_pipeline(_imputer(SimpleImputer), trees)),
        ("kernel", _kernel_machine(len(labels) * (PARTS - 1) // PARTS, seed)),
    ]
    weights = UNWEIGHED
    if np.unique_counts(labels).counts.min() >= PARTS:
        weights = _weighed([model for _, model in voters], table, labels, seed=seed)
    return VotingClassifier(voters, voting="soft", weights=weights)


def _weighed(models: Sequence[Any], table: Floats, labels: Rows, *, seed: int) -> list[float]:
    """The votes under which a part of the rows, not fitted on, is likeliest."""
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
    train, held = next(folds.split(table, labels))
    found = [
        fitted(clone(model), table[train], labels[train]).predict_proba(table[held])
        for model in models
    ]
    columns = np.searchsorted(np.unique(labels), labels[held])
    return best_votes([each[np.arange(len(held)), columns] for each in found])


def best_votes(right: Sequence[Floats]) -> list[float]:
    """The votes of three members from the probabilities that each gave to the right labels."""

    def likelihood(weights: Sequence[float]) -> float:
        mean = np.average(right, axis=0, weights=weights)
        return float(np.log(np.maximum(mean, LEAST)).mean())

    best = max(WEIGHTS, key=likelihood)
    return list(best)


def _kernel_machine(rows: int, seed: int) -> Any:
    """Logistic regression on similarities to some of the rows, all columns made Gaussian."""
    from sklearn.impute import SimpleImputer
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    return make_pipeline(
        _imputer(SimpleImputer),
        QuantileTransformer(
            output_distribution="normal", n_quantiles=min(QUANTILES, rows), random_state=seed
        ),
        Nystroem(n_components=min(LANDMARKS, rows), random_state=seed),
        LogisticRegression(C=30.0, max_iter=2000),
    )


def _imputer(kind: Any) -> Any:
    return kind(strategy="median", add_indicator=True, keep_empty_features=True)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(' ', '-')}.skops"
