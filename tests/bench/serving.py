"""CPU time of an answer, against the text-classification pipeline of transformers, in one run."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from finetune.answering import Answering
from finetune.candidates.average import Average
from finetune.candidates.linear import Linear
from finetune.candidates.lora import Lora, LoraSettings
from finetune.candidates.lora_training import Part, train_lora
from finetune.classifier import Classifier
from finetune.encoder import Encoder, load_encoder
from finetune.engine import Engine
from finetune.examples import Examples, Fitted, softmax
from finetune.limits import limits_of
from finetune.neighbours import Neighbours
from finetune.runtimes.agreement import agreement, compared
from finetune.runtimes.serving import Runtimes
from finetune.task import shipped_task
from finetune.threads import bounded
from finetune.wording import tidy
from tests.bench.measure import Measurement

THREADS = 1
BATCH = 32
ROUNDS = 5
SINGLES = 16
TUNED_ON = 256
CLIENTS = 8
PIPELINE = "transformers pipeline"
LONG = 47
"""Tokens of the longer texts, as in the figures that the goals were taken from."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """One candidate through torch and through what the gate let pass."""

    name: str
    plain: Engine
    fast: Engine
    encoder: Encoder


def serving() -> list[Measurement]:
    """Single texts and batches of 32, short and long ones; neighbours never change an answer."""
    with bounded(THREADS), tempfile.TemporaryDirectory() as home:
        encoder = load_encoder(None, threads=THREADS)
        texts, labels, names = _data()
        runtimes = Runtimes(Path(home) / "runtimes", wanted="auto", threads=THREADS)
        stands, tuned = _stands(runtimes, encoder, (texts, labels, names), Path(home))
        pipe = _pipeline(encoder, tuned, names)
        found: list[Measurement] = []
        for kind, some in (("short", _distinct(texts)), (f"{LONG}-token", _long(encoder, texts))):
            found += _against_pipeline(pipe, stands, some, kind=kind)
        for stand in stands:
            found += _agreeing(stand, encoder, texts, labels)
        found.append(_concurrent(stands[0], _distinct(texts)))
        return found


def _data() -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
    task = shipped_task("error_code")
    assert task.data is not None
    with task.data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = tuple(sorted({row[task.target] for row in rows}))
    labels = np.array([names.index(row[task.target]) for row in rows], dtype=np.int64)
    return tuple(tidy(row[task.text]) for row in rows), labels, names


def _distinct(texts: Sequence[str]) -> list[str]:
    order = np.random.default_rng(1).permutation(len(texts))
    return list(dict.fromkeys(texts[at] for at in order))[: 2 * BATCH]


def _long(encoder: Encoder, texts: Sequence[str]) -> list[str]:
    """Texts put together until they have about so many tokens, of slightly different lengths."""
    chance = np.random.default_rng(2)
    found: list[str] = []
    while len(found) < 2 * BATCH:
        words = " ".join(texts[at] for at in chance.integers(0, len(texts), 12)).split()
        while len(encoder.tokens([" ".join(words)])[0]) > LONG + chance.integers(-6, 7):
            words.pop()
        found.append(" ".join(words))
    return found


def _stands(
    runtimes: Runtimes, encoder: Encoder, data: Any, home: Path
) -> tuple[list[_Stand], Lora]:
    texts, labels, names = data
    vectors = encoder.encode(texts)
    examples = Examples(texts, vectors)
    hybrid = Linear.fit(examples, labels, classes=len(names), hybrid=True)
    rows = np.random.default_rng(0).permutation(len(labels))[:TUNED_ON]
    part = Part(examples.take(rows), labels[rows])
    lora = train_lora(
        encoder,
        part,
        None,
        classes=len(names),
        seed=0,
        advance=lambda _: None,
        settings=LoraSettings(epochs=2, device="cpu"),
    )
    lora.merge()
    near = Neighbours.of(examples, seed=0)
    average = Average({"lora": (lora, 1.0), "hybrid": (hybrid, 1.0)})
    found = []
    fitted: tuple[tuple[str, Fitted], ...] = (
        ("hybrid", hybrid),
        ("lora", lora),
        ("average", average),
    )
    for name, one in fitted:
        scores = one.scores(part.examples)
        limits = limits_of(softmax(scores), part.labels, near.familiarity(part.examples))
        engine = Engine(shipped_task("error_code"), name, one, {name: 1.0}, limits, (), near)
        folder = home / name
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
        runtimes.equip(engine, encoder, folder, rows=(examples, labels))
        found.append(_Stand(name, engine, *runtimes.attach(engine, encoder, folder)))
    return found, lora


def _pipeline(encoder: Encoder, tuned: Lora, names: Sequence[str]) -> Any:
    """The stock classifier of the same size with the merged weights, its pooler on top."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    place = encoder.folder.path
    model: Any = AutoModelForSequenceClassification.from_pretrained(place, num_labels=len(names))
    model.bert.load_state_dict(tuned.model.state_dict(), strict=False)
    model.classifier.load_state_dict(tuned.head.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(place)
    return pipeline("text-classification", model=model.eval(), tokenizer=tokenizer, device=-1)


def _against_pipeline(
    pipe: Any, stands: Sequence[_Stand], texts: Sequence[str], *, kind: str
) -> list[Measurement]:
    """Interleaved, so that what else the machine does falls on both; the least of several."""
    batch, singles = list(texts[:BATCH]), texts[:SINGLES]
    asked: dict[str, Callable[[Sequence[str]], object]] = {
        stand.name: _answers(stand) for stand in stands
    }
    asked[PIPELINE] = lambda some: pipe(list(some), batch_size=BATCH)
    ones = {name: _Least() for name in asked}
    many = {name: _Least() for name in asked}
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            ones[name].take(partial(_one_by_one, ask, singles))
            many[name].take(partial(ask, batch))
    return [
        Measurement(
            f"serving: {stand.name} ({stand.encoder.forward.name}), {what}, {kind} texts",
            "CPU ms/text",
            least[stand.name].ms / count,
            least[PIPELINE].ms / count,
            PIPELINE,
            more_is_better=False,
        )
        for stand in stands
        for what, least, count in (("one text", ones, SINGLES), (f"{BATCH} texts", many, BATCH))
    ]


def _one_by_one(ask: Callable[[Sequence[str]], object], texts: Sequence[str]) -> None:
    for text in texts:
        ask([text])


class _Least:
    """The least CPU time of several runs, all threads together."""

    def __init__(self) -> None:
        self.ms = float("inf")

    def take(self, run: Callable[[], object]) -> None:
        began = time.process_time()
        run()
        self.ms = min(self.ms, 1000.0 * (time.process_time() - began))


def _answers(stand: _Stand) -> Callable[[Sequence[str]], object]:
    """Whole diagnoses, the check for unknown texts included; nothing is remembered."""
    return Classifier(stand.fast, stand.encoder, version="v1", about={}, remembered=0).classify


def _agreeing(
    stand: _Stand, encoder: Encoder, texts: tuple[str, ...], labels: Any
) -> list[Measurement]:
    against = compared(stand.plain, encoder, Examples(texts), labels)
    seen = agreement(stand.fast, stand.encoder, against)
    name = f"serving: {stand.name} ({stand.encoder.forward.name})"
    return [
        Measurement(f"{name}, labels as torch", "share", seen.labels, 1.0, "torch fp32"),
        Measurement(f"{name}, ends as torch", "share", seen.outcomes, 1.0, "torch fp32"),
        Measurement(
            f"{name}, answers that a neighbour changes",
            "texts",
            seen.flips,
            0.0,
            "none allowed",
            more_is_better=False,
        ),
    ]


def _concurrent(stand: _Stand, texts: Sequence[str]) -> Measurement:
    """CPU time of a request when eight clients ask at once, against one that asks alone."""
    alone, together = _Least(), _Least()
    answering = Answering(stand.fast, stand.encoder, remembered=0)

    def ask(text: str) -> object:
        return answering(Examples((text,)))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, texts))
        for _ in range(ROUNDS):
            alone.take(lambda: [ask(text) for text in texts])
            together.take(lambda: list(pool.map(ask, texts)))
    return Measurement(
        f"serving: {stand.name}, {CLIENTS} clients at once",
        "CPU ms/text",
        together.ms / len(texts),
        alone.ms / len(texts),
        "one client",
        more_is_better=False,
    )
