"""Every arm that takes part, made of the engines that the settings of the process name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from finetune.candidates.lora import LoraSettings
from finetune.models import ModelStore
from finetune.progress import Progress, silent
from finetune.settings import FinetuneSettings
from finetune.task import Task
from ingest.errors import NotKnown
from prompting.library import PromptLibrary
from prompting.models.choice import model_of
from prompting.settings import PromptingSettings
from prompting.writers.choice import asker_of
from rag.encoding import TextEncoder
from rag.settings import RagSettings
from service.comparison.asked_model import Prompting
from service.comparison.finetune_arms import finetune_arms
from service.comparison.nouns import Approach, CodeRow
from service.comparison.ports import Arm
from service.comparison.prompt_arms import prompt_arms
from service.comparison.rag_arms import rag_arms
from service.settings import read_settings


@dataclass(frozen=True, slots=True)
class Engines:
    """What arms are made of; nothing is loaded before it is used."""

    store: ModelStore
    """The home's models: its encoder and its runtimes are those of what is compared."""
    encoder: Callable[[], TextEncoder]
    """As the service reads texts with it."""
    model: Prompting | None
    """The language model, without a cache of replies; None: none is set."""
    rag: RagSettings
    threads: int
    lora: LoraSettings


@dataclass(frozen=True, slots=True)
class Training:
    """How the arms of fine-tuning are trained."""

    store: ModelStore
    """Where the model lies that stands for fine-tuning."""
    up_to: str | None = None
    """The dearest candidate; None: all."""
    progress: Progress = silent


def engines_of(home: Path) -> Engines:
    """By the settings of the process.

    Raises:
        SettingsFault: a setting that cannot be used.
    """
    settings = read_settings(FinetuneSettings)
    store = ModelStore(
        home / "models",
        encoder_spec=settings.encoder or None,
        threads=settings.threads,
        runtime=settings.runtime,
    )
    return Engines(
        store=store,
        encoder=cache(lambda: store.runtimes.fastest(store.encoder())),
        model=_prompting(read_settings(PromptingSettings), home),
        rag=read_settings(RagSettings),
        threads=settings.threads,
        lora=LoraSettings(device=settings.train_device, precision=settings.train_precision),
    )


@contextmanager
def opened_engines(home: Path) -> Iterator[Engines]:
    """The same, let go at the end.

    Raises:
        SettingsFault: a setting that cannot be used.
    """
    engines = engines_of(home)
    with closing(engines.model.asker) if engines.model else nullcontext():
        yield engines


def arms_of(
    engines: Engines, task: Task, *, codes: Sequence[CodeRow], training: Training
) -> tuple[Arm, ...]:
    """All of them, by approach, from cheap to dear.

    Raises:
        SettingsFault: there is no candidate of that name to train up to.
    """
    trained = finetune_arms(
        task,
        store=training.store,
        threads=engines.threads,
        up_to=training.up_to,
        lora=engines.lora,
        progress=training.progress,
    )
    if task.reads_texts:  # once a machine: neither part of a set-up nor another runtime later
        engines.store.runtimes.ranked(engines.store.encoder())
    return (*_asked(engines, task, codes), *trained)


def arm_named(
    engines: Engines, approach: Approach, name: str, *, task: Task, codes: Sequence[CodeRow]
) -> Arm:
    """The arm of the prompt or of retrieval that has that name.

    Raises:
        NotKnown: there is none with these engines, for instance where no language model is set.
    """
    for arm in _asked(engines, task, codes):
        if (arm.approach, arm.name) == (approach, name):
            return arm
    why = "" if engines.model else " No language model is set."
    raise NotKnown(f"There is no arm {approach.value}/{name}.{why}")


def _prompting(settings: PromptingSettings, home: Path) -> Prompting | None:
    """What is known of the model is of the home; no reply is kept there."""
    model = model_of(settings, home)
    asker = asker_of(settings, model=model) if model else None
    return Prompting(asker, PromptLibrary(settings.prompts_folder)) if asker else None


def _asked(engines: Engines, task: Task, codes: Sequence[CodeRow]) -> tuple[Arm, ...]:
    encoder = engines.encoder() if task.reads_texts else None
    found = rag_arms(task, codes=codes, encoder=encoder, model=engines.model, settings=engines.rag)
    return (*prompt_arms(task, model=engines.model), *found)
