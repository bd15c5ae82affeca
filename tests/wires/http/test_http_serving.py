"""The commands around the service, as a person types them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.access import Role, access_for, read_keys
from service.settings import ServiceSettings

PLANT = """
[plant]
name = "Small plant"
timezone = "Europe/Berlin"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
[machines.modbus]
url = "tcp://127.0.0.1:1"
unit = 1
period_s = 1.0
registers = "press.csv"
"""
REGISTERS = """signal,table,address,type,order,scale,offset,unit,description
oil_temp,input,10,int16,ABCD,0.01,0,degC,Oil temperature
"""


def _andon(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("ANDON_")}
    usual |= {"PYTHONPATH": str(Path.cwd()), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**usual, **environment}, capture_output=True, text=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plant description."""
    (tmp_path / "plant.toml").write_text(PLANT)
    (tmp_path / "press.csv").write_text(REGISTERS)
    return tmp_path


def test_port_in_use_is_one_clear_message(folder: Path) -> None:
    """Said before anything slow begins, with exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _andon("serve", "--port", str(port), folder=folder)
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use." in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / ".andon").exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ((), {"ANDON_PROT": "1"}, "did you mean ANDON_PORT?"),
        ((), {"ANDON_PORT": "x"}, "ANDON_PORT"),
        (("--host", "0.0.0.0"), {}, "without keys"),
        (("--host", "192.0.2.1"), {}, "Cannot listen on 192.0.2.1"),
        (("--plant", "none.toml"), {}, "none.toml"),
        ((), {"ANDON_ENCODER": "/nowhere"}, "ANDON_ENCODER"),
        ((), {"ANDON_KEYS_FILE": "/nowhere/keys.json"}, "andon keys create"),
    ],
)
def test_what_a_person_must_change_is_said(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    """One message that names the thing, exit code 2, no trace of the inside."""
    port = {"ANDON_PORT": _free_port()}
    done = _andon("serve", *arguments, folder=folder, **{**port, **environment})
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_are_made_listed_and_removed(folder: Path) -> None:
    """The printed key opens the service; the list shows no secret."""
    at = ("--keys-file", "keys.json")
    made = _andon("keys", "create", "--role", "operator", "--name", "tablet", *at, folder=folder)
    token = made.stdout.strip()
    access = access_for(ServiceSettings(host="0.0.0.0", keys_file=folder / "keys.json"))
    assert access.caller(token).role is Role.OPERATOR
    listed = _andon("keys", "list", "--json", *at, folder=folder).stdout
    assert json.loads(listed)[0]["name"] == "tablet"
    assert token.split("_", 2)[2] not in listed
    identity = json.loads(listed)[0]["id"]
    assert _andon("keys", "remove", identity, *at, folder=folder).returncode == 0
    assert _andon("keys", "remove", identity, *at, folder=folder).returncode == 1


def test_keys_lie_in_the_home_folder_unless_said(folder: Path) -> None:
    """Also where a variable names that folder."""
    home = str(folder / "elsewhere")
    _andon("keys", "create", "--role", "machine", folder=folder, ANDON_HOME=home)
    assert [key.role for key in read_keys(folder / "elsewhere" / "keys.json")] == [Role.MACHINE]
    assert not (folder / ".andon").exists()


def test_doctor_says_what_is_there_and_what_is_not(folder: Path) -> None:
    """By part, with what to do; a plant whose controller is away can still be served."""
    done = _andon("doctor", "--json", folder=folder)
    report = json.loads(done.stdout)
    found = {finding["name"]: finding for finding in report["findings"]}
    assert report["ok"] is (done.returncode == 0)
    assert found["plant"]["state"] == "ok"
    assert found["modbus press-3"]["state"] == "degraded"
    assert found["models"]["remedy"] == "andon train defect_type; andon train error_code"
    assert found["llm"]["state"] == "off"
    assert found["documents"]["state"] == "degraded"
    assert not (folder / ".andon").exists()


def test_doctor_finds_what_hinders_the_start(folder: Path) -> None:
    """Exit code 1, and the same in words."""
    (folder / "plant.toml").write_text("[plant\n")
    done = _andon("doctor", folder=folder, ANDON_ENCODER="/nowhere", ANDON_WATCH_CLEAR="1")
    assert done.returncode == 1
    for words in ("plant", "missing", "ANDON_ENCODER", "ANDON_WATCH_CLEAR_S"):
        assert words in done.stdout


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
