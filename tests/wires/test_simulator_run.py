"""The simulators as the program that they are: on a real broker and on real Modbus ports."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.client import ModbusTcpClient

from ingest.errors import WireFault
from ingest.plant import MqttBroker
from ingest.vocabulary import MachineState
from simulators.publisher import Publisher
from tests.leash import leashed
from tests.mosquitto import Mosquitto

FreePort = Callable[[], int]
SHORT = """
name = "short"
warm_up_s = 20
tail_s = 40

[benign]
notes_per_machine = 1

[[faults]]
machine = "press-3"
kind = "valve_sticking"
start_s = 20
duration_s = 120

[[faults]]
machine = "mill-1"
kind = "encoder_loss"
start_s = 30
duration_s = 100
"""


class Listener:
    """A subscriber that keeps every message of the plant."""

    def __init__(self, url: str) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _c, _u, m: self.messages.append(
            (m.topic, json.loads(m.payload))
        )
        subscribed: list[bool] = []
        self._client.on_subscribe = lambda *_: subscribed.append(True)
        host, port = url.removeprefix("mqtt://").split(":")
        self._client.connect(host, int(port))
        self._client.subscribe("andon/#", qos=1)
        self._client.loop_start()
        wait_until(lambda: bool(subscribed))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def listener(broker: str) -> Iterator[Listener]:
    """A subscriber on the embedded broker."""
    listening = Listener(broker)
    yield listening
    listening.close()


@pytest.fixture
def plant(repository: Path, tmp_path: Path, free_port: FreePort, broker: str) -> Path:
    """The demo plant on free ports."""
    text = (repository / "plant.toml").read_text()
    text = re.sub(r"127\.0\.0\.1:150\d\d", lambda _: f"127.0.0.1:{free_port()}", text)
    text = text.replace("mqtt://127.0.0.1:1883", broker)
    text = text.replace('"simulators/', f'"{repository}/simulators/')
    file = tmp_path / "plant.toml"
    file.write_text(text)
    return file


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Two faults in three virtual minutes."""
    file = tmp_path / "short.toml"
    file.write_text(SHORT)
    return file


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The simulators as a child process, ended with the block."""
    command = [sys.executable, "-m", "simulators", *map(str, arguments)]
    child = subprocess.Popen(
        leashed(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def marks(child: subprocess.Popen[str], until: str) -> list[dict[str, Any]]:
    """The marks on standard output up to the one named."""
    found = []
    assert child.stdout is not None
    for line in child.stdout:
        found.append(json.loads(line))
        if found[-1]["event"] == until:
            return found
    assert child.stderr is not None
    raise AssertionError(f"ended before {until!r}: {child.stderr.read()}")


def connected(client: ModbusTcpClient) -> bool:
    return bool(client.connect())  # type: ignore[no-untyped-call]


def records(content: dict[str, Any]) -> int:
    return len(content["values"]) if "values" in content else 1


def test_a_run_publishes_what_its_truth_says(
    plant: Path, scenario: Path, listener: Listener, tmp_path: Path
) -> None:
    """Every confirmed record arrives once; the truth holds both faults; the exit code is 0."""
    truth_file = tmp_path / "truth.json"
    options = ("--scenario", scenario, "--seed", "4", "--speed", "60", "--truth", truth_file)
    with started("run", "--plant", plant, *options, "--exit-at-end") as child:
        told = marks(child, "finished")
        assert child.wait(60) == 0
    truth = json.loads(truth_file.read_text())
    wait_until(lambda: len(listener.messages) >= truth["messages"])
    assert len(listener.messages) == truth["messages"] == told[-1]["messages"]
    assert sum(records(content) for _, content in listener.messages) == truth["published"]
    assert [mark["event"] for mark in told] == [
        *("ready", "fault_started", "fault_started", "fault_ended", "fault_ended", "finished")
    ]
    assert {(f["machine"], f["kind"]) for f in truth["faults"]} == {
        ("press-3", "valve_sticking"),
        ("mill-1", "encoder_loss"),
    }
    assert truth["completed"]


def test_sequences_are_never_used_twice_and_signals_stand_on_one_wire(
    plant: Path, scenario: Path, listener: Listener
) -> None:
    """Two runs after each other share no sequence; MQTT carries what Modbus does not."""
    for _ in range(2):
        options = ("--scenario", scenario, "--speed", "200", "--exit-at-end")
        with started("run", "--plant", plant, *options) as child:
            marks(child, "finished")
            assert child.wait(60) == 0
    keys = [(topic, content["seq"]) for topic, content in listener.messages]
    assert len(keys) == len(set(keys))
    press = [c["values"] for t, c in listener.messages if t == "andon/line-1/press-3/telemetry"]
    assert press
    assert {frozenset(values) for values in press} == {
        frozenset({"ram_position_error", "vibration_rms", "cycle_time"})
    }


def test_registers_follow_the_machine_until_it_is_told_to_stop(
    plant: Path, scenario: Path, listener: Listener
) -> None:
    """After the scenario's end Modbus goes on, MQTT is silent, and SIGTERM ends it cleanly."""
    options = ("--scenario", scenario, "--speed", "200")
    with started("run", "--plant", plant, *options) as child:
        messages = marks(child, "finished")[-1]["messages"]
        port = int(re.findall(r"tcp://127\.0\.0\.1:(\d+)", plant.read_text())[0])
        with closing(ModbusTcpClient("127.0.0.1", port=port, timeout=20)) as client:
            wait_until(lambda: connected(client))
            executing = [MachineState.EXECUTE.number]
            wait_until(lambda: client.read_holding_registers(0, device_id=1).registers == executing)
            temps: set[int] = set()

            def changed() -> bool:
                temps.add(client.read_input_registers(10, device_id=1).registers[0])
                return len(temps) > 5

            wait_until(changed)
        assert all(4600 < temp < 5000 for temp in temps)
        wait_until(lambda: len(listener.messages) >= messages)
        assert len(listener.messages) == messages
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0


