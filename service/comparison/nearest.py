"""What was learnt, indexed and ready: votes on items, and what is nearest to one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from finetune.derived import derive
from finetune.score import ASKED_ACCURACY, abstention_threshold
from finetune.task import Task
from ingest.errors import AndonFault
from rag.encoding import TextEncoder
from rag.settings import RagSettings
from rag.voting.electorate import Electorate, Flags, Floats, Voter, Weighing, electorate
from rag.voting.labelling import voters_of
from rag.voting.memory import TextMemory
from rag.voting.numbers import NumberMemory
from rag.voting.points import Points
from rag.voting.table import CodeTable, TableRow
from rag.voting.voter import Ballots, Judged, Vote, judged
from service.comparison.nouns import CodeRow, Item, Known, Reply

_MOST_CHARACTERS = 4000
_QUOTED = 80
"""Characters of an example or a row that a reason shows."""
_EMPTY = "There is nothing in it that could be looked for."
_UNREAD = "The texts are compared, the numbers beside them are not."
_NOBODY = "Nothing that was learnt is like it."
_UNMEASURED = "Less than half of what is near speaks for it."
_UNSURE = f"Not sure enough: votes like this one are right less often than in {ASKED_ACCURACY:.0%}."


class NearestReady:
    """Answers by vote."""

    def __init__(
        self,
        known: Known,
        encoder: TextEncoder | None,
        settings: RagSettings,
        *,
        points: Points | None = None,
        parts: Mapping[str, int] | None = None,
        as_judged: Judged | None = None,
    ) -> None:
        """Index what is known.

        Args:
            known: examples and codes.
            encoder: of texts; None: by words alone.
            settings: how terms are weighed.
            points: where texts of before are indexed.
            parts: of the groups of before.
            as_judged: how votes are weighed; None: chosen by the examples.

        Raises:
            DataFault: there is nothing that could vote.
        """
        self._known, self._encoder, self._settings = known, encoder, settings
        self._table = CodeTable([TableRow(one.code, one.meaning, one.label) for one in known.codes])
        self._points = points
        memory = self._memory(parts)
        as_judged = as_judged or judged(memory, seed=known.seed, floor=_floor)
        self._ballots = Ballots(memory, as_judged)
        self._rows: Ballots | None = None

    @property
    def judged(self) -> Judged:
        """How votes are weighed, and what that was chosen by."""
        return self._ballots.judged

    @property
    def notes(self) -> tuple[str, ...]:
        """What a report should say of it."""
        task = self._known.task
        unread = (_UNREAD,) if task.reads_texts and task.reads_numbers else ()
        if self.judged.macro_f1 is None:
            few = "Too few labelled examples to measure how far a vote can be relied on."
            return (few, *unread)
        return (f"Chosen on its examples: {_words(self.judged.weighing)}.", *unread)

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item, in order."""
        try:
            return self._answered(items)
        except AndonFault as fault:
            if len(items) == 1:
                return [Reply(None, reason=fault.message)]
            return [reply for item in items for reply in self.answer([item])]

    def nearest(self, item: Item, limit: int) -> list[Item]:
        """Labelled examples that are like it, best first, each text once."""
        said = self._read(item)
        if not said:
            return []
        voters = self._ballots.nearest(said, len(self._known.examples) + len(self._known.codes))
        found = {voter.text or id(voter): voter for voter in voters if voter.row is None}
        return [
            Item(voter.text, voter.numbers, voter.label, voter.group)
            for voter in list(found.values())[:limit]
        ]

    def passages(self, item: Item, limit: int) -> list[CodeRow]:
        """Rows of the code table about it: those that it names, then those that are like it."""
        said = self._read(item)
        if not self._known.codes or not isinstance(said, str) or not said:
            return []
        found = self._of_rows().nearest(said, limit)
        return [self._known.codes[one.row] for one in found if one.row is not None]

    def renewed(self, known: Known) -> NearestReady:
        """The same for what is known now: what is indexed stays, votes are weighed as before."""
        kept = self.judged if self.judged.macro_f1 is not None else None
        memory = self._ballots.memory
        return NearestReady(
            known,
            self._encoder,
            self._settings,
            points=self._points,
            parts=memory.parts,
            as_judged=kept,
        )

    def _memory(self, parts: Mapping[str, int] | None) -> TextMemory | NumberMemory:
        task = self._known.task
        if not task.reads_texts:
            return NumberMemory(electorate(task.label_names, self._examples()), parts=parts)
        meanings = {label.name: label.description for label in task.labels}
        voters = [*self._examples(), *voters_of(self._table.rows, meanings, self._encoder)]
        self._points = self._points or Points(self._encoder, self._settings)
        return TextMemory(
            self._points, electorate(task.label_names, voters), self._table, parts=parts
        )

    def _examples(self) -> list[Voter]:
        read = ((item, self._read(item)) for item in self._known.examples)
        return [
            Voter(item.label, said, group=item.group)
            if isinstance(said, str)
            else Voter(item.label, numbers=said, group=item.group)
            for item, said in read
            if said
        ]

    def _read(self, item: Item) -> str | Mapping[str, float]:
        """Of an item what is looked for; empty where there is nothing."""
        task = self._known.task
        return _readable(item.text) if task.reads_texts else _numbers(item.numbers, task)

    def _answered(self, items: Sequence[Item]) -> list[Reply]:
        read = [self._read(item) for item in items]
        votes = iter(self._ballots.vote([said for said in read if said]))
        return [self._reply(next(votes)) if said else Reply(None, reason=_EMPTY) for said in read]

    def _reply(self, vote: Vote) -> Reply:
        if not vote.label:
            return Reply(None, reason=_NOBODY)
        return Reply(
            vote.label if vote.sure else None,
            confidence=vote.confidence,
            likeliest=vote.label,
            reason=self._stands_on(vote) if vote.sure else self._unsure,
        )

    @property
    def _unsure(self) -> str:
        return _UNMEASURED if self.judged.macro_f1 is None else _UNSURE

    def _stands_on(self, vote: Vote) -> str:
        agreeing = [one for one in vote.nearest if one.label == vote.label]
        first = agreeing[0]
        if first.row is not None:
            row = self._known.codes[first.row]
            where = f" of {row.document}" if row.document else ""
            return f"Row {row.code}{where}: {_short(row.meaning)}"
        words = f", the nearest: {_short(first.text)}" if first.text else ""
        return f"{len(agreeing)} of the {len(vote.nearest)} nearest say so{words}"

    def _of_rows(self) -> Ballots:
        """All rows of the table, also those that stand for no label."""
        if self._rows is None:
            rows = tuple(Voter("", row.text, row=at) for at, row in enumerate(self._table.rows))
            points = self._points or Points(self._encoder, self._settings)
            memory = TextMemory(points, Electorate(rows, ("",)), self._table)
            self._rows = Ballots(memory, replace(self.judged, weighing=Weighing()))
        return self._rows


def _floor(confidence: Floats, right: Flags) -> float:
    """As the classifier of the same task sets it."""
    return abstention_threshold(confidence[:, None], np.where(right, 0, 1), asked=ASKED_ACCURACY)


def _readable(text: str) -> str:
    """Bounded, without half a letter; empty without a letter or digit."""
    some = text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8").strip()
    return some if any(sign.isalnum() for sign in some) else ""


def _numbers(given: Mapping[str, float], task: Task) -> dict[str, float]:
    """The finite ones that the task reads, with those that are made of them."""
    every = derive(task, {name: value for name, value in given.items() if math.isfinite(value)})
    made = {one.name for one in task.derived}
    return {
        name: value
        for name, value in every.items()
        if math.isfinite(value) and (name in made or task.takes(name))
    }


def _words(weighing: Weighing) -> str:
    by = "the words in common" if not weighing.dense else f"{weighing.dense:.0%} by meaning"
    return f"the nearest {weighing.nearest} vote, {by}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else f"{plain[: _QUOTED - 1]}\u2026"
