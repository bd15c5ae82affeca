"""The writer that needs no model: one sentence an item, by rule."""

from __future__ import annotations

from prompting.pack import by_onset, by_urgency
from prompting.sentences import headline, sentence, telling
from prompting.writer import Assignment, Draft


class DeterministicWriter:
    """Always at hand, always the same words for the same evidence."""

    engine = "deterministic"
    model = ""

    def write(self, assignment: Assignment) -> Draft:
        """The most urgent items, first cause first."""
        chosen = by_onset(by_urgency(telling(assignment.evidence))[: assignment.statements])
        return Draft(
            headline(assignment.evidence, assignment.language),
            tuple(sentence(item, assignment.language) for item in chosen),
        )
