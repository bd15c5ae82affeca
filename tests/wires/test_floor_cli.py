"""The commands of the floor: check, probe, ingest, history export and dead-letters."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from typer.testing import CliRunner, Result

from ingest.errors import NotKnown, SettingsFault, WireFault
from ingest.history import DeadLetter, history_path
from ingest.housekeeping import Housekeeping
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.vocabulary import Quality, Reading
from service.cli.main import app
from tests.leash import leashed

NOW = datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
PLANT = """\
[mqtt]
url = "mqtt://127.0.0.1:{port}"
[[mqtt.routes]]
topic = "andon/{{line}}/{{machine}}/telemetry"
time = "/ts"
[[machines]]
id = "press-3"
line = "line-1"
kind = "hydraulic-press"
"""
RELATIVE_PLANT = """
[machines.modbus]
url = "tcp://127.0.0.1:5020"
registers = "press.csv"
"""


def andon(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def plant_file(folder: Path, *, port: int = 1, more: str = "") -> Path:
    path = folder / "plant.toml"
    path.write_text(PLANT.format(port=port) + more)
    return path


def reading(number: int, value: Any, signal_name: str = "oil_temp") -> Reading:
    return Reading("press-3", signal_name, value, "degC", Quality.GOOD, NOW, NOW, "s", number)


def test_check_prints_the_read_plan(tmp_path: Path) -> None:
    """As text and as JSON."""
    (tmp_path / "press.csv").write_text(
        "signal,table,address,type\na,holding,0,uint16\nb,holding,2,float32\nc,input,7,int16\n"
    )
    path = plant_file(tmp_path, more=RELATIVE_PLANT)
    shown = andon("check", path)
    assert shown.exit_code == 0
    assert "read holding 0 to 3 (function 3): a (uint16), b (float32)" in shown.output
    told = json.loads(andon("check", path, "--json").output)
    assert told["ok"] is True
    assert told["machines"][0]["modbus"]["requests"][1] == {
        "table": "input",
        "function": 4,
        "address": 7,
        "count": 1,
        "signals": ["c"],
        "meanings": ["int16"],
        "looks_counted": [],
    }


def test_check_prints_what_is_heard_from_brokers(tmp_path: Path) -> None:
    """The topics of each, and that a broker without routes says nothing to anybody."""
    more = '[[brokers]]\nid = "b"\nurl = "mqtts://h2"\n'
    shown = " ".join(andon("check", plant_file(tmp_path, more=more)).output.split())
    assert "mqtt://127.0.0.1:1: andon/+/+/telemetry" in shown
    assert "mqtts://h2: no routes, so nothing is heard from it" in shown


def test_check_shows_what_is_never_read(tmp_path: Path) -> None:
    """The plan goes around illegal addresses, over whatever carries it."""
    (tmp_path / "press.csv").write_text(
        "signal,table,address,type\na,holding,0,uint16\nb,holding,2,float32\n"
    )
    more = RELATIVE_PLANT.replace("tcp://127.0.0.1:5020", "rtu:///dev/ttyUSB0?baud=9600")
    path = plant_file(tmp_path, more=more + 'illegal = ["holding 1", "input 0-99"]\n')
    shown = andon("check", path).output
    assert "Modbus rtu:///dev/ttyUSB0?baud=9600 unit 1 every 1 s:" in shown
    assert "never holding 1, input 0 to 99" in shown
    assert "read holding 0 to 0 (function 3): a" in shown
    assert "read holding 2 to 3 (function 3): b" in shown
    told = json.loads(andon("check", path, "--json").output)["machines"][0]["modbus"]
    assert told["illegal"] == ["holding 1", "input 0 to 99"]


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ("holding,40001", True),
        ("holding,49999", True),
        ("holding,40000", False),
        ("holding,50001", False),
        ("input,30001", True),
        ("input,40001", False),
        (",40001", False),
    ],
)
def test_check_asks_about_addresses_that_look_counted(
    tmp_path: Path, row: str, asked: bool
) -> None:
    """A table beside 40001 is most often a mistake by 40,000 addresses, and sometimes right."""
    (tmp_path / "press.csv").write_text(f"signal,table,address,type\na,{row},uint16\n")
    path = plant_file(tmp_path, more=RELATIVE_PLANT)
    shown = andon("check", path)
    assert shown.exit_code == 0
    assert ("Is a stated in the vendors' count?" in shown.output) == asked
    (request,) = json.loads(andon("check", path, "--json").output)["machines"][0]["modbus"][
        "requests"
    ]
    assert request["looks_counted"] == (["a"] if asked else [])


def test_check_exits_2_and_names_every_fault(tmp_path: Path) -> None:
    """With file and line, as text and as JSON."""
    path = plant_file(tmp_path, more="high = 1\n[machine]\n")
    shown = andon("check", path)
    assert shown.exit_code == 2
    assert f"{path}:10: unknown key 'high'" in shown.output
    assert f"{path}:11: unknown section [machine]" in shown.output
    told = json.loads(andon("check", "--plant", path, "--json").output)
    assert (told["ok"], [fault["line"] for fault in told["faults"]]) == (False, [10, 11])


def test_probe_of_nothing_says_so(free_port: Callable[[], int]) -> None:
    """A fault that main turns into one line and an exit code."""
    result = andon("probe", f"tcp://127.0.0.1:{free_port()}")
    assert isinstance(result.exception, WireFault)
    assert "cannot be reached" in str(result.exception)


def test_probe_wants_an_address_of_a_device() -> None:
    """Another scheme is a wrong setting."""
    assert isinstance(andon("probe", "http://x").exception, SettingsFault)


def test_history_is_exported_as_csv(tmp_path: Path) -> None:
    """The columns of the contract, times in UTC, no value where there is none."""
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([reading(1, 61.5), reading(2, None), reading(3, True), reading(4, "auto")])
    out = tmp_path / "out.csv"
    result = andon("history", "export", "--home", tmp_path, "--out", out, "--json")
    assert json.loads(result.output)["readings"] == 4
    header, *rows = csv.reader(out.read_text().splitlines())
    assert ",".join(header) == (
        "machine,signal,source_time,received_time,sequence,value,unit,quality"
    )
    time = "2026-11-22T10:00:00.000005Z"
    assert rows[0] == ["press-3", "oil_temp", time, time, "1", "61.5", "degC", "good"]
    assert [row[5] for row in rows] == ["61.5", "", "true", "auto"]
    assert rows[1][7] == "bad"


def test_history_is_exported_as_parquet(tmp_path: Path) -> None:
    """Numbers stay numbers, times times; texts stand beside them."""
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([reading(1, 61.5), reading(2, "auto", "mode")])
    out = tmp_path / "out.parquet"
    andon("history", "export", "--home", tmp_path, "--out", out, "--format", "parquet")
    table = parquet.read_table(out).to_pylist()
    assert [row["value"] for row in table] == [61.5, None]
    assert [row["value_text"] for row in table] == [None, "auto"]
    assert table[0]["source_time"] == NOW


def test_an_export_is_bounded(tmp_path: Path) -> None:
    """By machine and time; a time without a zone is meant in UTC."""
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([reading(1, 61.5)])
    out = tmp_path / "out.csv"
    base = ("history", "export", "--home", tmp_path, "--out", out, "--json")
    for bounds, expected in (
        (("--start", "2026-11-22T10:00"), 1),
        (("--end", "2026-11-22T10:00"), 0),
        (("--machine", "press-3"), 1),
    ):
        assert json.loads(andon(*base, *bounds).output)["readings"] == expected


def test_an_export_of_an_unknown_machine_says_which_are_known(tmp_path: Path) -> None:
    """A misspelt name makes no empty file that looks like an answer."""
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([reading(1, 61.5)])
    out = tmp_path / "out.csv"
    base = ("history", "export", "--home", tmp_path, "--out", out)
    fault = andon(*base, "--machine", "pres-3").exception
    assert isinstance(fault, NotKnown)
    assert "'pres-3'" in str(fault)
    assert "press-3" in fault.remedy
    assert not out.exists()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rollups_are_exported(tmp_path: Path, form: str) -> None:
    """A line a minute or an hour, with what was lowest and highest and when."""
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([reading(n, float(n)) for n in range(1, 5)])
        Housekeeping(history, IngestSettings()).run_once(NOW + timedelta(hours=2))
    out = tmp_path / f"out.{form}"
    base = ("history", "export", "--home", tmp_path, "--out", out, "--format", form, "--json")
    for rollup, seconds in (("minute", 60), ("hour", 3600)):
        assert json.loads(andon(*base, "--rollup", rollup).output)["rollups"] == 1
        (row,) = (
            parquet.read_table(out).to_pylist()
            if form == "parquet"
            else csv.DictReader(out.read_text().splitlines())
        )
        assert (int(row["seconds"]), int(row["numbers"])) == (seconds, 4)
        assert (float(row["mean"]), float(row["low"]), float(row["high"])) == (2.5, 1.0, 4.0)
        assert (row["quality"], row["unit"]) == ("good", "degC")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "x.csv", "--home", "nowhere"),
        ("--out", "no/such/folder/x.csv", "--home", "."),
        ("--out", "x.csv", "--home", ".", "--start", "noon"),
    ],
)
def test_a_wrong_export_is_a_setting_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """No history there, no folder there, no time."""
    monkeypatch.chdir(tmp_path)
    with SqliteHistory(history_path(tmp_path)):
        pass
    assert isinstance(andon("history", "export", *arguments).exception, SettingsFault)


def test_dead_letters_are_listed_and_replayed(tmp_path: Path) -> None:
    """Once the plant knows the machine, its messages find their place."""
    topic = "andon/line-1/press-3/telemetry"
    payload = b'{"ts": "2026-11-22T10:00:00Z", "values": {"oil_temp": 1, "b": 2}}'
    with SqliteHistory(history_path(tmp_path)) as history:
        lost = DeadLetter(f"mqtt:{topic}", payload, "unknown machine 'press-3'", NOW)
        history.write([], [lost, DeadLetter(f"mqtt:{topic}", b"{", "no JSON", NOW)])
    listed = json.loads(andon("dead-letters", "list", "--home", tmp_path, "--json").output)
    assert [entry["reason"] for entry in listed] == ["no JSON", "unknown machine 'press-3'"]
    again = ("dead-letters", "replay", "--home", tmp_path, "--plant", plant_file(tmp_path))
    assert json.loads(andon(*again, "--json").output) == {
        "tried": 2,
        "replayed": 1,
        "stored": 2,
        "duplicates": 0,
    }
    with SqliteHistory(history_path(tmp_path)) as history:
        (count,) = history.counters()
        assert len(history.latest("press-3")) == 2
    assert (count.received, count.stored, count.dead_lettered) == (3, 2, 1)


def test_dead_letters_of_one_source_alone(tmp_path: Path) -> None:
    """Named by a part of it; the others are neither shown nor touched."""
    topic = "andon/line-1/press-3/telemetry"
    payload = b'{"ts": "2026-11-22T10:00:00Z", "values": {"oil_temp": 1}}'
    sources = [f"mqtt:{topic}", f"mqtt@north:{topic}", "mqtt:other"]
    with SqliteHistory(history_path(tmp_path)) as history:
        history.write([], [DeadLetter(source, payload, "unknown", NOW) for source in sources])
    asked = ("--home", tmp_path, "--source", "press-3", "--json")
    listed = json.loads(andon("dead-letters", "list", *asked).output)
    assert [entry["source"] for entry in listed] == sources[1::-1]
    limited = andon("dead-letters", "list", *asked, "--limit", 1)
    assert len(json.loads(limited.output)) == 1
    again = andon("dead-letters", "replay", *asked, "--plant", plant_file(tmp_path))
    assert json.loads(again.output)["tried"] == 2
    with SqliteHistory(history_path(tmp_path)) as history:
        assert [letter.source for letter in history.dead_letters()] == sources[:0:-1]


@contextmanager
def ingesting(folder: Path, plant: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`andon ingest` as a child process, ended with the block."""
    code = "from service.cli.main import main; main()"
    command = [sys.executable, "-c", code, "ingest", "--plant", str(plant), "--home", str(folder)]
    known = {name: value for name, value in os.environ.items() if not name.startswith("ANDON_")}
    with subprocess.Popen(
        leashed(command), stderr=subprocess.PIPE, text=True, cwd=ROOT, env=known | environment
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_ingest_waits_for_a_broker_that_is_away_and_ends_on_a_signal(
    tmp_path: Path, free_port: Callable[[], int], end: signal.Signals
) -> None:
    """One clear line, no traceback, exit 0."""
    port = free_port()
    with ingesting(tmp_path, plant_file(tmp_path, port=port)) as running:
        assert running.stderr
        lines = [running.stderr.readline(), running.stderr.readline()]
        running.send_signal(end)
        _, rest = running.communicate(timeout=60)
    assert lines[0].startswith(f"Collecting from mqtt://127.0.0.1:{port} as andon-")
    assert (
        f"broker mqtt://127.0.0.1:{port} cannot be reached: Connection refused; trying again"
        in lines[1]
    )
    assert running.returncode == 0
    assert rest == "Collected; everything that was received is in the history.\n"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"ANDON_BATCHSIZE": "5"}, "ANDON_BATCHSIZE is no setting of Andon"),
        ({"ANDON_BATCH_SIZE": "many"}, "ANDON_BATCH_SIZE: Input should be a valid integer"),
    ],
)
def test_ingest_refuses_wrong_settings(
    tmp_path: Path, environment: dict[str, str], message: str
) -> None:
    """Exit 2 and one clear message."""
    with ingesting(tmp_path, plant_file(tmp_path), **environment) as running:
        _, said = running.communicate(timeout=60)
    assert (running.returncode, "Traceback" in said) == (2, False)
    assert message in said


def test_a_port_in_use_is_named(broker: str, tmp_path: Path) -> None:
    """With what to do about it."""
    from ingest.broker import EmbeddedBroker

    port = int(broker.rsplit(":", 1)[1])
    with pytest.raises(SettingsFault, match=f"Port {port} .* Stop the program"):
        EmbeddedBroker(port, tmp_path / "second").start()


def test_the_embedded_broker_frees_its_ports(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """It can be started again at once."""
    from ingest.broker import EmbeddedBroker

    running = EmbeddedBroker(free_port(), tmp_path)
    for _ in range(2):
        running.start()
        running.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0
