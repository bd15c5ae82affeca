"""Payloads and frames as no honest device would send them, the same ones for the same seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from itertools import islice

from tests.flood import Message
from tests.modbus_device import Asked, exception, frame, values
from tests.sparkplug_packer import DOUBLE, INT8, INT32, INT64, STRING, UINT64, Metric, payload

AT = 1_795_341_600_000
_TOKENS = (
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"9" * 30,
    b"\\ud83d",
    b"\xff",
    b"\x00",
    b"null",
    b"[[[[",
    b"{}",
    b'"oil":1,"oil":2',
    b'"',
    b"-",
    b"1970-01-01T00:00:00Z",
    b"2099-01-01T00:00:00Z",
    b"2026-11-22T10:00:60Z",
    b"\x12\x00",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
)
_KINDS = ("NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH", "NCMD")
_SIGNALS = ("oil", "rpm", "Pump 1/Oil", "x" * 201, "", "\u00b5")
_LARGE = 0.002
_OVERSIZED = 0.0001


class Fuzz:
    """Right messages of every codec, most of them damaged."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._makers: tuple[Callable[[], Message], ...] = (
            self._json,
            self._events,
            self._samples,
            self._block,
            self._scalar,
            self._sparkplug,
            self._sparkplug,
            self._noise,
        )

    def messages(self, count: int) -> Iterator[Message]:
        """So many of them."""
        return islice(iter(self._message, None), count)

    def _message(self) -> Message:
        topic, content = self._dice.choice(self._makers)()
        if self._dice.random() < 0.7:
            content = self._damaged(content)
        if self._dice.random() < 0.02:
            topic = f"{topic.rpartition('/')[0]}/nobody-{self._dice.randrange(50)}"
        return topic, content

    def _damaged(self, content: bytes) -> bytes:
        for _ in range(self._dice.randint(1, 4)):
            first, last = sorted(self._dice.randint(0, len(content)) for _ in range(2))
            match self._dice.randrange(6):
                case 0:
                    content = content[:first]
                case 1:
                    content = content[:first] + content[last:]
                case 2:
                    content = content[:last] + content[first:]
                case 3:
                    content = content[:first] + self._dice.choice(_TOKENS) + content[first:]
                case 4:
                    content = content[:first] + self._dice.choice(_TOKENS) + content[last:]
                case _ if content:
                    at = self._dice.randrange(len(content))
                    turned = content[at] ^ 1 << self._dice.randrange(8)
                    content = content[:at] + bytes([turned]) + content[at + 1 :]
        return content[:5000]

    def _time(self) -> str:
        second = self._dice.randrange(60)
        zone = self._dice.choice(("Z", "+01:00", "", ".123456Z", ".5-05:00"))
        return (
            f"2026-11-2{self._dice.randint(0, 2)}T0{self._dice.randint(0, 9)}:00:{second:02}{zone}"
        )

    def _value(self) -> str:
        return self._dice.choice(
            ("1", "-2.5", "true", "null", '"auto"', "[1]", "{}", "1e5", f"{self._dice.random()}")
        )

    def _table(self) -> str:
        chosen = self._dice.sample(_SIGNALS, self._dice.randint(0, 3))
        return "{" + ", ".join(f'"{name}": {self._value()}' for name in chosen) + "}"

    def _json(self) -> Message:
        route = self._dice.choice(("json", "plain", "berlin"))
        seq = self._dice.randrange(200)
        return f"{route}/m", (
            f'{{"ts": "{self._time()}", "seq": {seq}, "values": {self._table()}}}'.encode()
        )

    def _events(self) -> Message:
        code = self._dice.choice(('"E217"', '""', "217", '"\\ud800"'))
        severity = self._dice.choice(("info", "warning", "fatal"))
        text = f'"code": {code}, "severity": "{severity}", "text": "hot"'
        return "events/m", f'{{"ts": "{self._time()}", "seq": 1, {text}}}'.encode()

    def _samples(self) -> Message:
        rows = ", ".join(
            f'{{"ts": "{self._time()}", "seq": {number}, "values": {self._table()}}}'
            for number in range(self._dice.randint(0, 6))
        )
        return "samples/m", f'{{"samples": [{rows}]}}'.encode()

    def _block(self) -> Message:
        row = ", ".join(self._value() for _ in range(self._dice.randint(0, 20)))
        period = self._dice.choice(("0.1", "0", "1e-6", "-1", '"1"', "86400"))
        head = f'"ts": "{self._time()}", "seq": 3, "dt": {period}'
        return "block/m", f'{{{head}, "values": {{"oil": [{row}]}}}}'.encode()

    def _scalar(self) -> Message:
        route = self._dice.choice(("scalar", "text"))
        return f"{route}/m/oil", self._value().encode()

    def _noise(self) -> Message:
        topic = self._dice.choice(("json/m", "scalar/m/oil", "spBv1.0/g/DDATA/n1/m"))
        if self._dice.random() < _LARGE:
            return topic, self._dice.choice((b"[", b'{"a":', b"\x0b", b"9")) * 30_000
        if self._dice.random() < _OVERSIZED:
            return topic, bytes(1_048_577)
        return topic, self._dice.randbytes(self._dice.randrange(100))

    def _sparkplug(self) -> Message:
        kind, node = self._dice.choice(_KINDS), self._dice.choice(("m", "n1", "n2"))
        device = "/m" if kind.startswith("D") else ""
        metrics = [self._metric(kind) for _ in range(self._dice.randint(0, 5))]
        if kind in ("NBIRTH", "NDEATH"):
            metrics.append(Metric("bdSeq", self._dice.randrange(3), INT64))
        at = AT + self._dice.randrange(10**7)
        seq = self._dice.randrange(257) if self._dice.random() < 0.9 else None
        content = payload(*metrics, timestamp=at, seq=seq)
        return f"spBv1.0/g/{kind}/{node}{device}", content

    def _metric(self, kind: str) -> Metric:
        datatype, value = self._dice.choice(
            (
                (DOUBLE, self._dice.random()),
                (INT32, -5),
                (INT8, 300),
                (UINT64, -1),
                (STRING, "auto"),
                (99, 1),
            )
        )
        number = self._dice.randrange(8)
        name = f"s{number}" if kind.endswith("BIRTH") or self._dice.random() < 0.3 else None
        return Metric(
            name,
            value,
            datatype,
            number,
            timestamp=self._dice.choice((None, AT, 0, 2**63)),
            is_null=self._dice.random() < 0.1,
            quality=self._dice.choice((None, None, 192, 0, 500, 7000)),
        )


