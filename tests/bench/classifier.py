"""The candidates beside their baselines on data that they were not tuned on, over folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from finetune.calibration import cross_fitted
from finetune.candidates.lora_training import Part
from finetune.candidates.recipe import Known, Making
from finetune.candidates.recipes import recipe
from finetune.encoder import Encoder, load_encoder
from finetune.examples import LEAST, Examples, Floats, Rows
from finetune.limits import limits_of
from finetune.neighbours import Neighbours
from finetune.score import RESAMPLES, calibration_error, coverage, macro_f1
from finetune.split import Fold
from finetune.threads import bounded
from finetune.wording import tidy
from tests.bench.classifier_data import DATA, Texts, folds_by, states, steel, trouble_codes
from tests.bench.measure import Measurement

FOLDS = 5
PLAIN = "TF-IDF + logistic regression"
ECE, ANSWERED, COVERED, REJECTED = 0.04, 0.6, 0.9, 0.9
"""What the issue wants."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a candidate gave to rows that it was not fitted on, calibrated; in the rows' order."""

    name: str
    probabilities: Floats
    labels: Rows
    which: Rows
    """The fold of each row."""

    @property
    def macro_f1(self) -> float:
        """Over all rows."""
        return macro_f1(self.probabilities.argmax(axis=1), self.labels)

    @property
    def accuracy(self) -> float:
        """Over all rows."""
        return float((self.probabilities.argmax(axis=1) == self.labels).mean())


def all_figures() -> list[Measurement]:
    """Numbers, texts, calibration, and what is foreign; a few minutes."""
    with bounded(2):
        return [*numbers(), *texts(), *honesty(), *foreign()]


def numbers() -> list[Measurement]:
    """Macro-F1 on steel plates over stratified folds, beside boosted trees alone."""
    if not (DATA / "steel").is_dir():
        return []
    table, labels = steel()
    folds = folds_by(labels, [str(row) for row in range(len(labels))], count=FOLDS)
    part = Part(Examples(table=table), labels)
    alone = answers("gradient boosting", part, folds)
    return [
        versus("steel", answers(name, part, folds), alone)
        for name in ("logistic regression", "random forest", "ensemble")
    ]


def texts() -> list[Measurement]:
    """Macro-F1 of the cheap candidates, beside a plain TF-IDF and logistic regression."""
    found = []
    for rows in _sets():
        plain = plain_answers(rows, rows.folds(FOLDS))
        found += [versus(rows.name, one, plain) for one in _cheap(rows)]
    return found


def honesty() -> list[Measurement]:
    """Calibration, share answered at 90 % accuracy, label sets; of the hybrid, cross-fitted."""
    found = []
    for rows in _sets():
        hybrid = _cheap(rows)[-1]
        probabilities, labels = hybrid.probabilities, hybrid.labels
        what = f"{rows.name}, hybrid"
        found += [
            Measurement(
                f"{what}: ECE", "", calibration_error(probabilities, labels), ECE, "wanted",
                more_is_better=False,
            ),
            Measurement(
                f"{what}: answered at 90 %", "share", coverage(probabilities, labels)[0],
                ANSWERED, "wanted",
            ),
            _covered(what, hybrid),
        ]  # fmt: skip
    return found


def foreign() -> list[Measurement]:
    """Trouble codes that a model of maintenance notes takes for unknown at 5 % of its own lost."""
    if not _there():
        return []
    known, strange = states(), trouble_codes().sample(1000, seed=0)
    examples, others = _examples(known), _examples(strange)
    rejected, lost = [], []
    for fold in known.folds(FOLDS):
        train = examples.take(fold.train)
        inner = folds_by(
            known.labels[fold.train], [known.groups[row] for row in fold.train], count=FOLDS
        )
        near = np.concatenate(
            [
                Neighbours.of(train.take(part.train), seed=0).familiarity(train.take(part.held))
                for part in inner
            ]
        )
        space, limit = Neighbours.of(train, seed=0), float(np.quantile(near, 0.05))
        rejected.append(float((space.familiarity(others) < limit).mean()))
        lost.append(float((space.familiarity(examples.take(fold.held)) < limit).mean()))
    name = f"wanted; {np.mean(lost):.1%} of its own lost"
    what = "MaintIE: trouble codes taken for unknown"
    return [Measurement(what, "share", float(np.mean(rejected)), REJECTED, name)]


