"""What people said about the classifiers' answers, as labelled rows with their provenance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from finetune.labelled import LabelledRow, Provenance
from finetune.task import Task
from ingest.instants import instant
from service.database import Database
from service.judged import CLASSIFIER, CODE_TABLE, Judged

RIGHT = "right"

NO_LABEL = "The verdict names no label."
NOTHING_SAID = "Nothing was said that could be right."
LOOKED_UP = "The code was looked up in a table: no model has anything to learn from it."
NO_INPUT = "The words or numbers that it stood on were not kept."


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A subject whose verdicts give no row, and why."""

    subject: str
    who: str
    when: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """The rows of a task that people labelled; one an input, never their remarks."""

    rows: tuple[LabelledRow, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """One verdict about one subject."""

    when: datetime
    subject: str
    verdict: str
    label: str
    who: str
    about: Judged


def feedback_rows(path: Path, task: Task) -> Feedback:
    """The rows that the service's database holds for a task; none where there is no database.

    Raises:
        StoreFault: the file cannot be read, or a newer Andon wrote it.
    """
    if not path.is_file():
        return Feedback()
    with Database(path) as database:
        return labelled(database, task)


def labelled(database: Database, task: Task) -> Feedback:
    """The rows of a task.

    Of what one person says about one thing the latest counts. Where people do not agree, about one
    thing or about the same words, nobody's word is taken and the subject is listed.
    """
    subjects: dict[str, list[_Said]] = defaultdict(list)
    for said in _verdicts(database, task.name):
        subjects[said.subject].append(said)
    found = [_settled(said, task) for said in subjects.values()]
    left_out = [one for one in found if isinstance(one, LeftOut)]
    rows = [row for one in found if not isinstance(one, LeftOut) for row in one]
    agreed, contested = _without_contradictions(rows)
    return Feedback(tuple(agreed), tuple(left_out + contested))


def true_labels(database: Database, task: str) -> dict[str, str]:
    """By subject what people say that it was, where they agree."""
    latest: dict[str, dict[str, str]] = defaultdict(dict)
    for said in _verdicts(database, task):
        latest[said.subject][said.who] = _label(said)
    agreed = {subject: set(by_person.values()) for subject, by_person in latest.items()}
    return {
        subject: next(iter(labels))
        for subject, labels in agreed.items()
        if len(labels) == 1 and "" not in labels
    }


def _verdicts(database: Database, task: str) -> Iterator[_Said]:
    """Those about answers of a task, oldest first; each with the input of its subject."""
    inputs: dict[str, Judged] = {}
    for at, subject, verdict, label, who, body in database.rows(
        "SELECT at, subject, verdict, label, who, about FROM feedback "
        "WHERE kind IN ('prediction', 'issue') ORDER BY number"
    ):
        about = Judged.read(body)
        if about.task != task:
            continue
        if about.engine == CLASSIFIER or subject not in inputs:
            inputs[subject] = about  # once corrected, a card stands on no words any more
        about = replace(inputs[subject], label=about.label, engine=about.engine)
        yield _Said(instant(at), subject, verdict, label, who, about)


def _label(said: _Said) -> str:
    """What it was, in this person's eyes; empty where they do not say."""
    return said.about.label if said.verdict == RIGHT else said.label


def _settled(verdicts: Sequence[_Said], task: Task) -> list[LabelledRow] | LeftOut:
    """The rows of one subject."""
    latest = {said.who: said for said in verdicts}
    last = verdicts[-1]
    opinions = {_label(said) for said in latest.values()}
    reason = _disagreement(latest.values()) if len(opinions) > 1 else _flaw(last, task)
    if reason:
        return LeftOut(last.subject, last.who, last.when, reason)
    origin = Provenance(last.who, last.when, last.subject, last.about.version, last.verdict)
    label, features = _label(last), last.about.features or None
    if not last.about.texts:
        return [LabelledRow(label, origin, features=features)]
    return [LabelledRow(label, origin, text, features) for text in last.about.texts]


def _disagreement(latest: Iterable[_Said]) -> str:
    said = sorted(f"{one.who}: {_label(one) or 'no label'}" for one in latest)
    return f"People do not agree ({'; '.join(said)})."


def _flaw(said: _Said, task: Task) -> str:
    label = _label(said)
    if said.verdict == RIGHT and said.about.engine == CODE_TABLE:
        return LOOKED_UP
    if not label:
        return NOTHING_SAID if said.verdict == RIGHT else NO_LABEL
    if task.labels and label not in task.label_names:
        return f"{label} is no label of task {task.name}."
    return "" if said.about.texts or said.about.features else NO_INPUT


def _without_contradictions(
    rows: Sequence[LabelledRow],
) -> tuple[list[LabelledRow], list[LeftOut]]:
    """One row an input; inputs that people label in different ways are left out."""
    inputs: dict[object, dict[str, LabelledRow]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: row.provenance.when):
        inputs[_content(row)][row.provenance.who] = row
    agreed, contested = [], []
    for by_person in inputs.values():
        labels = sorted({row.label for row in by_person.values()})
        last = max(by_person.values(), key=lambda row: row.provenance.when)
        if len(labels) == 1:
            agreed.append(last)
        else:
            contested.append(_contested(last.provenance, labels))
    return agreed, contested


def _contested(last: Provenance, labels: Sequence[str]) -> LeftOut:
    reason = f"The same input is labelled in different ways: {', '.join(labels)}."
    return LeftOut(last.subject, last.who, last.when, reason)


def _content(row: LabelledRow) -> object:
    features = tuple(sorted((row.features or {}).items()))
    return " ".join(row.text.casefold().split()), features
