"""Files and options that once ended in a trace: one message that names the thing, and a code."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from service.cli.main import main

PLANT = """
[plant]
name = "Test plant"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""
MODBUS = '[machines.modbus]\nurl = "tcp://127.0.0.1:1"\nunit = 1\nregisters = "map.csv"\n'
HUGE = "x" * 200_000
ROWS = "".join(f"2026-11-22T09:{n // 60:02}:{n % 60:02}Z,1\n" for n in range(600))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a command, with a plant and an empty history in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plant.toml").write_text(PLANT)
    (tmp_path / "file").write_text("no folder")
    return tmp_path


def said(
    arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """The exit code of a command line and its complaint, on one line."""
    monkeypatch.setattr(sys, "argv", ["andon", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("content", "arguments", "code", "complaint"),
    [
        (
            f"signal,table,address,type\n{HUGE},holding,0,uint16\n",
            "check with.toml",
            2,
            "map.csv:2: is no CSV: field larger",
        ),
        (
            "a = " + "[" * 5000 + "]" * 5000,
            "check map.csv",
            2,
            "map.csv:1: is no TOML: nested too deeply",
        ),
        ("a." * 5000 + "a = 1", "check map.csv", 2, "map.csv:1: is no TOML: nested too deeply"),
        ("#" * 9_000_000, "check map.csv", 2, "cannot be read: It has more than 8 MB"),
        ("#" * 9_000_000, "check with.toml", 2, "map.csv:1: cannot be read: It has more than 8 MB"),
        ("", "check /dev/zero", 2, "/dev/zero cannot be read: It is no ordinary file"),
        ("", "plant import-registers /dev/zero --out o.csv", 2, "/dev/zero cannot be used"),
        (
            "name,address\na,1\n",
            "plant import-registers map.csv --out o.csv --encoding undefined",
            2,
            "The register list is no undefined text",
        ),
        (PLANT + "[[nonsense]]\n", "check map.csv", 2, "map.csv:8: unknown section [nonsense]"),
        (
            f'time,a\n2026-11-22T09:00:00Z,"{HUGE}"\n',
            "evidence map.csv",
            1,
            "map.csv:2: is no CSV: field larger",
        ),
        (
            "time,a\ninf,1\nnan,2\n",
            "evidence map.csv",
            1,
            "map.csv:2: 'inf' is no time. Write it as",
        ),
        ("time,a\n1e300,1\n1e300,2\n", "evidence map.csv", 1, "map.csv:2: '1e300' is no time"),
        ("time,a\n9999-12-31T23:59:59-12:00,1\n", "evidence map.csv", 1, "is no time"),
        (
            "time,a\n1,1\n",
            "evidence map.csv",
            1,
            "map has 1 row(s), none of them behind the first 1",
        ),
        ("time,a\n\n", "evidence map.csv", 1, "map has no rows"),
        ("time,a,a\n1,1,2\n", "evidence map.csv", 1, "map.csv:1: several columns are called 'a'"),
        ("", "docs list --home file", 2, "file/documents cannot be used"),
        ("", "keys create --role operator --keys-file file/keys.json", 2, "cannot be used"),
        (
            "",
            "summarize press-3 --since 99999999999999d",
            2,
            "'99999999999999d' is no length of time",
        ),
        ("", "summarize press-3 --since infd", 2, "'infd' is no length of time"),
        ("", "summarize press-3 --until 0001-01-01T00:00:00+12:00", 2, "is no time"),
        ("", "summarize press-3 --until 0002-01-01", 2, "before 1970"),
        ("", "probe tcp://127.0.0.1:99999", 2, "'tcp://127.0.0.1:99999' is no address of a device"),
    ],
)
def test_a_bad_file_or_option_is_named(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    arguments: str,
    code: int,
    complaint: str,
) -> None:
    """No trace, and the right code."""
    (folder / "map.csv").write_text(content)
    (folder / "with.toml").write_text(PLANT + MODBUS)
    found = said(arguments, monkeypatch, capsys)
    assert found[0] == code
    assert complaint in found[1]


@pytest.mark.parametrize(
    "arguments",
    ["summarize press-3", "prompts list", "train error_code", "models list", "ingest", "serve"],
)
def test_a_misspelt_setting_is_refused_by_every_command(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
) -> None:
    """A setting that nobody reads is worse than none: it is believed to hold."""
    monkeypatch.setenv("ANDON_ENCODR", "/models/mine")
    found = said(arguments, monkeypatch, capsys)
    assert found[0] == 2
    assert "ANDON_ENCODR is no setting of Andon (did you mean ANDON_ENCODER?)" in found[1]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("ANDON_LLM_DEADLINE_S", "soon", "ANDON_LLM_DEADLINE_S: Input should be a valid number"),
        ("ANDON_LLM_URL", "banana", "ANDON_LLM_URL: must begin with http://"),
    ],
)
def test_a_wrong_setting_of_the_model_server_is_named(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    complaint: str,
) -> None:
    """By its name in the environment."""
    monkeypatch.setenv(name, value)
    code, words = said("prompts list", monkeypatch, capsys)
    assert (code, complaint in words) == (2, True), words


