"""The arms of the prompt: zero-shot and few-shot through the model that is set, else key words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.task import Task
from ingest.errors import DataFault
from prompting.tasks.classifying import FEW_SHOT, ZERO_SHOT
from prompting.tasks.keywords import KeywordClassifier
from service.comparison.asked_model import AskedModel, Prompting, Shown
from service.comparison.keyword_answers import CommonestAnswerer, KeywordAnswerer
from service.comparison.nouns import Approach, Known
from service.comparison.shots import shots_of

if TYPE_CHECKING:
    from service.comparison.ports import Answerer, Arm

SHOTS_PER_CLASS = 4


def prompt_arms(task: Task, *, model: Prompting | None) -> tuple[Arm, ...]:
    """Every arm of the prompt: two of the model that is set, or the key words in its place."""
    if model is None:
        return (KeywordArm(task),)
    return (ZeroShotArm(model), FewShotArm(model))


class KeywordArm:
    """Looks for the words of the labels in the item; stands in where no model is set."""

    approach = Approach.PROMPT
    name = "key words"
    model = "rule: words of the labels' names and meanings"
    baseline = True
    versioned: tuple[str, ...] = ("labels and their meanings",)
    redone = "the labels and their meanings are read again"

    def __init__(self, task: Task) -> None:
        self.sizes: tuple[int | None, ...] = (0,) if task.reads_texts else (None,)

    def ready(self, known: Known) -> KeywordAnswerer | CommonestAnswerer:
        """Read the labels; of rows of numbers only the commonest label is known.

        Raises:
            DataFault: there are no labels.
        """
        if not known.labels:
            raise DataFault("There are no labels to choose from.")
        if not known.task.reads_texts:
            return CommonestAnswerer.of(known)
        words = KeywordClassifier({one.name: one.description for one in known.task.labels})
        return KeywordAnswerer(words, known.task.quiet)

    def renewed(
        self,
        answerer: Answerer,  # noqa: ARG002 - nothing of it is worth keeping
        known: Known,
    ) -> KeywordAnswerer | CommonestAnswerer:
        """Read them again."""
        return self.ready(known)


class ZeroShotArm:
    """Tells the model the labels and what they mean, and nothing else."""

    approach = Approach.PROMPT
    name = "zero-shot"
    baseline = False
    redone = "the labels and their meanings are put into the prompt again"
    sizes: tuple[int | None, ...] = (0,)

    def __init__(self, prompting: Prompting) -> None:
        self._prompting = prompting

    @property
    def model(self) -> str:
        """Name of the language model."""
        return self._prompting.model

    @property
    def versioned(self) -> tuple[str, ...]:
        """The prompt, the model and the labels."""
        return self._prompting.versioned(ZERO_SHOT)

    def ready(self, known: Known) -> AskedModel:
        """Nothing is sent: a model that is away is found out at the first item.

        Raises:
            DataFault: there are no labels, or more than a prompt holds.
            NotKnown: there is no such prompt in the language.
        """
        return AskedModel(self._prompting, known, prompt=ZERO_SHOT)

    def renewed(
        self,
        answerer: Answerer,  # noqa: ARG002 - nothing of it is worth keeping
        known: Known,
    ) -> AskedModel:
        """With the labels as they are now."""
        return self.ready(known)


class FewShotArm:
    """Shows the model a few labelled examples of each label as well, the same ones always."""

    approach = Approach.PROMPT
    name = "few-shot"
    baseline = False
    redone = "the labels and the examples are put into the prompt again"
    sizes: tuple[int | None, ...] = (None,)
    """It draws from all of them; `learnt` of its answerer says how many it shows."""

    def __init__(self, prompting: Prompting, *, per_class: int = SHOTS_PER_CLASS) -> None:
        self._prompting = prompting
        self._per_class = per_class

    @property
    def model(self) -> str:
        """Name of the language model."""
        return self._prompting.model

    @property
    def versioned(self) -> tuple[str, ...]:
        """The prompt, the model, the labels and the examples."""
        return (*self._prompting.versioned(FEW_SHOT), "the labelled examples that are shown")

    def ready(self, known: Known) -> AskedModel:
        """Draw the examples.

        Raises:
            DataFault: there are none, or the labels are not usable.
            NotKnown: there is no such prompt in the language.
        """
        shots = shots_of(known, per_class=self._per_class)
        if not shots:
            raise DataFault("There are no labelled examples to show.", remedy="Label some rows.")
        shows = Shown(shots)
        return AskedModel(
            self._prompting, known, prompt=FEW_SHOT, shows=lambda _: shows, learnt=len(shots)
        )

    def renewed(
        self,
        answerer: Answerer,  # noqa: ARG002 - nothing of it is worth keeping
        known: Known,
    ) -> AskedModel:
        """With the labels and examples as they are now."""
        return self.ready(known)
