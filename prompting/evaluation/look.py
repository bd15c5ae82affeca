"""What the product makes of a shift: its evidence, as a running service would have it."""

from __future__ import annotations

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.evidence_settings import EvidenceSettings
from ingest.vocabulary import Evidence
from prompting.evaluation.shifts import Shift


def look(shift: Shift) -> tuple[Evidence, ...]:
    """Evidence of the shift against the day before it."""
    settings = EvidenceSettings()
    baseline = learn(shift.before, settings=settings)
    return extract(shift.window, baseline, shift.specs, settings=settings)