def test_a_run_that_is_stopped_leaves_a_truth(
    plant: Path, scenario: Path, tmp_path: Path, listener: Listener
) -> None:
    """SIGTERM in the middle: the truth says so and counts what was published."""
    truth_file = tmp_path / "truth.json"
    options = ("--scenario", scenario, "--speed", "20", "--truth", truth_file)
    with started("run", "--plant", plant, *options) as child:
        marks(child, "fault_started")
        child.send_signal(signal.SIGTERM)
        assert marks(child, "stopped")
        assert child.wait(60) == 0
    truth = json.loads(truth_file.read_text())
    assert not truth["completed"]
    wait_until(lambda: len(listener.messages) >= truth["messages"])
    assert sum(records(content) for _, content in listener.messages) == truth["published"]


def test_mosquitto_confirms_as_many(
    plant: Path, scenario: Path, tmp_path: Path, mosquitto: Path, free_port: FreePort
) -> None:
    """The same count on the broker that plants use."""
    with Mosquitto(mosquitto, tmp_path / "mosquitto", free_port()) as server:
        listening = Listener(server.url)
        options = ("--scenario", scenario, "--speed", "200", "--exit-at-end")
        with started("run", "--plant", plant, *options, "--broker", server.url) as child:
            finished = marks(child, "finished")[-1]
        wait_until(lambda: len(listening.messages) >= finished["messages"])
        assert len(listening.messages) == finished["messages"]
        assert sum(records(c) for _, c in listening.messages) == finished["published"]
        listening.close()


def test_a_missing_broker_is_named(free_port: FreePort) -> None:
    """Nobody there: one message with the address."""
    url = f"mqtt://127.0.0.1:{free_port()}"
    publisher = Publisher(MqttBroker(url=url))
    with pytest.raises(WireFault, match=url):
        publisher.connect(within_s=0.3)


def test_wrong_settings_exit_with_2(tmp_path: Path) -> None:
    """A plant that is not there, a scenario that is not there: one line, no traceback."""
    for arguments in (
        ("run", "--plant", tmp_path / "none.toml"),
        ("run", "--scenario", "no_such"),
        ("run", "--speed", "0"),
    ):
        with started(*arguments) as child:
            _, complaint = child.communicate(timeout=60)
            assert child.returncode == 2
            assert "Traceback" not in complaint


def test_a_recording_is_replayed_over_mqtt(plant: Path, listener: Listener, tmp_path: Path) -> None:
    """Every row arrives with its recorded time; label columns stay at home."""
    file = tmp_path / "bed.csv"
    rows = "".join(f"2020-03-09 10:14:{s:02d};{s / 10};{s};0\n" for s in range(60))
    file.write_text("datetime;Ram Error;cycle_time;anomaly\n" + rows)
    renaming = ("--rename", "Ram Error=ram_position_error", "--drop", "anomaly")
    options = ("--machine", "press-3", "--rate", "max", *renaming)
    with started("replay", file, "--plant", plant, *options) as child:
        finished = marks(child, "finished")[-1]
        assert child.wait(60) == 0
    assert (finished["messages"], finished["published"]) == (60, 120)
    wait_until(lambda: len(listener.messages) >= 60)
    topic, content = listener.messages[7]
    assert topic == "andon/line-1/press-3/telemetry"
    assert content["ts"] == "2020-03-09T10:14:07.000Z"
    assert content["values"] == {"ram_position_error": 0.7, "cycle_time": 7.0}


def test_a_recording_is_replayed_as_if_it_ended_now(
    plant: Path, listener: Listener, tmp_path: Path
) -> None:
    """With --times now the last row is of this moment and the rows keep their distance."""
    file = tmp_path / "press-3.csv"
    file.write_text("t,cycle_time\n100,1\n160,2\n")
    with started("replay", file, "--plant", plant, "--rate", "max", "--times", "now") as child:
        marks(child, "finished")
    wait_until(lambda: len(listener.messages) >= 2)
    first, last = (datetime.fromisoformat(c["ts"]) for _, c in listener.messages)
    assert (last - first).total_seconds() == 60
    assert abs((datetime.now(UTC) - last).total_seconds()) < 50


def test_a_recording_is_replayed_over_modbus(plant: Path, tmp_path: Path) -> None:
    """Registers take the recorded values at the recorded pace."""
    file = tmp_path / "press-3.csv"
    file.write_text("t,oil_temp\n" + "".join(f"{s},{40 + s}\n" for s in range(30)))
    port = int(re.findall(r"tcp://127\.0\.0\.1:(\d+)", plant.read_text())[0])
    seen: set[float] = set()
    with started("replay", file, "--plant", plant, "--modbus", "--rate", "4") as child:
        with closing(ModbusTcpClient("127.0.0.1", port=port, timeout=20)) as client:
            wait_until(lambda: connected(client))
            while child.poll() is None and len(seen) < 12:
                answer = client.read_input_registers(10, device_id=1)
                seen.add(answer.registers[0] / 100)
                time.sleep(0.04)
        assert child.wait(60) == 0
    assert len(seen) >= 8
    assert seen <= {0.0, *(40.0 + s for s in range(30))}
