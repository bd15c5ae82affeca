"""A language model as an answerer: one question an item, the labels as a closed list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.errors import AndonFault, DataFault
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.slots import harmless
from prompting.tasks.classifying import MOST_LABELS, Classified, Entry, Shot, TextClassifier
from prompting.tasks.forms import NAME_LENGTH, UNKNOWN
from service.comparison.nouns import CodeRow, Item, Known, Reply
from service.comparison.told_items import NOTE, spoken, told

MEANING_LENGTH = 400
"""Characters of what a label means that the prompt shows."""
OUT_OF_ORDER = frozenset(
    {"away", "silent", "slow", "busy", "failed", "refused", "garbled", "cut", "stopped", "breaker"}
)
"""Why there is no reply, where that says nothing about the item."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """The model that is set, and the words it is asked in."""

    asker: Asker
    """Without a cache of replies: what is asked again is really asked again."""
    prompts: PromptLibrary
    language: str = "en"
    """Of the prompts."""

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.asker.model.model

    @property
    def unpriced(self) -> bool:
        """Whether it works elsewhere, at no price that is known; in this process it is measured."""
        return not self.asker.priced and self.asker.model.engine != "transformers"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of its figures."""
        words = f"ANDON_LLM_PRICES has no price for {self.model}"
        told = f"{words}: it is reckoned as one CPU core for as long as it took, without a GPU."
        return (told,) if self.unpriced else ()

    def versioned(self, prompt: str) -> tuple[str, ...]:
        """The prompt with its hash, the model with its digest, the labels.

        Raises:
            NotKnown: there is no such prompt in the language.
        """
        reference = self.prompts.get(prompt, self.language, schema="label").reference
        digest = f" {self.asker.model.digest[:19]}".rstrip()
        return (
            f"prompt {reference}",
            f"language model {self.model}{digest}",
            "labels and their meanings",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What an item is asked with beside the labels."""

    examples: Sequence[Item] = ()
    """Labelled; those that may be left out for want of room stand last."""
    codes: Sequence[CodeRow] = ()


NOTHING = Shown()


class AskedModel:
    """An `Answerer`: asks the model about each item by itself."""

    def __init__(
        self,
        prompting: Prompting,
        known: Known,
        *,
        prompt: str,
        shows: Callable[[Item], Shown] = lambda _: NOTHING,
        learnt: int = 0,
    ) -> None:
        """Look whether the prompt can be filled; the model is asked nothing yet.

        Args:
            prompting: Asks.
            known: Its labels are what the model may say.
            prompt: Id of the prompt.
            shows: What is shown with an item.
            learnt: Labelled examples that it uses.

        Raises:
            DataFault: there are no labels, or more than a prompt holds.
            NotKnown: there is no such prompt in the language.
        """
        if not 1 <= len(known.labels) <= MOST_LABELS:
            words = f"A prompt holds 1 to {MOST_LABELS} labels, and there are {len(known.labels)}."
            raise DataFault(words, remedy="Join labels, or leave the prompt aside.")
        prompting.prompts.get(prompt, prompting.language, schema="label")
        self._classifier = TextClassifier(prompting.asker, prompting.prompts, prompt=prompt)
        self._language = prompting.language
        self._unpriced = prompting.unpriced
        self._shows = shows
        self._labels = names_shown(known.labels)
        self._shown = {label: name for name, label in self._labels.items()}
        self._meanings = {
            self._shown[one.name]: harmless(one.description, MEANING_LENGTH)
            for one in known.task.labels
        }
        self.learnt = learnt
        self.notes = (*prompting.notes, *((NOTE,) if known.task.reads_numbers else ()))

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order."""
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Reply:
        try:
            return self._reply(self._asked(item))
        except AndonFault as fault:
            return Reply(None, reason=str(fault))

    def _asked(self, item: Item) -> Classified:
        shown = self._shows(item)
        return self._classifier.classify(
            told(item),
            self._meanings,
            [
                Shot(words, self._shown[one.label])
                for one in shown.examples
                if one.label in self._shown and (words := told(one))
            ],
            [
                Entry(code, meaning)
                for row in shown.codes
                if (code := spoken(row.code)) and (meaning := spoken(row.meaning))
            ],
            language=self._language,
        )

    def _reply(self, found: Classified) -> Reply:
        account = found.origin.account
        label = self._labels[found.label] if found.label is not None else None
        silent = found.origin.note or "the model says that no label fits"
        return Reply(
            label,
            confidence=found.agreement,
            likeliest=label or "",
            tokens_in=account.tokens_in,
            tokens_out=account.tokens_out,
            cost=account.cost,
            unpriced_s=account.seconds if self._unpriced else 0.0,
            reason="" if label is not None else silent,
            failed=account.fallback in OUT_OF_ORDER,
        )


def names_shown(labels: Iterable[str]) -> Mapping[str, str]:
    """Each label as a prompt can hold it, to the label itself: short, harmless, no two alike."""
    found: dict[str, str] = {}
    for label in labels:
        plain = harmless(label, NAME_LENGTH) or "label"
        number, name = 1, plain
        while name in found or name.lower() == UNKNOWN:
            number += 1
            name = f"{plain[: NAME_LENGTH - 7].rstrip()} ({number})"
        found[name] = label
    return found
