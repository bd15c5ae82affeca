"""Encrypted wires with certificates made on the spot, right and wrong: Mosquitto and Modbus."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import trustme
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.server import ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.collector import Collector
from ingest.errors import PlantFault, SettingsFault
from ingest.modbus import ModbusWire
from ingest.mqtt import MqttWire
from ingest.plant import Plant, load_plant
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory
from ingest.tls import TlsFiles, client_context
from tests.conftest import missing
from tests.leash import leashed
from tests.polled import Kept, machine_at, until
from tests.pymodbus_server import serving

Collecting = Callable[..., AbstractContextManager[Collector]]
FreePort = Callable[[], int]


@dataclass
class Papers:
    """Authorities, certificates and keys of one test, as files."""

    folder: Path

    def __post_init__(self) -> None:
        self._ours, self._others = trustme.CA(), trustme.CA()
        self.ca = self._write("ca.pem", self._ours.cert_pem)
        self.other_ca = self._write("other-ca.pem", self._others.cert_pem)
        self.server = self._pair("server", self._ours, "127.0.0.1", "localhost")
        self.named = self._pair("named", self._ours, "press-3.plant")
        self.client = self._pair("client", self._ours, "andon")
        self.stranger = self._pair("stranger", self._others, "andon")

    def _write(self, name: str, *blobs: trustme.Blob) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(blob.bytes() for blob in blobs))
        return path

    def _pair(self, name: str, authority: trustme.CA, *identities: str) -> tuple[Path, Path]:
        leaf = authority.issue_cert(*identities)
        cert = self._write(f"{name}.pem", *leaf.cert_chain_pems)
        return cert, self._write(f"{name}.key", leaf.private_key_pem)

    def server_context(self, pair: tuple[Path, Path]) -> ssl.SSLContext:
        """Asks every client for a certificate of our authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        context.load_verify_locations(self.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def files(self, **other: object) -> TlsFiles:
        """What a client needs that is let in."""
        cert, key = self.client
        return replace(TlsFiles(self.ca, cert, key), **other)  # type: ignore[arg-type]


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return Papers(tmp_path)


@contextmanager
def tls_controller(port: int, context: ssl.SSLContext) -> Iterator[None]:
    """pymodbus' own TLS server; holding register 0 is 42."""
    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[42, 43], datatype=DataType.REGISTERS)]

    def make() -> ModbusTlsServer:
        # Refused handshakes are what is tested.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        device = SimDevice(1, simdata=(bits, bits, words, words))
        return ModbusTlsServer([device], address=("127.0.0.1", port), sslctx=context)

    with serving(make):
        yield


def polled_over_tls(port: int, files: TlsFiles, *, enough: Callable[[Kept], object]) -> Kept:
    """What a lane brings until it is enough."""
    kept = Kept()
    machine = machine_at(f"tls://127.0.0.1:{port}", signals="ab", timeout_s=20, tls=files)
    wire = ModbusWire([machine], IngestSettings(), offer=kept.take)
    wire.start()
    try:
        until(lambda: enough(kept))
    finally:
        wire.stop()
    return kept


def test_modbus_is_read_over_tls_with_a_client_certificate(
    papers: Papers, free_port: FreePort
) -> None:
    """Both sides show a certificate; the device's bears the address that we call."""
    port = free_port()
    with tls_controller(port, papers.server_context(papers.server)):
        kept = polled_over_tls(port, papers.files(), enough=lambda kept: len(kept.values("b")) > 3)
    assert set(kept.values("a")) == {42}
    assert set(kept.values("b")) == {43}


def test_a_device_whose_certificate_bears_another_name(papers: Papers, free_port: FreePort) -> None:
    """Is refused, unless the plant file says that name."""
    port = free_port()
    with tls_controller(port, papers.server_context(papers.named)):
        kept = polled_over_tls(port, papers.files(), enough=Kept.texts)
        assert "its certificate is not trusted: IP address mismatch" in kept.texts()[0]
        files = papers.files(server_name="press-3.plant")
        kept = polled_over_tls(port, files, enough=lambda kept: kept.values("a"))
    assert kept.values("a")[0] == 42


