"""LoRA on small noisy texts, alone and averaged with the hybrid, and the time it takes."""

from __future__ import annotations

import time

import numpy as np

from finetune.candidates.average import mean_scores
from finetune.candidates.lora_training import Part, train_lora
from finetune.examples import Rows
from finetune.split import Fold
from finetune.threads import bounded
from tests.bench.classifier import (
    Answers,
    answers,
    calibrated,
    encoder,
    part_of,
    plain_answers,
    versus,
)
from tests.bench.classifier_data import DATA, Texts, folds_by, states, trouble_codes
from tests.bench.measure import Measurement

FOLDS = 3
SMALL, LONG = 500, 1000
"""Trouble codes of the small set, and texts of the timed training."""
MINUTES = 3.0


def all_figures() -> list[Measurement]:
    """Ten minutes or so on two cores."""
    if not (DATA / "codes").is_dir() or not (DATA / "maintenance_text").is_dir():
        return []
    sets = (states(), trouble_codes().sample(SMALL, seed=0))
    with bounded(2):
        return [*(found for rows in sets for found in average_on(rows)), training_time()]


def average_on(rows: Texts) -> list[Measurement]:
    """The average beside the best of its members and the words, and LoRA beside the baseline."""
    part, folds = part_of(rows), rows.folds(FOLDS)
    hybrid, tfidf = (answers(name, part, folds) for name in ("hybrid", "tfidf"))
    lora = lora_answers(rows, part, folds)
    both = mean_scores([lora.probabilities, hybrid.probabilities])
    average = calibrated("average", both, part.labels, folds)
    best = max((tfidf, hybrid, lora), key=lambda one: one.macro_f1)
    what, plain = f"{rows.name}, {len(rows.texts)} rows", plain_answers(rows, folds)
    return [
        *(versus(what, one, plain) for one in (tfidf, hybrid, lora)),
        versus(what, average, best),
    ]


def lora_answers(rows: Texts, part: Part, folds: tuple[Fold, ...]) -> Answers:
    """As the ladder does it: a part of the fold's own rows, by group, stops it early."""
    scores = np.zeros((len(part.labels), rows.classes))
    for fold in folds:
        inner = rows.take(fold.train).folds(5)[0]
        lora = train_lora(
            encoder(),
            _part(part, fold.train[inner.train]),
            _part(part, fold.train[inner.held]),
            classes=rows.classes,
            seed=0,
            advance=lambda _share: None,
        )
        scores[fold.held] = lora.scores(part.examples.take(fold.held))
    return calibrated("lora", scores, part.labels, folds)


def training_time() -> Measurement:
    """Of a LoRA on a thousand trouble codes with early stopping."""
    rows = trouble_codes().sample(LONG + LONG // 4, seed=1)
    part = part_of(rows)
    fold = folds_by(rows.labels, rows.groups, count=5)[0]
    began, spent = time.perf_counter(), time.process_time()
    train_lora(
        encoder(),
        _part(part, fold.train),
        _part(part, fold.held),
        classes=rows.classes,
        seed=0,
        advance=lambda _share: None,
    )
    wall, spent = time.perf_counter() - began, time.process_time() - spent
    name = f"wanted; {spent:.0f} CPU s"
    what = f"LoRA on {len(fold.train)} short texts"
    return Measurement(what, "min", wall / 60, MINUTES, name, more_is_better=False)


def _part(part: Part, rows: Rows) -> Part:
    return Part(part.examples.take(rows), part.labels[rows])
