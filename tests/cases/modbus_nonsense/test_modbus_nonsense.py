"""A device whose answers cannot be read filled the log with a trace a poll: one warning is said."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ingest.errors import WireFault
from ingest.modbus import ModbusWire
from ingest.probe import read_words
from ingest.registers import RegisterTable
from ingest.settings import IngestSettings
from tests.polled import Kept, machine_at, until

HEADER = struct.Struct(">HHHB")
ANSWERS = {
    "unknown function": lambda tid: HEADER.pack(tid, 0, 4, 1) + b"\x63\x00\x00",
    "byte count beyond the end": lambda tid: HEADER.pack(tid, 0, 5, 1) + b"\x03\xff\x00\x07",
    "cut short": lambda tid: HEADER.pack(tid, 0, 2, 1) + b"\x03",
    "another unit": lambda tid: HEADER.pack(tid, 0, 5, 99) + b"\x03\x02\x00\x07",
    "length of 65535": lambda tid: HEADER.pack(tid, 0, 65535, 1) + b"\x03\x02\x00\x07",
    "no Modbus": lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@contextmanager
def device(port: int, answer: Callable[[int], bytes]) -> Iterator[None]:
    """Answers every request of every connection with the same nonsense."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=_listen, args=(listener, answer, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _listen(listener: socket.socket, answer: Callable[[int], bytes], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(1.0)
            try:
                while request := connection.recv(12):
                    connection.sendall(answer(int.from_bytes(request[:2])))
            except OSError:
                continue


@pytest.mark.parametrize("kind", ANSWERS)
def test_nonsense_is_said_once_and_without_a_trace(
    kind: str, free_port: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    """One bad reading, one warning, nothing at error level over several polls."""
    port = free_port()
    kept = Kept()
    machine = machine_at(f"tcp://127.0.0.1:{port}", timeout_s=0.1)
    wire = ModbusWire([machine], IngestSettings(modbus_backoff_s=0.1), offer=kept.take)
    caplog.set_level(logging.WARNING)
    with device(port, ANSWERS[kind]):
        wire.start()
        until(lambda: wire.figures()["m"].failures >= 5)
        wire.stop()
    assert kept.values("a") == [None]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "modbus device gives nothing machine=m" in caplog.messages[0]


def test_a_probe_of_nonsense_is_one_fault(
    free_port: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing beside it."""
    port = free_port()
    with device(port, ANSWERS["unknown function"]), pytest.raises(WireFault):
        read_words(f"tcp://127.0.0.1:{port}", RegisterTable.HOLDING, 0, count=1, unit=1)
    assert caplog.records == []