def test_a_damaged_history_is_not_blamed_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The remedy is another file, not free space."""
    (folder / "history.db").write_bytes(b"\x93" * 8192)
    code, words = said("dead-letters list --home .", monkeypatch, capsys)
    assert code == 1
    assert "history.db cannot be used: file is not a database. It is damaged" in words


def test_a_foreign_database_is_not_taken_for_a_history(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its tables are missed, not made."""
    with sqlite3.connect(folder / "history.db") as foreign:
        foreign.execute("PRAGMA user_version = 1")
    foreign.close()
    code, words = said("dead-letters list --home .", monkeypatch, capsys)
    assert (code, "damaged or not ours" in words) == (1, True), words


def test_a_damaged_note_of_the_version_in_use_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody guesses which version serves."""
    task = model_folder(folder)
    (task / "current").write_bytes(b"\xff\x00\xfe")
    code, words = said("models list --home .", monkeypatch, capsys)
    assert (code, "current" in words) == (2, True), words


def test_a_damaged_version_stands_in_the_list_with_its_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes no other version from the list."""
    (model_folder(folder) / "v0001" / "model.json").write_bytes(b"\xff\x00\xfe")
    monkeypatch.setattr(sys, "argv", ["andon", "models", "list", "--home", "."])
    with pytest.raises(SystemExit) as ended:
        main()
    words = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert "mine v0001 cannot be used" in words


def model_folder(home: Path) -> Path:
    """A task with one version, which is in use."""
    task = home / "models" / "mine"
    (task / "v0001").mkdir(parents=True)
    (task / "current").write_text("v0001\n")
    about = '{"engine": "x", "report": {"test": {"accuracy": 1, "macro_f1": 1}}}'
    (task / "v0001" / "model.json").write_text(about)
    return task


def test_a_constant_signal_is_no_arithmetic_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is allowed and nothing departs: no warning, no evidence."""
    (folder / "map.csv").write_text("time,a\n" + ROWS)
    monkeypatch.setattr(
        sys, "argv", ["andon", "evidence", "map.csv", "--baseline-rows", "100", "--json"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == "[]"


def test_a_baseline_too_short_to_learn_from_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else no evidence would look as if all was well."""
    (folder / "map.csv").write_text("time,a\n" + ROWS)
    code, words = said("evidence map.csv --baseline-rows 10", monkeypatch, capsys)
    assert (code, "No signal is judged: what is taken to be normal is too short" in words) == (
        0,
        True,
    ), words
    code, words = said("evidence map.csv --baseline-rows 100", monkeypatch, capsys)
    assert (code, words) == (0, "")


def test_a_demo_looks_at_its_scenario_before_it_trains(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown name is said at once, not after the training."""
    arguments = "demo --once --scenario nope --home home --port 18089"
    code, words = said(arguments, monkeypatch, capsys)
    assert code == 2
    assert "There is no scenario 'nope'. Known: demo, quiet" in words
    assert not (folder / "home" / "models").exists()
