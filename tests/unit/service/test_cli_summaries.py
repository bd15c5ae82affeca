"""andon evidence, summarize and prompts, as a person or a program calls them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ingest.errors import AndonFault, DataFault, NotKnown, SettingsFault
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity
from service.cli.main import app

END = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PLANT = """
[plant]
name = "Test plant"
timezone = "Europe/Berlin"

[mqtt]
url = "mqtt://127.0.0.1:1883"

[[mqtt.routes]]
topic = "andon/{line}/{machine}/telemetry"
codec = "json"
time = "/ts"
values = "/values"

[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"

[[machines.signals]]
id = "oil_temp"
unit = "degC"
low = 15.0
high = 65.0
"""


def run(*arguments: str) -> str:
    """What a command printed; its fault is raised."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=True)
    if isinstance(result.exception, AndonFault):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def write_csv(path: Path, *, mark: str = ";", shift: float = 10.0) -> Path:
    """600 rows at 1 Hz; from row 500 on oil is off by `shift`; a label column says so."""
    rng = np.random.default_rng(4)
    lines = [mark.join(("datetime", "oil", "note", "anomaly"))]
    for second in range(600):
        at = f"2026-11-22 09:{second // 60:02}:{second % 60:02}"
        value = 50 + rng.normal(0, 0.5) + (shift if second >= 500 else 0.0)
        label = "1.0" if second >= 500 else "0.0"
        lines.append(mark.join((at, f"{value:.3f}", "x", label)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", [",", ";"])
def test_evidence_of_a_file_against_its_first_rows(tmp_path: Path, mark: str) -> None:
    """Kind, signals, start, end, severity; the label column is no signal."""
    file = write_csv(tmp_path / "run.csv", mark=mark)
    (item,) = json.loads(run("evidence", str(file), "--baseline-rows", "400", "--json"))
    assert (item["kind"], item["signals"]) == ("step", ["oil"])
    assert item["severity"] == "warning"
    assert item["start"].startswith("2026-11-22T09:08:2")
    assert item["end"] == "2026-11-22T09:09:59Z"
    assert item["rows"][0]["first"] == pytest.approx(501, abs=5)


def test_evidence_of_a_file_against_another(tmp_path: Path) -> None:
    """Nothing where both are alike."""
    file = write_csv(tmp_path / "run.csv")
    normal = write_csv(tmp_path / "normal.csv", shift=0.0)
    (item,) = json.loads(run("evidence", str(file), "--baseline", str(normal), "--json"))
    assert item["kind"] == "step"
    assert json.loads(run("evidence", str(normal), "--baseline", str(normal), "--json")) == []


def test_evidence_for_people(tmp_path: Path) -> None:
    """A table, or a plain word."""
    file = write_csv(tmp_path / "run.csv", shift=0.0)
    assert "Nothing stands out." in run("evidence", str(file), "--baseline-rows", "300")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "a header"),
        ("time,oil\n", "a header"),
        ("time,oil\nyesterday,5\n", "run.csv:2"),
        ("time\n2026-11-22\n", "a signal"),
    ],
)
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, content: str, word: str) -> None:
    """With its line."""
    file = tmp_path / "run.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataFault, match=word):
        run("evidence", str(file), "--json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A matter of settings: exit 2."""
    with pytest.raises(SettingsFault, match=r"nowhere\.csv"):
        run("evidence", str(tmp_path / "nowhere.csv"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A plant whose press ran hot in the last ten minutes of the hour."""
    (tmp_path / "plant.toml").write_text(PLANT, encoding="utf-8")
    rng = np.random.default_rng(6)
    records: list[Reading | Event] = []
    for second in range(4 * 3600):
        at = END - timedelta(seconds=4 * 3600 - second)
        value = 50 + rng.normal(0, 0.5) + (20 if second >= 4 * 3600 - 600 else 0)
        reading = Reading(
            "press-3", "oil_temp", value, "degC", Quality.GOOD, at, at, "test", second
        )
        records.append(reading)
    at = END - timedelta(seconds=590)
    records.append(
        Event("press-3", "E217", Severity.WARNING, EventState.RAISED, "hot", at, at, "test", 99_999)
    )
    with SqliteHistory(tmp_path / "history.db") as history:
        history.write(records)
    return tmp_path


def summarize(home: Path, *more: str) -> str:
    where = ("--plant", str(home / "plant.toml"), "--home", str(home))
    return run("summarize", "press-3", *where, "--until", END.isoformat(), *more)


def test_summarize_tells_what_is_going_on(home: Path) -> None:
    """From the history, in the plant's own time."""
    found = json.loads(summarize(home, "--json"))
    assert found["headline"] == "press-3: oil temp above its high limit, with alarm E217"
    assert "10:50" in found["statements"][0]["text"]
    assert found["engine"] == "deterministic"
    assert {item["id"] for item in found["evidence"]} >= set(found["statements"][0]["evidence"])
    assert found["evidence"][0]["rows"][0]["table"] == "readings"


def test_summarize_speaks_german_to_people(home: Path) -> None:
    """Headline, sentences with their evidence, engine and prompt."""
    text = " ".join(summarize(home, "--language", "de", "--since", "30m").split())
    assert "oil temp über dem oberen Grenzwert" in text
    assert "[E0001]" in text
    assert "deterministic, issue-summary@" in text


def test_summarize_shows_its_evidence_and_counts_what_it_left_out(home: Path) -> None:
    """As a table below; an unknown line is named like an unknown machine."""
    text = " ".join(summarize(home, "--evidence", "--since", "30m").split())
    assert "oil_temp" in text
    assert "22 Nov 2026 10:30 to 11:00" in text


def test_a_shift_is_handed_over_with_its_instructions(home: Path) -> None:
    """Given, handed over for the machine and for its line in every section, cleared."""
    where = ("--home", str(home))
    plant = ("--plant", str(home / "plant.toml"))
    words = "run at 80 %"
    (given,) = json.loads(
        run("instructions", "give", words, "--for", "press-3", "--json", *where, *plant)
    )
    assert (given["id"], given["machine"], given["line"]) == ("N00001", "press-3", "line-1")
    for scope in ("press-3", "line-1"):
        arguments = ("--until", END.isoformat(), "--prompt", "shift-handover", *where, *plant)
        text = " ".join(run("summarize", scope, *arguments).split())
        for title in ("Exceptions", "Standing alarms", "Out of service", "Open cards"):
            assert title in text
        assert "Alarm E217 came" in text.split("Standing alarms")[1]
        assert "Instruction N00001 for press-3" in text.split("Instructions")[1]
    assert words in run("instructions", "list", *where)
    run("instructions", "clear", "N00001", "--by", "Lang", *where)
    assert "No instruction is in force." in run("instructions", "list", *where)
    with pytest.raises(SettingsFault, match="needs words"):
        run("instructions", "give", "x", *where, *plant)
    with pytest.raises(NotKnown, match="no machine or line"):
        run("instructions", "give", "x", "--for", "line-9", *where, *plant)


def test_summarize_says_what_is_missing(home: Path, tmp_path: Path) -> None:
    """An unknown machine, a wrong length of time, no history."""
    with pytest.raises(NotKnown):
        run("summarize", "press-9", "--plant", str(home / "plant.toml"), "--home", str(home))
    with pytest.raises(SettingsFault, match="length of time"):
        summarize(home, "--since", "soon")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsFault, match="andon ingest"):
        summarize(home, "--home", str(tmp_path / "empty"))


def test_prompts_are_listed_and_shown() -> None:
    """As a program and as a person sees them."""
    found = json.loads(run("prompts", "list", "--json"))
    assert {"id", "version", "language", "schema", "hash"} <= set(found[0])
    assert "id: issue-summary" in run("prompts", "show", "issue-summary", "--language", "de")
    with pytest.raises(NotKnown, match="no prompt nonsense"):
        run("prompts", "show", "nonsense")
