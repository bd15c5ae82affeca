"""Figures about documents: what was taken in and refused, answered and declined."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from ingest.errors import AndonFault
from ingest.vocabulary import Answer


class DocumentFigures:
    """Counted since the start of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._uploads = Counter(
            "andon_documents_uploads",
            "Uploaded documents that were taken in, and those refused by the kind of fault.",
            ["outcome"],
            registry=self.registry,
        )
        self._answers = Counter(
            "andon_answers",
            "Questions to the documents, by outcome and by who wrote the answer.",
            ["outcome", "engine"],
            registry=self.registry,
        )
        self._dropped = Counter(
            "andon_answers_dropped_sentences",
            "Sentences of a model that no passage bears out, and which were left out.",
            registry=self.registry,
        )
        self._fallbacks = Counter(
            "andon_answers_fallbacks",
            "Answers that were to be written by a model and were quoted instead.",
            registry=self.registry,
        )
        self._conflicts = Counter(
            "andon_answers_with_conflicts",
            "Answers that show documents which do not say the same.",
            registry=self.registry,
        )

    def taken_in(self) -> None:
        """Count a document that was uploaded."""
        self._uploads.labels("added").inc()

    def refused(self, fault: AndonFault) -> None:
        """Count one that could not be taken in."""
        self._uploads.labels(type(fault).__name__).inc()

    def answered(self, answer: Answer) -> None:
        """Count an answer."""
        outcome = "declined" if answer.declined else "answered"
        self._answers.labels(outcome, answer.engine).inc()
        self._dropped.inc(answer.dropped)
        self._fallbacks.inc(bool(answer.note))
        self._conflicts.inc(bool(answer.conflicts))
