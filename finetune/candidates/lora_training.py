"""Training of the LoRA candidate: seeded, stopped early, resumed after a kill, shared by ranks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed_version
from pathlib import Path

import numpy as np

from finetune.candidates.lora import Lora, LoraSettings
from finetune.candidates.lora_checkpoint import LoraCheckpoint, Reached
from finetune.candidates.lora_head import start_head
from finetune.candidates.lora_run import Lessons, Run
from finetune.candidates.lora_schedule import epochs_of
from finetune.checkpoint import key_of
from finetune.encoder import Encoder
from finetune.examples import LEAST, Examples, Rows, softmax
from finetune.place import Place, place_of, repeatable
from finetune.progress import Advance
from finetune.ranks import Ranks
from finetune.score import macro_f1
from ingest.errors import ModelFault

log = logging.getLogger(__name__)

LIBRARIES = ("accelerate", "numpy", "peft", "tokenizers", "torch", "transformers")
"""Those that a weight's last bit hangs on."""


@dataclass(frozen=True, slots=True)
class Part:
    """Labelled examples."""

    examples: Examples
    labels: Rows


def train_lora(
    encoder: Encoder,
    train: Part,
    validation: Part | None,
    *,
    classes: int,
    seed: int,
    advance: Advance,
    settings: LoraSettings | None = None,
    checkpoint: Path | None = None,
) -> Lora:
    """The weights of the epoch that was best on the validation; without one, of the last epoch.

    `settings.epochs` is how many there are; with a validation they may end earlier. A folder for
    the checkpoint keeps every whole epoch: the same call goes on after the last one, to the same
    weights, and leaves the folder as it is.

    Raises:
        SettingsFault: no GPU where one is asked for, or its memory is too small for one row.
        ModelFault: processes that train together came to different weights.
    """
    settings = settings or LoraSettings()
    rows = len(train.labels)
    lessons = Lessons(
        encoder.tokens(train.examples.texts, limit=settings.max_tokens),
        train.labels.tolist(),
        classes,
        epochs=epochs_of(rows, settings) if validation else settings.epochs,
        seed=seed,
        settings=settings,
    )
    ranks = Ranks(cpu=place_of(settings.device, settings.precision).device == "cpu")
    with repeatable():
        run = _begun(encoder, ranks.told(lessons), ranks)
        book = LoraCheckpoint(checkpoint, _key(run, validation))
        return _finished(run, _led(run, validation, book, advance=advance), advance)


def follow(encoder: Encoder, ranks: Ranks) -> None:
    """Do this process's share of every run that the leader begins, until it says that it is over.

    Raises:
        ModelFault: processes that train together came to different weights.
    """
    with repeatable():
        while (lessons := ranks.told(_NO_LESSONS)) is not None:
            run = _begun(encoder, lessons, ranks)
            run.restore(ranks.told({}))
            while number := ranks.told(0):
                run.epoch(number, _unwatched)
            _refuse_difference(run)


_NO_LESSONS: Lessons | None = None


def _unwatched(_share: float) -> None:
    """The leader says how far it is."""


def _begun(encoder: Encoder, lessons: Lessons, ranks: Ranks) -> Run:
    import torch

    settings = lessons.settings
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lessons.seed)
        lora = Lora.fresh(encoder, lessons.classes, settings)
    return Run(lora, lessons, _place(settings, ranks), ranks)


def _place(settings: LoraSettings, ranks: Ranks) -> Place:
    return place_of(settings.device, settings.precision, number=ranks.local)


def _led(run: Run, validation: Part | None, book: LoraCheckpoint, *, advance: Advance) -> Reached:
    """Epoch after epoch from where the checkpoint ends."""
    reached = book.read() or _unlearnt(run)
    run.restore(run.ranks.told(dict(reached.state)))
    while number := run.ranks.told(_next(reached, run.lessons)):
        run.epoch(number, advance)
        reached = _judged(run, reached, validation)
        book.write(reached)
    _refuse_difference(run)
    return reached


def _unlearnt(run: Run) -> Reached:
    """Before the first epoch."""
    lessons, strength = run.lessons, run.lessons.settings.head_start
    if strength:
        labels = np.asarray(lessons.labels, dtype=np.int64)
        start_head(run.lora, lessons.tokens, labels, strength=strength)
    return Reached(0, 0, (-1.0, 0.0), run.state(), {})


def _next(reached: Reached, lessons: Lessons) -> int:
    """Number of the next epoch; 0 when there is none."""
    tired = reached.epoch - reached.best_epoch >= lessons.settings.patience
    return 0 if tired or reached.epoch >= lessons.epochs else reached.epoch + 1


def _judged(run: Run, before: Reached, validation: Part | None) -> Reached:
    """After one more epoch; without a validation each epoch is better than the one before."""
    epoch, state, weights = before.epoch + 1, run.state(), run.lora.weights()
    figures = (0.0, float(epoch)) if validation is None else _validated(run.lora, validation)
    log.debug("epoch done", extra={"epoch": epoch, "macro_f1": figures[0]})
    if figures > before.best:
        return Reached(epoch, epoch, figures, state, weights)
    return Reached(epoch, before.best_epoch, before.best, state, before.kept)


def _finished(run: Run, reached: Reached, advance: Advance) -> Lora:
    lora = run.lora
    lora.restore(reached.kept)
    lora.epochs = reached.best_epoch
    lora.model.to("cpu").eval()
    lora.head.to("cpu").eval()
    advance(1.0)
    return lora


def _validated(lora: Lora, validation: Part) -> tuple[float, float]:
    """Macro-F1 and, to choose among equals, the log-likelihood."""
    scores = lora.scores(validation.examples)
    chosen = softmax(scores)[np.arange(len(scores)), validation.labels]
    likelihood = float(np.log(np.maximum(chosen, LEAST)).mean())
    return macro_f1(scores.argmax(axis=1), validation.labels), likelihood


def _refuse_difference(run: Run) -> None:
    if not run.ranks.alike(run.fingerprint()):
        raise ModelFault(
            "The processes that train together came to different weights: they must run the same "
            "libraries on the same kind of device."
        )


def _key(run: Run, validation: Part | None) -> str:
    """Of everything that the weights hang on, down to the last bit."""
    import torch

    encoder = run.lora.encoder
    judged_on: Sequence[object] = ()
    if validation is not None:
        texts = encoder.tokens(validation.examples.texts, limit=run.lessons.settings.max_tokens)
        judged_on = (texts, validation.labels.tolist())
    return key_of(
        {
            "lessons": asdict(run.lessons),
            "validation": judged_on,
            "encoder": encoder.sha256,
            "place": run.place.name,
            "ranks": run.ranks.count,
            "threads": torch.get_num_threads(),
            "libraries": {name: installed_version(name) for name in LIBRARIES},
        }
    )
