"""Tables show what is in them, and results are documents that every program reads."""

from __future__ import annotations

import json
import math

import pytest
from typer.testing import CliRunner

from ingest import probe
from service.cli.main import app
from service.cli.options import console, print_table
from service.cli.times import moment_of, seconds_of


def test_brackets_in_a_cell_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """`[documents]` is a section of plant.toml, and a machine may say `[/red]`."""
    print_table(("what", "why"), [["[documents] of the plant", "[/red]"]])
    shown = capsys.readouterr().out
    assert "[documents]" in shown
    assert "[/red]" in shown


def test_words_are_said_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A long line can be copied whole, and what looks like markup is none."""
    words = "[red]" + "a long line " * 40
    console.say(words)
    assert capsys.readouterr().out == words + "\n"


def test_probed_numbers_that_are_none_are_null(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN and Infinity are no JSON."""
    monkeypatch.setattr(probe, "read_words", lambda *_, **__: [0x7FC0, 0x0000, 0x7F80, 0x0000])
    result = CliRunner().invoke(app, ["probe", "tcp://127.0.0.1:1", "--json"])

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(result.output, parse_constant=refuse)
    floats = [entry for entry in found if entry["type"] == "float32" and entry["address"] == 0]
    assert floats[0]["values"]["ABCD"] is None
    assert math.isfinite(floats[0]["values"]["DCBA"])


def test_times_of_the_command_line() -> None:
    """Without a zone in UTC; lengths in the unit behind the number."""
    assert moment_of("2026-11-22T10:00").isoformat() == "2026-11-22T10:00:00+00:00"
    assert moment_of("2026-11-22T12:00+02:00") == moment_of("2026-11-22T10:00Z")
    assert [seconds_of(text) for text in ("30s", "15m", "1h", "2d")] == [30, 900, 3600, 172_800]
