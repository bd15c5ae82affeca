"""A report as JSON: what a program counts on, and read again as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import DataFault, NotKnown
from service.comparison.report_json import (
    read_json,
    report_as_dict,
    report_from,
    report_text,
    write_json,
)
from tests.unit.service.comparison.report_example import example


def test_a_report_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    """Every figure to six digits."""
    write_json(example(), tmp_path)
    read = read_json(tmp_path)
    assert report_as_dict(read) == report_as_dict(example())
    assert [arm.consistency for arm in read.arms] == [arm.consistency for arm in example().arms]
    assert read.decision.reasons == example().decision.reasons
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_what_programs_read_of_an_arm_stands_at_its_top() -> None:
    """Consistency as one share, the new class in seconds, both null where not measured."""
    told = report_as_dict(example())["arms"]
    for arm, one in zip(example().arms, told, strict=True):
        assert one["macro_f1"] == pytest.approx(arm.quality.macro_f1)
        share = None if arm.consistency is None else arm.consistency.share
        assert one["consistency"] == (share if share is None else pytest.approx(share))
        seconds = None if arm.flexibility is None else arm.flexibility.seconds
        assert one["new_class_s"] == seconds
    assert {one["consistency"] is None for one in told} == {True, False}


def test_it_is_plain_json() -> None:
    """Without what only Python reads."""

    def refuse(word: str) -> Any:
        raise AssertionError(word)

    assert json.loads(report_text(example()), parse_constant=refuse)["task"] == example().task


@pytest.mark.parametrize("change", ["arms", "decision", "prices", "failed"])
def test_what_is_no_report_is_refused(change: str) -> None:
    """A part that is missing, or of another kind."""
    told = report_as_dict(example())
    with pytest.raises(DataFault, match="no report"):
        report_from({**told, change: [{"strange": 1}] if isinstance(told[change], list) else 3})
    del told[change]
    with pytest.raises(DataFault, match="no report"):
        report_from(told)


@pytest.mark.parametrize("key", ["labels_per_class", "macro_f1", "chosen"])
def test_a_report_with_a_changed_figure_is_not_read(tmp_path: Path, key: str) -> None:
    """It would be followed otherwise; laid out anew it is the same report."""
    told = json.loads(report_text(example()))
    (tmp_path / "report.json").write_text(json.dumps(told))
    assert read_json(tmp_path).id == example().id
    told["arms"][0][key] = 8
    (tmp_path / "report.json").write_text(json.dumps(told))
    with pytest.raises(DataFault, match="was changed"):
        read_json(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_plain_file_is_no_report(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Nobody waits for a pipe, nor reads a device."""
    make(tmp_path / "report.json")
    with pytest.raises(DataFault, match="no report"):
        read_json(tmp_path)


def test_a_folder_without_one_says_so(tmp_path: Path) -> None:
    """And a torn file is not taken for one."""
    with pytest.raises(NotKnown):
        read_json(tmp_path)
    (tmp_path / "report.json").write_text('{"task": "par')
    with pytest.raises(DataFault, match="no report"):
        read_json(tmp_path)
