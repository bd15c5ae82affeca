"""Tables that are read for training."""

from __future__ import annotations

import csv
from pathlib import Path

from finetune.table import read_table


def test_reading_a_table_leaves_the_limits_of_the_process_alone(tmp_path: Path) -> None:
    """The longest cell that Python's csv takes is one number for every reader of a process."""
    before = csv.field_size_limit()
    file = tmp_path / "rows.csv"
    file.write_text("text,label\npump whines,pump_worn\n")
    read_table(file)
    assert csv.field_size_limit() == before
