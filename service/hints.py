"""Notes and messages that no alarm severity speaks for, read by the classifier, each once."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Collection, Sequence

from ingest.errors import AndonFault
from ingest.plant import Machine
from ingest.vocabulary import Diagnosis, Event, EventState, Evidence, EvidenceKind, Severity
from service.advice import ERROR_CODE
from service.cards import Hint
from service.ports import Shelf

log = logging.getLogger(__name__)

KEPT = 2000
"""Readings of texts that are kept, so that a note is not read again at every look."""

_Key = tuple[str, str, str]


class NoteReader:
    """Tells notes that speak of a fault from those that do not."""

    def __init__(self, shelf: Shelf, *, confidence: float) -> None:
        self._shelf = shelf
        self._confidence = confidence
        self._quiet = ""
        self._read: OrderedDict[_Key, Diagnosis] = OrderedDict()

    def hints(self, machine: Machine, events: Sequence[Event]) -> tuple[Hint, ...]:
        """Notes that are taken for a fault with enough confidence; none without a model."""
        return tuple(
            Hint(note.source_time, note.text, diagnosis.label, diagnosis.confidence)
            for note, diagnosis in self._understood(machine, events)
            if diagnosis.label is not None
            and not self._is_routine(diagnosis)
            and diagnosis.confidence >= self._confidence
        )

    def without_routine(
        self, machine: Machine, events: Sequence[Event], evidence: tuple[Evidence, ...]
    ) -> tuple[Evidence, ...]:
        """The evidence without notes and messages that just say that all is well."""
        routine = {
            note.text.strip()
            for note, diagnosis in self._understood(machine, events)
            if self._is_routine(diagnosis) and diagnosis.confidence >= self._confidence
        }
        return tuple(item for item in evidence if not _says_only(item, routine))

    def _is_routine(self, diagnosis: Diagnosis) -> bool:
        return diagnosis.label == self._quiet

    def _understood(
        self, machine: Machine, events: Sequence[Event]
    ) -> list[tuple[Event, Diagnosis]]:
        notes = [event for event in events if _is_note(event)]
        if not notes:
            return []
        try:
            found = self._readings(machine, notes)
        except AndonFault as fault:
            log.debug("notes are not read", extra={"machine": machine.id, "fault": str(fault)})
            return []
        return list(zip(notes, found, strict=True))

    def _readings(self, machine: Machine, notes: Sequence[Event]) -> list[Diagnosis]:
        model = self._shelf.current(ERROR_CODE)
        self._quiet = model.task.quiet
        keys = [(model.version, machine.kind, note.text) for note in notes]
        unread = sorted(set(keys) - self._read.keys())
        if unread:
            labels = model.task.labels_for(machine.kind)
            found = model.classify([text for _, _, text in unread], labels=labels)
            self._read.update(zip(unread, found, strict=True))
        readings = [self._read[key] for key in keys]
        while len(self._read) > max(KEPT, len(keys)):
            self._read.popitem(last=False)
        return readings


def _says_only(item: Evidence, texts: Collection[str]) -> bool:
    """Every quote of it is the beginning of one of these texts."""
    told = item.kind in (EvidenceKind.NOTE, EvidenceKind.ALARM) and item.quotes
    return bool(
        told
        and item.severity is Severity.INFO
        and all(any(text.startswith(quote) for text in texts) for quote in item.quotes)
    )


def _is_note(event: Event) -> bool:
    return bool(
        event.text.strip()
        and not event.is_collectors
        and event.state is not EventState.CLEARED
        and (event.state is EventState.NOTE or event.severity is Severity.INFO)
    )
