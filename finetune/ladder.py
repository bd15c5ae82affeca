"""The candidates of a task from cheap to dear, and the choice of one on the validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from finetune.candidates.average import Average
from finetune.candidates.linear import Linear
from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import Part, train_lora
from finetune.candidates.majority import Majority
from finetune.candidates.tabular import TABULAR, Tabular
from finetune.encoder import Encoder
from finetune.examples import Fitted, Floats, Rows, softmax
from finetune.score import gain_is_real, macro_f1, temperature

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every candidate is fitted on."""

    train: Part
    validation: Part
    classes: int
    seed: int
    progress: Progress
    lora: LoraSettings | None = None
    """None: ours."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A fitted and calibrated candidate with its answers on the validation."""

    name: str
    fitted: Fitted
    temperature: float
    probabilities: Floats
    seconds: float

    @property
    def predicted(self) -> Rows:
        """Labels on the validation."""
        found: Rows = self.probabilities.argmax(axis=1)
        return found

    def accuracy(self, labels: Rows) -> float:
        """On the validation."""
        return float((self.predicted == labels).mean())

    def macro_f1(self, labels: Rows) -> float:
        """On the validation."""
        return macro_f1(self.predicted, labels)


def text_rungs(setting: Setting, encoder: Encoder) -> Iterator[Rung]:
    """Majority, words, words with frozen vectors, LoRA, and the average of the last two."""
    train, classes = setting.train, setting.classes
    yield _rung(setting, "majority", lambda: Majority.fit(train.labels, classes))
    yield _rung(
        setting,
        "tfidf",
        lambda: Linear.fit(train.examples, train.labels, classes=classes, hybrid=False),
    )
    hybrid = _rung(
        setting,
        "hybrid",
        lambda: Linear.fit(train.examples, train.labels, classes=classes, hybrid=True),
    )
    yield hybrid
    lora = _rung(setting, "lora", lambda: _lora(setting, encoder))
    yield lora
    yield _average(setting, lora, hybrid)


def tabular_rungs(setting: Setting) -> Iterator[Rung]:
    """Majority, logistic regression, random forest, gradient boosted trees."""
    train = setting.train
    yield _rung(setting, "majority", lambda: Majority.fit(train.labels, setting.classes))
    for name in TABULAR:
        yield _rung(setting, name, lambda name=name: tabular(setting, name))  # type: ignore[misc]


def tabular(setting: Setting, name: str) -> Tabular:
    """One model of rows of numbers."""
    data = (setting.train.examples, setting.train.labels)
    return Tabular.fit(name, data, classes=setting.classes, seed=setting.seed)


def choose(rungs: Sequence[Rung], labels: Rows, *, seed: int) -> Rung:
    """The cheapest candidate that no dearer one beats beyond the noise of the validation."""
    chosen = rungs[0]
    for rung in rungs[1:]:
        if gain_is_real(rung.predicted, chosen.predicted, labels, seed=seed):
            chosen = rung
    return chosen


def refitted(rung: Rung, everything: Setting) -> Fitted:
    """The same recipe on all rows; the weights of LoRA stay as they were judged."""
    train, classes = everything.train, everything.classes
    if rung.name == "majority":
        return Majority.fit(train.labels, classes)
    if rung.name in {"tfidf", "hybrid"}:
        hybrid = rung.name == "hybrid"
        return Linear.fit(train.examples, train.labels, classes=classes, hybrid=hybrid)
    if rung.name in TABULAR:
        return tabular(everything, rung.name)
    return rung.fitted


def _rung(setting: Setting, name: str, fit: Callable[[], Fitted]) -> Rung:
    setting.progress(name, 0.0)
    started = time.monotonic()
    fitted = fit()
    seconds = time.monotonic() - started
    setting.progress(name, 1.0)
    return _calibrated(setting, name, fitted, seconds)


def _calibrated(setting: Setting, name: str, fitted: Fitted, seconds: float) -> Rung:
    scores = fitted.scores(setting.validation.examples)
    divisor = temperature(scores, setting.validation.labels)
    return Rung(name, fitted, divisor, softmax(scores / divisor), seconds)


def _lora(setting: Setting, encoder: Encoder) -> Fitted:
    return train_lora(
        encoder,
        setting.train,
        setting.validation,
        classes=setting.classes,
        seed=setting.seed,
        advance=lambda share: setting.progress("lora", share),
        settings=setting.lora,
    )


def _average(setting: Setting, lora: Rung, hybrid: Rung) -> Rung:
    members = {rung.name: (rung.fitted, rung.temperature) for rung in (lora, hybrid)}
    return _calibrated(setting, "average", Average(members), lora.seconds + hybrid.seconds)
