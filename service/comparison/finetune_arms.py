"""The arms of fine-tuning: the shipped training, and each candidate of its ladder by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.comparison.classifier_answerer import TriedAnswerer
from service.comparison.entrants import ALL, CURVE
from service.comparison.nouns import Approach, Known
from service.comparison.ports import Answerer

if TYPE_CHECKING:
    from finetune.candidates.lora import LoraSettings
    from finetune.course import Wish
    from finetune.encoder import Encoder
    from finetune.models import ModelStore
    from finetune.progress import Progress
    from finetune.task import Task
    from finetune.trial import Trial, Tried


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every training of a comparison is given besides its rows."""

    store: ModelStore
    """Of the comparison alone; shares the encoder and the runtimes of the home."""
    threads: int = 2
    lora: LoraSettings | None = None
    progress: Progress | None = None

    def wish(self, seed: int) -> Wish:
        """As the training is asked."""
        from finetune.course import Wish
        from finetune.progress import silent

        watched = self.progress or silent
        return Wish(seed, self.threads, watched, self.lora)


def finetune_arms(
    task: Task,
    *,
    store: ModelStore,
    threads: int = 2,
    up_to: str | None = None,
    lora: LoraSettings | None = None,
    progress: Progress | None = None,
) -> tuple[TrainedArm | CandidateArm, ...]:
    """The shipped training first, which stands for the approach; then its candidates by themselves.

    Args:
        task: says whether texts are read.
        store: of the comparison alone; shares the encoder and the runtimes of the home.
        threads: of the numeric libraries.
        up_to: the last rung of the ladder; None: all of it.
        lora: settings of its training; None: ours.
        progress: of the fit that is running, 0 to 1.

    Raises:
        SettingsFault: the ladder has no rung of the name in `up_to`.
    """
    from finetune.candidates.recipes import tabular_recipes, text_recipes
    from finetune.candidates.recipes import up_to as as_far_as

    recipes = as_far_as(text_recipes() if task.reads_texts else tabular_recipes(), up_to)
    workshop = Workshop(store, threads, lora, progress)
    shared = _Shared(workshop)
    return (
        TrainedArm(shared, up_to=up_to),
        *(CandidateArm(one.name, shared) for one in recipes),
    )


class TrainedArm:
    """The shipped training on the rows to develop on alone: every candidate, one is chosen."""

    approach = Approach.FINETUNE
    baseline = False
    representative = True
    sizes = (None,)
    versioned = (
        "every version of the model with the SHA-256 of each of its files",
        "the rows that it learnt and the encoder that it stands on, by SHA-256",
        "the frozen test that every version is judged on",
        "who put which version into use, and when",
    )

    def __init__(self, shared: _Shared, *, up_to: str | None = None, name: str = "") -> None:
        self.name = name or "trained"
        self.model = "the candidate that the folds choose"
        self._shared = shared
        self._up_to = up_to

    @property
    def redone(self) -> str:
        """In words, with the command."""
        ladder = self._up_to or "CANDIDATE"
        return (
            "new rows are labelled and all rows are learnt anew, up to the candidate that was "
            f"chosen: andon train TASK --data FILE --up-to {ladder}"
        )

    def ready(self, known: Known) -> TriedAnswerer:
        """Train, store, and load what was stored.

        Raises:
            SettingsFault: there is no encoder, or the folder cannot be written to.
            DataFault: too few rows, labels or groups.
        """
        store = self._shared.store
        report, spared = self._shared.trial(known).train(store, up_to=self._up_to)
        loaded = store.load(known.task.name, report.version, remembered=0)
        took = spared.seconds, spared.cpu_seconds
        return TriedAnswerer(loaded, notes=report.notes["why"], spared=took)

    def renewed(self, answerer: Answerer, known: Known) -> TriedAnswerer:
        """Trained again on what is known now, as far as the candidate that was chosen before."""
        arm = self.settled(answerer) if isinstance(answerer, TriedAnswerer) else self
        return arm.ready(known)

    def settled(self, answerer: TriedAnswerer) -> TrainedArm:
        """The same arm that climbs no further than the candidate that was chosen."""
        return TrainedArm(self._shared, up_to=answerer.name, name=answerer.name)


class CandidateArm:
    """One candidate by itself, whether or not it would be chosen: a line of the learning curve."""

    approach = Approach.FINETUNE
    baseline = False
    representative = False
    sizes = (*CURVE, ALL)
    versioned = TrainedArm.versioned

    def __init__(self, name: str, shared: _Shared) -> None:
        self.name = name
        self.model = name
        self._shared = shared

    @property
    def redone(self) -> str:
        """In words, with the command."""
        return (
            "new rows are labelled and all rows are learnt anew: "
            f"andon train TASK --data FILE --up-to {self.name}"
        )

    def ready(self, known: Known) -> TriedAnswerer:
        """Fit, calibrate and find the limits.

        Raises:
            SettingsFault: there is no encoder.
            DataFault: too few rows, labels or groups.
        """
        from finetune.classifier import Classifier

        tried = self._shared.trial(known).run(self.name)
        encoder = self._shared.encoder(known.task)
        fitted = Classifier(tried.engine, encoder, version="", about={}, remembered=0)
        spared = tried.spared.seconds, tried.spared.cpu_seconds
        return TriedAnswerer(fitted, notes=_told(tried), spared=spared)

    def renewed(
        self,
        answerer: Answerer,  # noqa: ARG002 - nothing of a fit is worth keeping
        known: Known,
    ) -> TriedAnswerer:
        """Fitted anew."""
        return self.ready(known)


class _Shared:
    """What the arms of one and the same `Known` make once; only that of the last one is kept."""

    def __init__(self, workshop: Workshop) -> None:
        self.store = workshop.store
        self._workshop = workshop
        self._last: tuple[Known, Trial] | None = None

    def encoder(self, task: Task) -> Encoder | None:
        """None where no texts are read."""
        return self.store.encoder() if task.reads_texts else None

    def trial(self, known: Known) -> Trial:
        """Of these rows."""
        from finetune.given import dataset_of
        from finetune.trial import Trial

        if self._last is None or self._last[0] != known:
            rows = dataset_of(known.task, known.examples)
            wish = self._workshop.wish(known.seed)
            self._last = known, Trial(rows, self.encoder(known.task), wish)
        return self._last[1]


def _told(tried: Tried) -> tuple[str, ...]:
    """What a person may want to know of the fit."""
    found = f"Out of fold, on rows to develop on, its macro-F1 is {tried.macro_f1:.3f}."
    if tried.folds > 1:
        return (found,)
    return (found, "It is dear: its limits come from one fold, in the training from all of them.")
