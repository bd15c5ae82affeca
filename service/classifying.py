"""A request to classify: from its inputs to questions, and from the answers to what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from finetune.features import window_features
from finetune.inputs import Input, TextAndNumbers
from finetune.task import Task, TaskKind
from ingest.errors import AndonFault, DataFault
from ingest.vocabulary import Diagnosis, Outcome
from service.comparison.nouns import Route
from service.following import Answering
from service.judged import CLASSIFIER, finite
from service.model_bodies import Classify, ClassifyInput
from service.observer import Asked
from service.parts import Parts
from service.ports import Answers
from service.questions import Question, answers
from service.windows import window_numbers

PREDICTION = "prediction"


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer and the id under which it is kept, for feedback."""

    id: str
    diagnosis: Diagnosis


@dataclass(slots=True)
class _Sheet:
    """One request on its way: what is asked, by the number of the input, and what cannot be."""

    questions: dict[int, Question] = field(default_factory=dict)
    told: dict[int, Diagnosis] = field(default_factory=dict)
    faults: dict[int, AndonFault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one request is answered, and what answered it."""

    found: list[Prediction]
    by: Answering


def predictions(parts: Parts, body: Classify) -> Predicted:
    """One for each input, in order, all by one version of the model or one route.

    An input that cannot be read gets an abstention that says why, and takes no other with it.

    Raises:
        AndonFault: the fault of the first input, where none can be read.
    """
    by = parts.answering(body.task)
    model = by.answers
    sheet = _asked(parts, model, body.inputs)
    told = answers(model, list(sheet.questions.values()), explain=body.explain)
    for at, one in zip(sheet.questions, told, strict=True):
        if isinstance(one, Diagnosis):
            sheet.told[at] = one
        else:
            sheet.faults[at] = one
    if not sheet.told:
        raise _all_unread(sheet.faults)
    for at, fault in sheet.faults.items():
        sheet.told[at] = _unread(by, at, fault)
    return Predicted(_kept(parts, body.inputs, sheet, by), by)


def _asked(parts: Parts, model: Answers, inputs: Sequence[ClassifyInput]) -> _Sheet:
    sheet = _Sheet()
    for at, item in enumerate(inputs):
        try:
            sheet.questions[at] = _question(parts, model.task, item)
        except AndonFault as fault:
            sheet.faults[at] = fault
    return sheet


def _question(parts: Parts, task: Task, item: ClassifyInput) -> Question:
    machine = parts.plant.machine(item.machine) if item.machine else None
    labels = task.labels_for(machine.kind) if machine else None
    if item.start is not None and task.reads_texts:
        return Question(_words(parts, item), labels, together=True)
    return Question((_given(parts, task, item),), labels)


def _given(parts: Parts, task: Task, item: ClassifyInput) -> Input:
    """What one input is made of, as the task reads it."""
    numbers = _numbers(parts, task, item)
    if not task.reads_texts:
        if item.text is not None or numbers is None:
            raise DataFault("This task reads numbers: give features, or machine, start and end.")
        return numbers
    if item.text is None:
        raise DataFault("This task reads texts: give a text, or machine, start and end.")
    if numbers is not None and not task.reads_numbers:
        raise DataFault("This task reads texts alone, no features.")
    return item.text if numbers is None else TextAndNumbers(item.text, numbers)


def _numbers(parts: Parts, task: Task, item: ClassifyInput) -> dict[str, float] | None:
    if item.features is not None:
        return {name: float(v) for name, v in item.features.items() if v is not None}
    if item.machine is None or item.start is None or item.end is None:
        return None
    if task.kind is TaskKind.WINDOW:
        return window_numbers(parts, item.machine, item.start, item.end)
    found = window_features(parts.history.window(item.machine, item.start, item.end))
    if not found:
        raise DataFault("There are no readings in that window.")
    return found


def _words(parts: Parts, item: ClassifyInput) -> tuple[str, ...]:
    """What the events of a machine's window say."""
    if item.machine is None or item.start is None or item.end is None:
        raise DataFault("A window needs machine, start and end.")
    events = parts.history.events(item.machine, item.start, item.end)
    texts = tuple(dict.fromkeys(event.text for event in events if event.text.strip()))
    if not texts:
        raise DataFault("There is no event text to classify in that window.")
    return texts


def _all_unread(faults: dict[int, AndonFault]) -> AndonFault:
    """The first fault, of its own kind; of several inputs it says which, and how many more."""
    first = faults[0]
    if len(faults) == 1:
        return first
    words = f"No input can be read. Input 0: {first.message}"
    return type(first)(words, remedy=first.remedy)


def _unread(by: Answering, at: int, fault: AndonFault) -> Diagnosis:
    asked_directly = by.route in (Route.PROMPT, Route.RAG)
    return Diagnosis(
        task=by.answers.task.name,
        label=None,
        confidence=0.0,
        alternatives=(),
        abstained=True,
        engine=by.route.value if asked_directly else CLASSIFIER,
        model_version=by.answers.version,
        reason=f"Input {at} cannot be read: {fault}",
        outcome=Outcome.UNKNOWN,
    )


def _kept(
    parts: Parts, inputs: Sequence[ClassifyInput], sheet: _Sheet, by: Answering
) -> list[Prediction]:
    now = parts.clock()
    said = [_said(item, sheet, at) for at, item in enumerate(inputs)]
    identities = parts.ledger.keep_all(PREDICTION, said, now)
    found = [Prediction(identity, sheet.told[at]) for at, identity in enumerate(identities)]
    parts.learning.observer.tell(_observed(found, sheet, by, now=now))
    return found


def _said(item: ClassifyInput, sheet: _Sheet, at: int) -> dict[str, Any]:
    """What the ledger keeps: a window's numbers too, which the history forgets one day."""
    said = {
        "input": item.model_dump(mode="json", exclude_none=True),
        "diagnosis": asdict(sheet.told[at]),
    }
    read = sheet.questions[at].inputs[0] if at in sheet.questions else ""
    return {**said, "features": finite(read)} if isinstance(read, Mapping) else said


def _observed(
    found: Sequence[Prediction], sheet: _Sheet, by: Answering, *, now: datetime
) -> list[Asked]:
    """What was asked; an input that could not be read was not."""
    return [
        Asked(PREDICTION, found[at].id, now, question, _under(by, found[at].diagnosis))
        for at, question in sheet.questions.items()
        if at not in sheet.faults
    ]


def _under(by: Answering, diagnosis: Diagnosis) -> Diagnosis:
    """Under the version of what was asked: a model that is asked the hard half of the inputs has
    not drifted from its training."""
    return replace(diagnosis, model_version=by.answers.version)
