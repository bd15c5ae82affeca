"""Log lines are one phrase and its fields, and control no terminal."""

from __future__ import annotations

import logging

import pytest

from service.logs import FieldFormatter, log_of_commands


def test_a_log_line_controls_no_terminal() -> None:
    """The name of a file in a phrase, and what a field holds."""
    record = logging.makeLogRecord(
        {"msg": "file %s is broken,\nand more", "args": ("a\x1b[2J\u202e.md",), "of": "\x1b[31m"}
    )
    line = FieldFormatter("%(message)s").format(record)
    assert line == "file a\ufffd[2J\ufffd.md is broken,\nand more of='\\x1b[31m'"


def test_what_a_command_logs_has_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though no log was set up."""
    last = logging.StreamHandler()
    monkeypatch.setattr(logging, "lastResort", last)
    log_of_commands()
    record = logging.makeLogRecord({"msg": "model asked", "reason": "away"})
    assert last.format(record) == "model asked reason='away'"
