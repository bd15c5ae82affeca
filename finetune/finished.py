"""A training that was killed after its model was stored and before it was told so."""

from __future__ import annotations

import logging

from finetune.artefact import verify
from finetune.course import Course
from finetune.engine import MODEL
from finetune.models import ModelStore
from finetune.report import TrainReport, report_from
from finetune.untrusted_json import read_json
from ingest.errors import SettingsFault

log = logging.getLogger(__name__)


def stored_before(course: Course, store: ModelStore) -> TrainReport | None:
    """The report of the version that this very training has stored; None if it has not."""
    task = course.data.task.name
    for version in reversed(store.versions(task)):
        folder = store.folder(task, version)
        try:
            about = read_json(folder / MODEL)
            if about["training"] == course.identity:
                verify(folder)
                log.info("training was finished", extra={"task": task, "version": version})
                return report_from(about["report"])
        except (SettingsFault, KeyError, TypeError) as fault:
            log.debug("version left aside", extra={"version": version, "reason": repr(fault)})
    return None
