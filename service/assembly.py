"""The only place where concrete things are chosen: from settings to the parts of the service.

What is missing takes its own answer away and nothing else: no model, no diagnosis, and the reason
stands in its place. Without an encoder neither documents nor models work, so that is a fault at
start, which says what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from finetune.candidates.lora import LoraSettings
from finetune.encoder import Encoder, load_encoder
from finetune.models import ModelStore
from finetune.reranker import CrossEncoder, load_reranker
from finetune.settings import FinetuneSettings
from ingest.evidence_settings import EvidenceSettings
from ingest.history import History
from ingest.opening import opened_history, opened_roster
from ingest.plant import Plant, load_plant
from ingest.plant_watch import PlantWatch
from ingest.settings import IngestSettings
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.models.choice import model_of
from prompting.probing_watch import probe_watch
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from prompting.writers.choice import asker_of
from rag.library import Library
from rag.settings import RagSettings
from service.access import access_for
from service.advice import Adviser
from service.answer_log import AnswerLog
from service.answering import machine_names, writer_of
from service.cards_store import CardStore
from service.comparison.arms import Engines, arm_named
from service.comparison.asked_model import Prompting
from service.comparison.nouns import Known
from service.comparison.ports import Arm
from service.database import Database
from service.feed import Feed
from service.folder_watch import FolderWatch
from service.following import Following
from service.hints import NoteReader
from service.instructions import InstructionStore
from service.learning import learning_of
from service.ledger import Ledger
from service.lookout import Lookout
from service.model_figures import ModelFigures
from service.notices import issue_message, machine_message
from service.parts import Component, Parts
from service.plant_day import today_in
from service.ports import Shelf
from service.settings import ServiceSettings, read_settings
from service.shelf import ModelShelf
from service.task_routes import FOLDER as ROUTES
from service.task_routes import Member, RouteStore
from service.watch import Watch

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
"""Called with what is being done."""


@contextmanager
def assembled(settings: ServiceSettings, progress: Progress = lambda _: None) -> Iterator[Parts]:
    """All parts of the service, closed at the end.

    Raises:
        SettingsFault: something that a person must change; it says what.
    """
    access = access_for(settings)
    plant = load_plant(settings.plant)
    collecting = read_settings(IngestSettings)
    with ExitStack() as stack:
        history = stack.enter_context(opened_history(settings.home, collecting))
        roster = stack.enter_context(opened_roster(settings.home, collecting))
        database = stack.enter_context(Database(settings.history_file))
        progress("The encoder is loaded.")
        store = store_of(settings.home, read_settings(FinetuneSettings))
        encoder = store.runtimes.fastest(store.encoder())
        prompting = read_settings(PromptingSettings)
        figures = ModelFigures()
        model = model_of(prompting, settings.home)
        asker = asker_of(prompting, home=settings.home, model=model, observer=figures)
        if asker is not None:
            stack.callback(asker.close)
        watch = probe_watch(model, settings.home, prompting) if model is not None else None
        prompts = PromptLibrary(prompting.prompts_folder)
        library = stack.enter_context(
            Library(
                settings.home,
                encoder,
                settings=read_settings(RagSettings),
                today=today_in(plant.timezone),
                progress=lambda done, of, name: progress(_indexing(done, of, name)),
                machines=machine_names(plant),
                writer=writer_of(asker, prompts),
                reranker=reranker_of(read_settings(FinetuneSettings)),
            )
        )
        shelf = ModelShelf(store)
        asked = None if asker is None else Prompting(asker, prompts)
        following = following_of(settings.home, shelf, serving_engines(store, encoder, asked))
        if following.store.tasks():
            progress("The routes of the tasks are made ready.")
            following.troubles()
        parts = Parts(
            settings=settings,
            plant=plant,
            history=history,
            cards=CardStore(database),
            instructions=InstructionStore(database),
            ledger=Ledger(database),
            answers=AnswerLog(database, timedelta(days=settings.answers_kept_days)),
            lookout=lookout_of(plant, history, settings),
            summarizer=summarizer_of(plant, asker, prompts),
            shelf=shelf,
            library=library,
            folder_watch=watched_documents(library, plant, progress),
            access=access,
            feed=Feed(),
            learning=learning_of(database, shelf, settings),
            following=following,
            roster=roster,
            plant_watch=PlantWatch(plant),
            prompts=prompts,
            asker=asker,
            model_watch=stack.enter_context(watch) if watch is not None else None,
            model_figures=figures,
            disk_reserve_bytes=collecting.disk_reserve_bytes,
            clock_ahead=timedelta(seconds=collecting.clock_ahead_s),
            components=(
                Component("encoder", "ok", f"{encoder.name} by {encoder.forward.name}"),
                *shelf.components(),
            ),
        )
        yield with_watch(parts)


def store_of(home: Path, settings: FinetuneSettings) -> ModelStore:
    """The models with the encoder that the settings name; SettingsFault without one."""
    return ModelStore(
        home / "models",
        encoder=load_encoder(settings.encoder or None, threads=settings.threads),
        threads=settings.threads,
        runtime=settings.runtime,
    )


def serving_engines(store: ModelStore, encoder: Encoder, asked: Prompting | None) -> Engines:
    """What the arms of routes are made of: the parts that serve, nothing is loaded twice."""
    settings = read_settings(FinetuneSettings)
    return Engines(
        store=store,
        encoder=lambda: encoder,
        model=asked,
        rag=read_settings(RagSettings),
        threads=settings.threads,
        lora=LoraSettings(device=settings.train_device, precision=settings.train_precision),
    )


def following_of(home: Path, shelf: Shelf, engines: Engines) -> Following:
    """The routes of a home over those engines."""

    def make(member: Member, known: Known) -> Arm:
        return arm_named(engines, member.approach, member.name, task=known.task, codes=known.codes)

    return Following(RouteStore(home / ROUTES), shelf, make)


def reranker_of(settings: FinetuneSettings) -> CrossEncoder | None:
    """The model that ranks passages anew, where the settings name one."""
    return load_reranker(settings.reranker, threads=settings.threads)


def lookout_of(plant: Plant, history: History, settings: ServiceSettings) -> Lookout:
    """A lookout whose durations fit the window of the watch."""
    fitting = EvidenceSettings.fitting(settings.watch_window_s)
    return Lookout(plant, history, settings=fitting)


def summarizer_of(plant: Plant, asker: Asker | None, prompts: PromptLibrary) -> Summarizer:
    """Summaries in the plant's own time, by the model as far as it keeps to the evidence."""
    return Summarizer(
        asker,
        prompts,
        timezone=plant.timezone,
        machines=[machine.id for machine in plant.machines],
        names=plant.names,
    )


