"""A task answered by the route that it follows: questions in, diagnoses out, like a model's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from finetune.inputs import EMPTY, NO_WORD, Input, TextAndNumbers, prepared
from finetune.task import Task
from finetune.wording import tidy
from ingest.errors import AndonFault, DataFault, NotKnown
from ingest.vocabulary import Alternative, Diagnosis, Outcome
from service.comparison.cascade import Step, asked, steps_of
from service.comparison.classifier_answerer import input_of, reply_of
from service.comparison.nouns import Approach, Item, Known, Reply
from service.comparison.ports import Answerer
from service.judged import CLASSIFIER, finite
from service.ports import Classifies
from service.questions import Question, answers
from service.task_routes import TaskRoute

MOST_S = 100.0
"""Time for the inputs of one request; what was not reached by then is abstained on."""
FIRST_PORTION = 8
"""Inputs that are asked about before anybody looks at the clock."""
PORTION_S = 1.0
"""What a portion of inputs should take, about."""
ENGINES = {Approach.PROMPT: "prompt", Approach.RAG: "rag", Approach.FINETUNE: CLASSIFIER}
"""What a diagnosis says that it comes from."""
WORDLESS = (EMPTY, NO_WORD)
"""Why a classifier does not read a text; other ways may, as where it is a code alone."""
LATE = "There was no time left to ask: send fewer inputs in one request."


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands for an arm that cannot be asked here; abstains and says why."""

    reason: str

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One abstention an item."""
        return [Reply(None, reason=self.reason, failed=True)] * len(items)


@dataclass(frozen=True, slots=True)
class Among:
    """An answerer whose labels are not all possible here; abstains where it gives another one."""

    answerer: Answerer
    labels: Sequence[str]

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        return [self._possible(reply) for reply in asked(self.answerer, items)]

    def _possible(self, reply: Reply) -> Reply:
        likeliest = reply.likeliest if reply.likeliest in self.labels else ""
        if reply.label is None or reply.label in self.labels:
            return replace(reply, likeliest=likeliest)
        words = f"It says {reply.label}, which is not possible on this machine."
        return replace(reply, label=None, likeliest="", confidence=0.0, reason=words)


@dataclass(frozen=True, slots=True)
class ByModel:
    """The model in use as a member; what it says in full is kept by item."""

    model: Classifies
    labels: Sequence[str] | None
    explain: bool
    said: dict[int, Diagnosis] = field(default_factory=dict)
    """By the identity of the item, which lives as long as the request."""

    def answer(self, items: Sequence[Item]) -> list[Reply]:
        """One reply an item."""
        questions = [Question((input_of(self.model.task, item),), self._known()) for item in items]
        told = answers(self.model, questions, explain=self.explain)
        return [self._kept(item, one) for item, one in zip(items, told, strict=True)]

    def _known(self) -> tuple[str, ...] | None:
        """The possible labels that this version has."""
        if self.labels is None:
            return None
        return tuple(name for name in self.labels if name in self.model.task.label_names)

    def _kept(self, item: Item, told: Diagnosis | DataFault) -> Reply:
        if isinstance(told, DataFault):
            return Reply(None, reason=str(told))
        self.said[id(item)] = told
        return reply_of(told)


class Routed:
    """One route for one request: what it is made of does not change while it is asked."""

    def __init__(
        self,
        route: TaskRoute,
        known: Known,
        arms: Sequence[Answerer | None],
        *,
        model: Classifies | AndonFault,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """One arm for each member of the route; None: the model in use, or why there is none."""
        self.route = route
        self._known = known
        self._arms = arms
        self._model = model
        self._clock = clock

    @property
    def version(self) -> str:
        """Revision of the route."""
        return self.route.revision

    @property
    def task(self) -> Task:
        """As it was when it was compared."""
        return self._known.task

    def classify(
        self,
        inputs: Sequence[Input],
        *,
        labels: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[Diagnosis]:
        """One diagnosis an input, by the members in their order.

        Raises:
            NotKnown: a label that the task does not have, or none is possible.
            DataFault: inputs of the wrong kind.
        """
        _refuse_unknown(self.task, labels)
        columns = columns_of(self._known)
        given = prepared(self.task, columns, inputs)
        items = [item_of(one, columns) for one in inputs]
        flaws = ["" if flaw in WORDLESS else flaw for flaw in given.flaws]
        usable = [at for at, flaw in enumerate(flaws) if not flaw]
        members = self._members(labels, explain=explain)
        asked_about = self._asked(members, [items[at] for at in usable])
        steps = dict(zip(usable, asked_about, strict=True))
        unread = [Step(Reply(None, reason=flaw), None) for flaw in flaws]
        return [
            self._diagnosis(item, steps.get(at, unread[at]), members, basis=given.basis[at])
            for at, item in enumerate(items)
        ]

    def classify_together(
        self, texts: Sequence[str], *, labels: Sequence[str] | None = None, explain: bool = False
    ) -> Diagnosis:
        """The surest diagnosis of all texts of one issue, a fault before none.

        Raises:
            NotKnown: a label that the task does not have, or none is possible.
            DataFault: no texts, or a task that reads numbers.
        """
        distinct = list({tidy(text).casefold(): text for text in texts}.values())
        if not distinct:
            raise DataFault("There is no text to classify.")
        found = self.classify(distinct, labels=labels, explain=explain)
        return max(found, key=lambda one: _weight(one, self.task.quiet))

    def _members(self, labels: Sequence[str] | None, *, explain: bool) -> list[Answerer]:
        found: list[Answerer] = []
        for arm in self._arms:
            if arm is not None:
                found.append(arm if labels is None else Among(arm, labels))
            elif isinstance(self._model, AndonFault):
                found.append(Absent(str(self._model)))
            else:
                found.append(ByModel(self._model, labels, explain))
        return found

    def _asked(self, members: Sequence[Answerer], items: Sequence[Item]) -> list[Step]:
        """In portions that grow while they are quick, as long as there is time."""
        until, portion, found = self._clock() + MOST_S, FIRST_PORTION, list[Step]()
        while len(found) < len(items):
            begun = self._clock()
            if begun >= until:
                late = Step(Reply(None, reason=LATE, failed=True), None)
                return [*found, *[late] * (len(items) - len(found))]
            found += steps_of(members, items[len(found) : len(found) + portion])
            quick = self._clock() - begun < PORTION_S
            portion = portion * 2 if quick else max(1, portion // 2)
        return found

    def _diagnosis(
        self, item: Item, step: Step, members: Sequence[Answerer], *, basis: tuple[str, ...]
    ) -> Diagnosis:
        reply, who = step.reply, 0 if step.by_first else 1
        member = members[who]
        said = member.said.get(id(item)) if isinstance(member, ByModel) else None
        if said is not None:
            return replace(said, reason=reply.reason or said.reason)
        guess = (Alternative(reply.likeliest, reply.confidence),) if reply.likeliest else ()
        abstained = Outcome.REVIEW if guess else Outcome.UNKNOWN
        return Diagnosis(
            task=self.route.task,
            label=reply.label,
            confidence=reply.confidence,
            alternatives=guess if reply.label is None else (),
            abstained=reply.label is None,
            engine=ENGINES[self.route.members[who].approach],
            model_version=self.version,
            reason=reply.reason,
            basis=basis,
            outcome=abstained if reply.label is None else Outcome.LABEL,
            likeliest=reply.likeliest,
        )


def columns_of(known: Known) -> tuple[str, ...]:
    """Names of the numbers that the arms learnt, in the order in which they came."""
    return tuple(dict.fromkeys(name for item in known.examples for name in item.numbers))


def item_of(one: Input, columns: Sequence[str]) -> Item:
    """An input as the comparison read its rows: the text whole, the numbers by their columns."""
    if isinstance(one, str):
        return Item(one.strip())
    if isinstance(one, TextAndNumbers):
        return Item(one.text.strip(), _numbers(one.features, columns))
    return Item(numbers=_numbers(one, columns))


def _numbers(given: Mapping[str, float], columns: Sequence[str]) -> dict[str, float]:
    known = finite(given)
    return {name: known[name] for name in columns if name in known}


def _refuse_unknown(task: Task, labels: Sequence[str] | None) -> None:
    for name in labels or ():
        task.label(name)
    if labels is not None and not labels:
        raise NotKnown(f"No label of task {task.name} is possible.")


def _weight(one: Diagnosis, quiet: str) -> tuple[bool, bool, float]:
    return one.label is not None, one.label != quiet, one.confidence
