"""What the product makes of a shift: its evidence, as a running service would have it."""

from __future__ import annotations

from ingest.alarms import past_of
from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Evidence
from prompting.evaluation.shifts import Shift


def look(shift: Shift) -> tuple[Evidence, ...]:
    """Evidence of the shift against the day, and its alarms against the week, before it."""
    settings = EvidenceSettings()
    baseline = learn(shift.before, settings=settings)
    past = past_of(shift.week, shift.window.start)
    return extract(shift.window, baseline, shift.specs, settings=settings, past=past)
