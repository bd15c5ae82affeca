"""andon prompts test: its options, its table and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.errors import SettingsFault
from service.cli.main import app

SMALL = ["--shifts", "1", "--quiet", "1", "--seed", "10006", "--planted", "3", "--workers", "1"]


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "MODEL", "FOLDER"):
        monkeypatch.delenv(f"ANDON_LLM_{name}", raising=False)


def test_json_has_the_promised_keys_and_a_report_is_written(tmp_path: Path) -> None:
    """Nothing but JSON on standard output."""
    folder = tmp_path / "report"
    result = CliRunner().invoke(app, ["prompts", "test", *SMALL, "--json", "--report", str(folder)])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["shifts"] == 1
    assert record["quiet_shifts"] == 1
    assert 0 <= record["coverage_at_10"] <= 1
    assert set(record["planted_errors"]) >= {"fabricated", "other_item", "wrong_minute"}
    assert set(record["left_out"]) == {"raw-log", "evidence"}
    assert (folder / "index.html").is_file()


def test_people_get_a_table_and_are_told_what_was_left_out_and_why() -> None:
    """A row a figure, a row a kind of fault."""
    result = CliRunner().invoke(app, ["prompts", "test", *SMALL])
    assert result.exit_code == 0, result.output
    assert "faults among the 10 most urgent items" in result.stdout
    assert "planted errors caught: fabricated" in result.stdout
    assert "The arm raw-log needs a language model: set ANDON_LLM_URL" in result.stdout


@pytest.mark.parametrize(
    ("arm", "words"),
    [("oracle", "There is no arm oracle."), ("evidence", "The arm evidence needs a language")],
)
def test_an_arm_that_cannot_run_is_refused_with_what_to_do(arm: str, words: str) -> None:
    """When it is all that was asked for."""
    result = CliRunner().invoke(app, ["prompts", "test", *SMALL, "--arm", arm])
    assert isinstance(result.exception, SettingsFault)
    assert str(result.exception).startswith(words)