def test_a_device_of_another_authority_is_not_trusted(papers: Papers, free_port: FreePort) -> None:
    """No value comes of it, and the reason is said."""
    port = free_port()
    with tls_controller(port, papers.server_context(papers.server)):
        files = papers.files(ca_file=papers.other_ca)
        kept = polled_over_tls(port, files, enough=Kept.texts)
    assert "its certificate is not trusted: " in kept.texts()[0]
    assert set(kept.values("a")) == {None}


@pytest.mark.parametrize("shown", ["none", "stranger"])
def test_a_device_does_not_trust_us(papers: Papers, free_port: FreePort, shown: str) -> None:
    """Without a certificate, and with one of another authority; this server does not say why."""
    cert, key = papers.stranger if shown == "stranger" else (None, None)
    port = free_port()
    with tls_controller(port, papers.server_context(papers.server)):
        files = papers.files(client_cert=cert, client_key=key)
        kept = polled_over_tls(port, files, enough=Kept.texts)
    assert "the connection is closed by the device" in kept.texts()[0]
    assert " before its first word: it may not trust our certificate" in kept.texts()[0]
    assert set(kept.values("a")) == {None}


def test_files_that_cannot_be_used_are_said_by_name(papers: Papers) -> None:
    """A key of another certificate, no PEM at all, a key alone."""
    other_key, no_pem = papers.server[1], papers.folder / "no.pem"
    no_pem.write_text("hello")
    for files, words in (
        (papers.files(client_key=other_key), r"client_cert .*client.pem .* key values mismatch"),
        (papers.files(ca_file=no_pem), r"ca_file .*no.pem cannot be used: "),
        (papers.files(client_cert=None), r"client_key .* needs a client_cert"),
        (papers.files(client_cert=no_pem), r"client_cert .*no.pem .* cannot be used"),
    ):
        with pytest.raises(ValueError, match=words):
            client_context(files)


@dataclass
class Broker:
    """Mosquitto that wants a certificate, a user and a password."""

    port: int
    papers: Papers

    def client(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="publisher")
        client.username_pw_set("andon", "s3cret")
        client.tls_set_context(client_context(self.papers.files()))
        return client


@pytest.fixture
def broker(mosquitto: Path, papers: Papers, free_port: FreePort) -> Iterator[Broker]:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        missing("mosquitto_passwd", "apt-get install mosquitto")
    port, passwords = free_port(), papers.folder / "passwords"
    passwords.touch()
    subprocess.run([str(tool), "-b", passwords, "andon", "s3cret"], check=True)
    cert, key = papers.server
    config = papers.folder / "mosquitto.conf"
    config.write_text(
        f"user root\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
        f"cafile {papers.ca}\ncertfile {cert}\nkeyfile {key}\nrequire_certificate true\n"
    )
    command = leashed([mosquitto, "-c", config])
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        running = Broker(port, papers)
        try:
            until(lambda: _lets_in(running))
            yield running
        finally:
            process.terminate()


def _lets_in(broker: Broker) -> bool:
    try:
        client = broker.client()
        client.connect("127.0.0.1", broker.port)
    except OSError:
        return False
    client.disconnect()
    return True


@pytest.fixture
def plant(broker: Broker, papers: Papers) -> Plant:
    """A plant file with everything that an encrypted broker needs."""
    cert, key = papers.client
    (papers.folder / "password").write_text("s3cret\n")
    path = papers.folder / "plant.toml"
    path.write_text(
        f"""
[mqtt]
url = "mqtts://localhost:{broker.port}"
user = "andon"
password_file = "password"
ca_file = "{papers.ca.name}"
client_cert = "{cert.name}"
client_key = "{key.name}"
[[mqtt.routes]]
topic = "plant/{{line}}/{{machine}}"
[[machines]]
id = "press-3"
line = "line-1"
kind = "press"
"""
    )
    return load_plant(path)


