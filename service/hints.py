"""Notes and messages that no alarm severity speaks for, read by the classifier, each once."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence

from ingest.errors import AndonFault
from ingest.plant import Machine
from ingest.vocabulary import Diagnosis, Event, EventState, Severity
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
        self._read: OrderedDict[_Key, Diagnosis] = OrderedDict()

    def hints(self, machine: Machine, events: Sequence[Event]) -> tuple[Hint, ...]:
        """Notes that are taken for a fault with enough confidence; none without a model."""
        notes = [event for event in events if _is_note(event)]
        if not notes:
            return ()
        try:
            return self._hints(machine, notes)
        except AndonFault as fault:
            log.debug("notes are not read", extra={"machine": machine.id, "fault": str(fault)})
            return ()

    def _hints(self, machine: Machine, notes: Sequence[Event]) -> tuple[Hint, ...]:
        model = self._shelf.current(ERROR_CODE)
        quiet = model.task.quiet
        labels = model.task.labels_for(machine.kind)
        keys = {(model.version, machine.kind, note.text) for note in notes}
        unread = sorted(keys - self._read.keys())
        if unread:
            found = model.classify([text for _, _, text in unread], labels=labels)
            self._read.update(zip(unread, found, strict=True))
        while len(self._read) > max(KEPT, len(keys)):
            self._read.popitem(last=False)
        hints = []
        for note in notes:
            diagnosis = self._read[model.version, machine.kind, note.text]
            label = diagnosis.label
            if label not in (None, quiet) and diagnosis.confidence >= self._confidence:
                hints.append(Hint(note.source_time, note.text, str(label), diagnosis.confidence))
        return tuple(hints)


def _is_note(event: Event) -> bool:
    return bool(
        event.text.strip()
        and event.state is not EventState.CLEARED
        and (event.state is EventState.NOTE or event.severity is Severity.INFO)
    )
