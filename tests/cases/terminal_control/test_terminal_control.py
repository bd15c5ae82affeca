"""A topic and an event text that would have cleared the screen of who looks at them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.history import DeadLetter
from ingest.sqlite import SqliteHistory
from service.cli.main import app
from service.cli.options import print_table
from service.cli.terminal import Terminal

CLEAR = "\x1b[2J\x1b]0;owned"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_a_topic_cannot_control_the_terminal(tmp_path: Path) -> None:
    """It is still shown, harmless."""
    with SqliteHistory(tmp_path / "history.db") as history:
        history.write([], [DeadLetter(f"mqtt:andon/{CLEAR}/x", b"{", "no machine \x9b31m", NOW)])
    shown = CliRunner().invoke(app, ["dead-letters", "list", "--home", str(tmp_path)]).stdout
    assert "mqtt:andon/\ufffd[2J\ufffd]0;owned/x" in shown
    assert "no machine \ufffd31m" in shown


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_no_sign_that_is_not_seen_is_printed(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In plain words and in the cells of a table."""
    Terminal().print(f"a{sign}b\tc\nd", markup=False)
    print_table(["name"], [[f"a{sign}b"]])
    shown = capsys.readouterr().out
    assert sign not in shown
    assert shown.replace("\ufffd", "").count("ab") == 2


def test_our_own_colours_stay() -> None:
    """Only what comes from outside is made harmless."""
    terminal = Terminal(force_terminal=True, color_system="standard", width=40)
    with terminal.capture() as caught:
        terminal.print("hot", style="bold red")
    assert caught.get() == "\x1b[1;31mhot\x1b[0m\n"