def watched_documents(library: Library, plant: Plant, progress: Progress) -> FolderWatch:
    """The library brought up to date with the plant's folder, and the watch over that."""
    watch = FolderWatch(library, plant.documents)
    watch.read(lambda done, of, name: progress(_reading(done, of, name)))
    return watch


def with_watch(parts: Parts) -> Parts:
    """The same parts with a watch that uses them and tells the feed."""

    def look(machine: str) -> None:
        if parts.feed.listeners:
            parts.feed.publish(machine_message(parts.view(machine)))

    watch = Watch(
        parts.plant,
        parts.history,
        parts.cards,
        lookout=parts.lookout,
        adviser=Adviser(
            summarizer=parts.summarizer,
            shelf=parts.shelf,
            library=parts.library,
            language=parts.settings.language,
            tell=parts.learning.observer.tell,
        ),
        notes=NoteReader(parts.shelf, confidence=parts.settings.watch_confidence),
        settings=parts.settings,
        on_look=look,
        on_card=lambda issue: parts.feed.publish(issue_message(issue)),
    )
    return replace(parts, watch=watch)


def _indexing(done: int, of: int, name: str) -> str:
    return f"The index is made again: document {done} of {of}: {name}"


def _reading(done: int, of: int, name: str) -> str:
    return f"Document {min(done + 1, of)} of {of}: {name}" if name else f"{of} documents are read."
