"""What the three paths say about one card: summary, diagnosis, product defect, procedure.

A known code is looked up and never classified. Each part is asked again only when what it stands
on has changed, because a summary may cost money and a search costs time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from finetune.features import window_features
from finetune.task import Task
from ingest.errors import AndonFault, DataFault, NotKnown
from ingest.plant import Machine
from ingest.vocabulary import (
    Answer,
    Diagnosis,
    Event,
    EventState,
    Evidence,
    Outcome,
    Severity,
    Summary,
    Window,
)
from service.access import Role
from service.cards import same_findings
from service.cards_store import Advice
from service.observer import Asked
from service.ports import Classifies, Library, Shelf, Summarizes
from service.questions import Question, answers

log = logging.getLogger(__name__)

ERROR_CODE = "error_code"
DEFECT_TYPE = "defect_type"
ISSUE = "issue"
READER = Role.OPERATOR.value
"""Of the cards: they quote what an operator may read."""
MAX_TEXTS = 40
"""The newest texts of a card that are classified together."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a card: the evidence and the words since shortly before it opened."""

    machine: Machine
    evidence: tuple[Evidence, ...]
    events: tuple[Event, ...]
    window: Window
    process: Window
    """As long as the watch looks back, which is what the defect task was trained on."""
    corrected: str = ""
    """The label that a person gave after calling the diagnosis wrong."""
    issue: str = ""
    """Id of the card."""
    calm: bool = False
    """No symptom now: what comes in is about the end of the fault, not about its kind."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes raised with at least a warning, first raised first."""
        raised = (
            event.code
            for event in self.events
            if event.code and event.state is EventState.RAISED and _is_alarm(event)
        )
        return tuple(dict.fromkeys(raised))

    @property
    def alarms(self) -> tuple[str, ...]:
        """Different words of warnings and worse, in the order in which they came."""
        return self._worded(alarms=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """Different words of notes and information, in the order in which they came."""
        return self._worded(alarms=False)

    def _worded(self, *, alarms: bool) -> tuple[str, ...]:
        """A clearing says nothing new."""
        words = (
            event.text.strip()
            for event in self.events
            if event.text.strip()
            and not event.is_collectors
            and event.state is not EventState.CLEARED
            and alarms is _is_alarm(event)
        )
        return tuple(dict.fromkeys(words))[-MAX_TEXTS:]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a piece of advice was made from."""

    evidence: tuple[Evidence, ...]
    codes: tuple[str, ...]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]
    corrected: str


class Adviser:
    """Asks the three paths about cards and remembers what each answer stood on."""

    def __init__(
        self,
        *,
        summarizer: Summarizes,
        shelf: Shelf,
        library: Library,
        language: str = "en",
        tell: Callable[[Sequence[Asked]], None] = lambda _: None,
    ) -> None:
        """`tell` hears what the classifiers were asked, and what they said."""
        self._tell = tell
        self._summarizer = summarizer
        self._shelf = shelf
        self._library = library
        self._language = language
        self._bases: dict[str, _Basis] = {}

    def advise(self, card: str, case: Case, before: Advice) -> Advice | None:
        """Advice on a card, or None when nothing that it stands on has changed."""
        basis = _Basis(case.evidence, case.codes, case.alarms, case.notes, case.corrected)
        known = self._bases.get(card)
        same_words = known is not None and replace(known, evidence=basis.evidence) == basis
        same_log = known is not None and same_findings(known.evidence, basis.evidence)
        if same_words and same_log:
            return None
        settled = case.calm and not case.corrected and _named(before.diagnosis)
        diagnosis = before.diagnosis if same_words or settled else self.diagnose(case)
        advice = Advice(
            summary=before.summary if same_log else self._summarize(case),
            diagnosis=diagnosis,
            defect=before.defect if same_log or case.calm else self._defect(case),
            procedure=self._procedure(case, diagnosis, before),
        )
        self._bases[card] = basis
        return advice

    def forget(self, card: str) -> None:
        """A resolved card needs no advice any more."""
        self._bases.pop(card, None)

    def diagnose(self, case: Case) -> Diagnosis:
        """What kind of fault it is: by a person's word, by a known code, by the words, or not."""
        if case.corrected:
            return _diagnosis(
                case.corrected,
                engine="operator",
                reason="A person corrected the diagnosis.",
                basis=(),
            )
        listed = self._listed(case)
        if listed is not None:
            return listed
        if not case.alarms and not case.notes:
            return _abstained("No code from the code tables and no message or note has come yet.")
        try:
            return self._worded(case)
        except AndonFault as fault:
            return _abstained(str(fault))

    def _listed(self, case: Case) -> Diagnosis | None:
        for code in case.codes:
            entry = self._library.look_up(code, case.machine.kind, reader=READER)
            if entry is None or not entry.error_class:
                continue
            label = entry.error_class.strip().lower().replace(" ", "_")
            place = f"{entry.document} revision {entry.revision} page {entry.page}"
            return _diagnosis(
                label,
                engine="code-table",
                reason=f"{code} stands in {place}: {entry.meaning}",
                basis=(code,),
            )
        return None

    def _worded(self, case: Case) -> Diagnosis:
        model = self._shelf.current(ERROR_CODE)
        labels = model.task.labels_for(case.machine.kind)
        faults = [label for label in labels if label != model.task.quiet]
        if not faults:
            return _abstained(f"The model knows no fault of a {case.machine.kind}.")
        telling = [*case.alarms, *_telling(model, case.notes, labels)]
        if not telling:
            return _abstained("No message or note so far speaks of a fault.")
        return self._asked(case, model, Question(tuple(telling), tuple(faults), together=True))

    def _defect(self, case: Case) -> Diagnosis | None:
        """The product defect that these process values lead to, where the task knows the kind."""
        try:
            model = self._shelf.current(DEFECT_TYPE)
            features = window_features(case.process)
            if not features or not _has_defects(model.task, case.machine.kind):
                return None
            labels = model.task.labels_for(case.machine.kind)
            return self._asked(case, model, Question((features,), labels))
        except NotKnown:
            return None
        except AndonFault as fault:
            log.warning("no defect named", extra={"machine": case.machine.id, "fault": str(fault)})
            return None

    def _asked(self, case: Case, model: Classifies, question: Question) -> Diagnosis:
        (found,) = answers(model, [question], explain=True)
        if isinstance(found, DataFault):
            raise found
        self._tell([Asked(ISSUE, case.issue, case.window.end, question, found)])
        return found

    def _procedure(self, case: Case, diagnosis: Diagnosis | None, before: Advice) -> Answer | None:
        if diagnosis is None or diagnosis.label is None:
            return None
        same = before.diagnosis is not None and before.diagnosis.label == diagnosis.label
        if same and before.procedure and not before.procedure.declined:
            return before.procedure
        try:
            return self._library.procedure(
                diagnosis.label,
                self._description(diagnosis.label),
                machine_kind=case.machine.kind,
                machine=case.machine.id,
                codes=case.codes,
                reader=READER,
            )
        except AndonFault as fault:
            return Answer(diagnosis.label, declined=True, reason=str(fault), text="", citations=())

    def _description(self, label: str) -> str:
        try:
            return self._shelf.current(ERROR_CODE).task.label(label).description
        except NotKnown:
            return label.replace("_", " ")

    def _summarize(self, case: Case) -> Summary | None:
        if not case.evidence:
            return None
        try:
            return self._summarizer.summarize(
                case.evidence,
                scope=case.machine.id,
                start=case.window.start,
                end=case.window.end,
                language=self._language,
            )
        except AndonFault as fault:
            log.warning("no summary", extra={"machine": case.machine.id, "fault": str(fault)})
            return None


def _is_alarm(event: Event) -> bool:
    raised = event.state is EventState.RAISED
    return raised and event.severity.rank >= Severity.WARNING.rank


def _telling(model: Classifies, texts: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Notes that do not just say that all is well; an alarm never says that."""
    if not texts or model.task.quiet not in labels:
        return list(texts)
    found = model.classify(list(texts), labels=labels)
    return [
        text
        for text, diagnosis in zip(texts, found, strict=True)
        if _leading(diagnosis) != model.task.quiet
    ]


def _leading(diagnosis: Diagnosis) -> str:
    if diagnosis.label is not None:
        return diagnosis.label
    return diagnosis.alternatives[0].label if diagnosis.alternatives else ""


def _has_defects(task: Task, machine_kind: str) -> bool:
    return any(
        machine_kind in label.machine_kinds for label in task.labels if label.name != task.quiet
    )


def _named(diagnosis: Diagnosis | None) -> bool:
    return diagnosis is not None and diagnosis.label is not None


def _diagnosis(label: str, *, engine: str, reason: str, basis: tuple[str, ...]) -> Diagnosis:
    return Diagnosis(
        task=ERROR_CODE,
        label=label,
        confidence=1.0,
        alternatives=(),
        abstained=False,
        engine=engine,
        model_version="",
        reason=reason,
        basis=basis,
    )


def _abstained(reason: str) -> Diagnosis:
    return Diagnosis(
        task=ERROR_CODE,
        label=None,
        confidence=0.0,
        alternatives=(),
        abstained=True,
        engine="classifier",
        model_version="",
        reason=reason,
        outcome=Outcome.UNKNOWN,
    )
