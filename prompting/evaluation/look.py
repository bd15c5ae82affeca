"""What the product makes of a shift: its evidence, as a running service would have it."""

from __future__ import annotations

from ingest.alarms import past_of
from ingest.baseline import Baseline, learn
from ingest.evidence import extract
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Evidence
from prompting.evaluation.shifts import Shift


def normal(shift: Shift) -> Baseline:
    """What is normal for the machine: the day before the shift."""
    return learn(shift.before, settings=EvidenceSettings())


def look(shift: Shift, baseline: Baseline | None = None) -> tuple[Evidence, ...]:
    """Evidence of the shift against the day, and its alarms against the week, before it.

    Args:
        shift: Eight hours.
        baseline: What is normal, where it is known already.
    """
    past = past_of(shift.week, shift.window.start)
    known = baseline or normal(shift)
    return extract(shift.window, known, shift.specs, settings=known.settings, past=past)
