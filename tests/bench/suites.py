"""Every suite of measurements by name, short ones first; none is imported before it runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from tests.bench.measure import Measurement

SUITES = {
    "ingest": "ingest:all_figures",
    "notes": "notes:extraction",
    "alarms": "alarms:counting",
    "documents": "documents:all_figures",
    "index": "vectors:at_100_000",
    "mqtt": "mqtt:all_figures",
    "postgres": "postgres:all_figures",
    "modbus": "modbus:all_figures",
    "prompting": "prompting:all_figures",
    "retrieval": "retrieval:all_figures",
    "training": "training:error_code",
    "serving": "serving:serving",
    "classifier": "classifier:all_figures",
    "compare": "comparing:all_figures",
    "lora": "classifier_small:all_figures",
    "few-shot": "classifier_few:few_shot",
    "rivals": "retrieval:rivals",
}


def measured(name: str) -> list[Measurement]:
    """The figures of one suite; takes seconds to many minutes."""
    module, function = SUITES[name].split(":")
    measure = getattr(importlib.import_module(f"tests.bench.{module}"), function)
    return list(cast("Callable[[], list[Measurement]]", measure)())