def test_messages_come_from_mosquitto_over_tls(
    plant: Plant, broker: Broker, history: SqliteHistory, collecting: Collecting
) -> None:
    """With a client certificate, a user and a password out of a file."""
    publisher = broker.client()
    publisher.connect("localhost", broker.port)
    publisher.loop_start()
    with collecting(plant) as collector:
        until(lambda: collector.connected)
        publisher.publish("plant/line-1/press-3", '{"values": {"oil_temp": 61.5}}', qos=1)
        until(lambda: history.latest("press-3"))
    publisher.disconnect()
    publisher.loop_stop()
    (reading,) = history.latest("press-3")
    assert (reading.signal, reading.value) == ("oil_temp", 61.5)


def test_a_message_of_many_records_waits_for_nothing_more(
    plant: Plant, broker: Broker, history: SqliteHistory, collecting: Collecting
) -> None:
    """What the encryption has read ahead is taken, though the socket has nothing to say."""
    publisher = broker.client()
    publisher.connect("localhost", broker.port)
    publisher.loop_start()
    text = "x" * 100_000
    with collecting(plant, keepalive_s=3600) as collector:
        until(lambda: collector.connected)
        publisher.publish("plant/line-1/press-3", '{"values": {"oil_temp": 61.5}}', qos=1)
        until(lambda: history.latest("press-3"))
        content = json.dumps({"values": {f"s{n}": text for n in range(9)}})
        publisher.publish("plant/line-1/press-3", content, qos=1)
        until(lambda: len(history.latest("press-3")) == 10)
    publisher.disconnect()
    publisher.loop_stop()


WRONG: dict[str, tuple[Callable[[Papers], dict[str, object]], str]] = {
    "another authority": (
        lambda papers: {"ca_file": papers.other_ca},
        "its certificate is not trusted: ",
    ),
    "a stranger's certificate": (
        lambda papers: dict(zip(("client_cert", "client_key"), papers.stranger, strict=True)),
        "it refuses our certificate or our way of encrypting: ",
    ),
    "no certificate": (
        lambda _: {"client_cert": None, "client_key": None},
        "it wants a certificate of us: name client_cert and client_key",
    ),
    "a wrong password": (
        lambda papers: {"password_file": papers.ca},
        "refuses us: Not authorized",
    ),
}


# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestWarning")
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_paper_is_refused_with_a_clear_word(
    kind: str,
    plant: Plant,
    papers: Papers,
    collecting: Collecting,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The collector never counts as connected, and the log says once which side refused and why."""
    changed, words = WRONG[kind]
    mqtt = replace(plant.mqtt, **changed(papers))  # type: ignore[arg-type]
    caplog.set_level(logging.WARNING)
    with collecting(replace(plant, mqtt=mqtt)) as collector:
        until(lambda: words in caplog.text)
        assert not collector.connected
    assert caplog.text.count("trying again until it is there") == 1


def test_files_that_cannot_be_used_are_faults_of_the_plant_file(papers: Papers) -> None:
    """Of a broker and of a controller, each with its line, before anything is connected to."""
    (papers.folder / "press.csv").write_text("signal,table,address,type\na,holding,0,uint16\n")
    (papers.folder / "no.pem").write_text("hello")
    path = papers.folder / "wrong.toml"
    path.write_text(
        """
[mqtt]
url = "mqtts://localhost"
ca_file = "no.pem"
[[machines]]
id = "press-3"
line = "line-1"
kind = "press"
[machines.modbus]
url = "tls://10.0.0.7"
registers = "press.csv"
client_cert = "client.pem"
client_key = "server.key"
"""
    )
    with pytest.raises(PlantFault) as caught:
        load_plant(path)
    found = [(one.line, one.message.split(" cannot be used")[0]) for one in caught.value.defects]
    assert found == [
        (4, f"ca_file {papers.folder}/no.pem"),
        (12, f"client_cert {papers.client[0]} with client_key {papers.server[1]}"),
    ]


def test_files_of_a_broker_that_cannot_be_used_end_the_start(plant: Plant, papers: Papers) -> None:
    """Before anything is collected."""
    mqtt = replace(plant.mqtt, client_key=papers.server[1])
    with pytest.raises(SettingsFault, match=r"key values mismatch.* Look at ca_file"):
        MqttWire(mqtt, IngestSettings(), client_id="test", deliver=lambda _: None)
