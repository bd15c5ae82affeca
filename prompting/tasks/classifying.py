"""A short text to one of a closed list of labels, asked of a model with or without examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.errors import DataFault
from ingest.vocabulary import Account
from prompting.asking import Asker
from prompting.library import Prompt, PromptLibrary
from prompting.tasks.answering import Origin, asked, by_rule, plain, shown
from prompting.tasks.forms import NAME_LENGTH, UNKNOWN, label_schema

ZERO_SHOT, FEW_SHOT = "classify-zero-shot", "classify-few-shot"
LOOKED_UP = "classify-looked-up"
MOST_LABELS = 200
MOST_SHOTS = 100
MOST_ENTRIES = 20
MOST_ROUNDS = 9
ABSTAINED = {
    "en": "No model is set: nothing is guessed.",
    "de": "Kein Modell ist eingestellt: Es wird nicht geraten.",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """A text that somebody has labelled."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code table says."""

    code: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Classified:
    """The label of a text, or that none is given."""

    text: str
    label: str | None
    """None when abstained."""
    abstained: bool
    agreement: float
    """Share of the rounds that gave this label, 0 to 1; 0 when none did."""
    origin: Origin


class TextClassifier:
    """Asks a model for a label; without one it abstains and says so."""

    def __init__(
        self, asker: Asker | None, prompts: PromptLibrary, *, prompt: str | None = None
    ) -> None:
        """With another prompt than the two shipped ones, if its id is given."""
        self._asker = asker
        self._prompts = prompts
        self._prompt = prompt

    def classify(
        self,
        text: str,
        labels: Mapping[str, str],
        examples: Sequence[Shot] = (),
        entries: Sequence[Entry] = (),
        *,
        language: str = "en",
        rounds: int = 1,
    ) -> Classified:
        """The label of one text.

        Args:
            text: Whatever somebody wrote.
            labels: Each with what it means, or an empty text.
            examples: Labelled texts; with them the few-shot prompt is used. The last are left out
                where the model takes no more.
            entries: Of a code table, about what the text names; with them the prompt for what was
                looked up is used.
            language: Of the prompt.
            rounds: How often it is asked, each time with the labels in another order; a label
                that has no majority of the rounds is not given.

        Raises:
            DataFault: A text is empty, or the labels or examples are not usable.
            NotKnown: There is no prompt in that language.
        """
        if not 1 <= rounds <= MOST_ROUNDS:
            raise DataFault(f"There can be 1 to {MOST_ROUNDS} rounds, not {rounds}.")
        known, shots = _labels(labels), _shots(examples, labels)
        told = [Entry(plain(one.code), plain(one.meaning)) for one in entries[:MOST_ENTRIES]]
        asked_text = plain(text)
        shipped = LOOKED_UP if told else FEW_SHOT if shots else ZERO_SHOT
        prompt = self._prompts.get(self._prompt or shipped, language, schema="label")
        if self._asker is None:
            origin = by_rule(prompt, ABSTAINED[language])
            return Classified(asked_text, None, abstained=True, agreement=0.0, origin=origin)
        votes: list[str | None] = []
        origins: list[Origin] = []
        for turn in range(rounds):
            sheet = _Sheet(asked_text, _turned(known, turn, rounds), shots, told)
            label, origin = self._once(sheet, prompt)
            votes.append(label)
            origins.append(origin)
        return _counted(asked_text, votes, origins)

    def _once(self, sheet: _Sheet, prompt: Prompt) -> tuple[str | None, Origin]:
        longest = prompt.front.characters
        return asked(
            self._asker,
            prompt,
            sheet.values(longest),
            schema=label_schema([name for name, _ in sheet.labels]),
            read=lambda reply: str(reply["label"]),
            fewer=[smaller.values(longest) for smaller in sheet.smaller()],
        )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one round puts into a prompt."""

    text: str
    labels: Sequence[tuple[str, str]]
    shots: Sequence[Shot]
    entries: Sequence[Entry]

    def values(self, longest: int) -> Mapping[str, Any]:
        """For the template; no text longer than so many characters."""
        return {
            "text": shown(self.text[:longest]),
            "labels": [{"name": name, "description": words} for name, words in self.labels],
            "shots": [
                {"text": shown(shot.text[:longest]), "label": shown(shot.label)}
                for shot in self.shots
            ],
            "entries": [
                {"code": shown(one.code[:longest]), "meaning": shown(one.meaning[:longest])}
                for one in self.entries
            ],
        }

    def smaller(self) -> Iterator[_Sheet]:
        """With half of the examples each time, the first ones, until one is left."""
        count = len(self.shots)
        while count > 1:
            count //= 2
            yield replace(self, shots=self.shots[:count])


def _labels(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    if not 1 <= len(labels) <= MOST_LABELS:
        raise DataFault(f"There can be 1 to {MOST_LABELS} labels, not {len(labels)}.")
    for name in labels:
        if name != " ".join(name.split()) or not 1 <= len(name) <= NAME_LENGTH:
            words = f"has to be one line of 1 to {NAME_LENGTH} characters"
            raise DataFault(f"The label {name[:NAME_LENGTH]!r} {words}.")
        if name.lower() == UNKNOWN:
            raise DataFault(f"The label {name} is taken: it is the answer that none fits.")
    return [(name, plain(words) if words.strip() else "") for name, words in labels.items()]


def _shots(examples: Sequence[Shot], labels: Mapping[str, str]) -> list[Shot]:
    if len(examples) > MOST_SHOTS:
        raise DataFault(f"There can be {MOST_SHOTS} examples at most, not {len(examples)}.")
    for shot in examples:
        if shot.label not in labels:
            known = ", ".join(labels)
            raise DataFault(f"An example has the label {shot.label!r}, which is none of: {known}.")
    return [Shot(plain(shot.text), shot.label) for shot in examples]


def _turned(labels: Sequence[tuple[str, str]], turn: int, rounds: int) -> Sequence[tuple[str, str]]:
    """The labels beginning elsewhere each round, so that a place in the list decides nothing."""
    first = turn * len(labels) // rounds
    return [*labels[first:], *labels[:first]]


def _counted(text: str, votes: Sequence[str | None], origins: Sequence[Origin]) -> Classified:
    label, count = Counter(votes).most_common(1)[0]
    told = next(origin for vote, origin in zip(votes, origins, strict=True) if vote == label)
    origin = replace(told, account=_sum([one.account for one in origins]))
    if label in (None, UNKNOWN) or 2 * count <= len(votes):
        return Classified(text, None, abstained=True, agreement=0.0, origin=origin)
    share = count / len(votes)
    return Classified(text, label, abstained=False, agreement=share, origin=origin)


def _sum(accounts: Sequence[Account]) -> Account:
    return Account(
        tokens_in=sum(one.tokens_in for one in accounts),
        tokens_out=sum(one.tokens_out for one in accounts),
        seconds=round(sum(one.seconds for one in accounts), 3),
        tries=sum(one.tries for one in accounts),
        repairs=sum(one.repairs for one in accounts),
        cost=sum(one.cost for one in accounts),
        cached=all(one.cached for one in accounts),
        fallback=next((one.fallback for one in accounts if one.fallback), ""),
    )