def answers(
    name: str,
    part: Part,
    folds: Sequence[Fold],
    *,
    classes: int = 0,
    encoder: Encoder | None = None,
) -> Answers:
    """A candidate of ours over the folds, its temperature cross-fitted."""
    classes = classes or int(part.labels.max()) + 1
    making = Making(Known(classes, encoder), seed=0)
    scores = np.zeros((len(part.labels), classes))
    for fold in folds:
        train = Part(part.examples.take(fold.train), part.labels[fold.train])
        scores[fold.held] = recipe(name).fit(train, making).scores(part.examples.take(fold.held))
    return calibrated(name, scores, part.labels, folds)


def calibrated(name: str, scores: Floats, labels: Rows, folds: Sequence[Fold]) -> Answers:
    """Out-of-fold scores as probabilities that no row had a say in itself."""
    which = np.zeros(len(labels), dtype=np.int64)
    for at, fold in enumerate(folds):
        which[fold.held] = at
    return Answers(name, cross_fitted(scores, labels, which).probabilities, labels, which)


def plain_answers(rows: Texts, folds: Sequence[Fold]) -> Answers:
    """The baseline: what a scikit-learn user writes, on the texts as they come."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    scores = np.zeros((len(rows.labels), rows.classes))
    for fold in folds:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        model = make_pipeline(
            make_union(words, characters), LogisticRegression(C=10.0, max_iter=1000)
        )
        train, held = rows.take(fold.train), rows.take(fold.held)
        model.fit(train.texts, train.labels)
        scores[fold.held] = np.log(np.maximum(model.predict_proba(held.texts), LEAST))
    return calibrated(PLAIN, scores, rows.labels, folds)


def versus(what: str, ours: Answers, other: Answers) -> Measurement:
    """Macro-F1 of both, with the interval of 95 % of the gain in points."""
    low, high = gain_interval(ours, other)
    gain = 100 * (ours.macro_f1 - other.macro_f1)
    name = f"{other.name}: {gain:+.1f} points ({low:+.1f} to {high:+.1f})"
    return Measurement(f"{what}: {ours.name}", "macro-F1", ours.macro_f1, other.macro_f1, name)


def gain_interval(ours: Answers, other: Answers) -> tuple[float, float]:
    """Paired bootstrap over rows of the gain in macro-F1, in points: 2.5 % and 97.5 %."""
    mine, theirs = (one.probabilities.argmax(axis=1) for one in (ours, other))
    chance, labels = np.random.default_rng(0), ours.labels
    gains = []
    for _ in range(RESAMPLES):
        rows = chance.integers(0, len(labels), len(labels))
        gains.append(macro_f1(mine[rows], labels[rows]) - macro_f1(theirs[rows], labels[rows]))
    low, high = 100 * np.quantile(gains, (0.025, 0.975))
    return float(low), float(high)


def part_of(rows: Texts) -> Part:
    """As candidates read it."""
    return Part(_examples(rows), rows.labels)


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The default one."""
    return load_encoder(None, threads=2)


@lru_cache(maxsize=8)
def _encoded(texts: tuple[str, ...]) -> Examples:
    tidied = tuple(tidy(text) for text in texts)
    return Examples(tidied, encoder().encode(tidied))


def _examples(rows: Texts) -> Examples:
    return _encoded(rows.texts)


def _there() -> bool:
    return (DATA / "codes").is_dir() and (DATA / "maintenance_text").is_dir()


@lru_cache(maxsize=1)
def _sets() -> tuple[Texts, ...]:
    return (trouble_codes(), trouble_codes(parts_apart=True), states()) if _there() else ()


_found: dict[str, list[Answers]] = {}


def _cheap(rows: Texts) -> list[Answers]:
    if rows.name not in _found:
        _found[rows.name] = [
            answers(name, part_of(rows), rows.folds(FOLDS)) for name in ("tfidf", "hybrid")
        ]
    return _found[rows.name]


def _covered(what: str, hybrid: Answers) -> Measurement:
    """Share of rows whose label set, from the other folds' rows, holds the right label."""
    inside, sizes = [], []
    for fold in np.unique(hybrid.which):
        held = hybrid.which == fold
        limits = limits_of(hybrid.probabilities[~held], hybrid.labels[~held])
        for row, label in zip(hybrid.probabilities[held], hybrid.labels[held], strict=True):
            found = limits.label_set(row)
            inside.append(label in found)
            sizes.append(len(found))
    name = f"wanted; {np.mean(sizes):.2f} labels a set"
    return Measurement(
        f"{what}: label set holds it", "share", float(np.mean(inside)), COVERED, name
    )
