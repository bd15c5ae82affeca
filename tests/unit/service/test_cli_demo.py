"""What `andon simulate` and `andon replay` hand to the simulators, which they become."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.main import app
from simulators.__main__ import _parser


class Become(Exception):
    """What this process would have become."""


@pytest.fixture(autouse=True)
def _stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def become(program: str, command: list[str]) -> None:
        raise Become(program, command)

    monkeypatch.setattr(os, "execv", become)


def handed_over(*given: str) -> list[str]:
    """The arguments of the simulators."""
    result = CliRunner().invoke(app, given)
    assert isinstance(result.exception, Become), result.output
    program, command = result.exception.args
    assert program == sys.executable
    assert command[:3] == [sys.executable, "-m", "simulators"]
    return list(command[3:])


def test_replay_knows_the_plant_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the file stands among the options."""
    monkeypatch.setenv("ANDON_PLANT", "hall/plant.toml")
    asked = _parser().parse_args(handed_over("replay", "--rate", "max", "x.csv"))
    assert (asked.file, asked.plant) == (Path("x.csv"), Path("hall/plant.toml"))


def test_every_option_of_a_replay_arrives() -> None:
    """As the simulators read it."""
    options = ["--modbus", "--machine", "press-3", "--drop", "a,b", "--rename", "T=oil_temp"]
    options += ["--topic", "a/b", "--broker", "mqtt://127.0.0.1:1", "--times", "now"]
    asked = _parser().parse_args(handed_over("replay", "x.csv", *options, "--rate", "2.5"))
    assert (asked.wire, asked.machine, asked.rate) == ("modbus", "press-3", "2.5")
    assert (asked.drop, asked.rename, asked.times) == ("a,b", ["T=oil_temp"], "now")
    assert (asked.topic, asked.broker) == ("a/b", "mqtt://127.0.0.1:1")


def test_simulate_hands_over_its_scenario() -> None:
    """Seed, speed and the file of the truth."""
    asked = _parser().parse_args(handed_over("simulate", "--seed", "7", "--truth", "t.json"))
    assert (asked.command, asked.seed, asked.speed) == ("run", 7, 1.0)
    assert asked.truth == Path("t.json")
