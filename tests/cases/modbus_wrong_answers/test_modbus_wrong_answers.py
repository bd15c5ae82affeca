"""A controller that begins to answer wrongly gives no value, says why once, and may come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest

from ingest.modbus import ModbusWire
from ingest.settings import IngestSettings
from tests.modbus_device import Answer, Asked, device, exception, frame, values
from tests.polled import Kept, machine_at, until

WRONG: dict[str, tuple[Answer, str]] = {
    "wrong unit id": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09", unit=9),
        "answer of unit 9, asked was unit 1",
    ),
    "wrong transaction id": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09", transaction=asked.transaction + 1),
        "answer to transaction",
    ),
    "short frame": (
        lambda asked: frame(asked, b"\x02\0\x09"),
        "answer holds 1 values, asked were 2",
    ),
    "long frame": (
        lambda asked: frame(asked, b"\x06" + b"\0\x09" * 3),
        "answer holds 3 values, asked were 2",
    ),
    "byte count beyond the end": (
        lambda asked: frame(asked, b"\xff\0\x09\0\x09"),
        "answer is cut short",
    ),
    "frame cut in the middle": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09")[:-2],
        "no answer within",
    ),
    "wrong function": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09", function=4),
        "answer has function code 4, asked was 3",
    ),
    "a write's echo": (
        lambda asked: frame(asked, b"\0\0\0\x02", function=16),
        "answer has function code 16, asked was 3",
    ),
    "garbage": (lambda _: bytes(range(200, 256)), "is no Modbus: c8 c9 ca"),
    "another protocol": (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no Modbus"),
    "length of nothing": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09", length=1),
        "is no Modbus",
    ),
    "length of 65535": (
        lambda asked: frame(asked, b"\x04\0\x09\0\x09", length=65_535),
        "is no Modbus",
    ),
    "the same answer twice": (
        lambda asked: 2 * frame(asked, b"\x04\0\x09"),
        "answer is cut short",
    ),
    "silence": (lambda _: b"", "no answer within 0.2 s"),
}
WRONG |= {
    f"exception {code}": (
        lambda asked, code=code: exception(asked, code),  # type: ignore[misc]
        f"device answers with exception {code} (",
    )
    for code in range(1, 12)
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_never_a_value(kind: str, free_port: Callable[[], int]) -> None:
    """Right, then wrong, then right again: a bad reading, its reason, and good ones again."""
    wrong_answer, reason = WRONG[kind]
    wrong = threading.Event()

    def answer(asked: Asked) -> bytes:
        return wrong_answer(asked) if wrong.is_set() else values(asked, 5)

    port = free_port()
    timeout_s = 0.2 if reason.startswith("no answer") else 20.0
    machine = machine_at(f"tcp://127.0.0.1:{port}", signals="ab", timeout_s=timeout_s)
    kept = Kept()
    wire = ModbusWire([machine], IngestSettings(modbus_backoff_s=0.1), offer=kept.take)
    with device(port, answer):
        wire.start()
        until(lambda: kept.values("a").count(5) >= 2)
        wrong.set()
        until(lambda: None in kept.values("a") and any(reason in text for text in kept.texts()))
        wrong.clear()
        until(lambda: kept.values("a")[-1] == 5)
        wire.stop()
    for signal in "ab":
        assert set(kept.values(signal)) == {5, None}
        assert (None, None) not in pairwise(kept.values(signal))