class FrameFuzz:
    """Answers of a Modbus device, one in five damaged; counts what it gave."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self.given = 0

    def answer(self, asked: Asked) -> bytes:
        """What goes back to a request."""
        self.given += 1
        right = values(asked, self._dice.randrange(2**16))
        return right if self._dice.random() < 0.8 else self._wrong(asked, right)

    def _wrong(self, asked: Asked, right: bytes) -> bytes:
        dice = self._dice
        match dice.randrange(8):
            case 0:
                return exception(asked, dice.randrange(256))
            case 1:
                return right[: dice.randrange(len(right))]
            case 2:
                return dice.randbytes(dice.randint(1, 300))
            case 3:
                return frame(asked, right[8:], unit=dice.randrange(256))
            case 4:
                return frame(asked, right[8:], transaction=dice.randrange(2**16))
            case 5:
                return frame(asked, right[8:], length=dice.randrange(2**16))
            case 6:
                return frame(asked, right[8:], function=dice.randrange(256))
            case _:
                at = dice.randrange(len(right))
                return right[:at] + bytes([right[at] ^ 1 << dice.randrange(8)]) + right[at + 1 :]


def frames(seed: int, count: int) -> Iterator[tuple[Asked, bytes]]:
    """Requests of every kind and what came back."""
    dice, fuzz = random.Random(seed), FrameFuzz(seed)
    for number in range(count):
        function = dice.randint(1, 4)
        asked = Asked(0, number, number & 0xFFFF, dice.randrange(1, 248), function, 0, 8)
        yield asked, fuzz.answer(asked) + struct.pack(">H", 0) * dice.randrange(2)
