"""A machine with an outbox of its own: it forgets a message when it can be read at the centre.

A broker that is killed forgets what it confirmed, so a PUBACK ends nothing here. What the centre
does not show after a while is published again.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import threading
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = "andon/line-1/press-3/telemetry"
AGAIN_S = 3.0
"""How long the centre may take to show a message before it is published again."""
LOOK_S = 0.5
WINDOW = 4_000
"""Messages that are asked for at once."""


class OwnOutbox:
    """Numbers that were made, and those that nobody has confirmed; durable before published."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE IF NOT EXISTS owed (number INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT)",
        ):
            self._connection.execute(statement)

    def add(self, count: int) -> list[tuple[int, str]]:
        """Make messages and keep them."""
        self._connection.execute("BEGIN IMMEDIATE")
        made = []
        for _ in range(count):
            ts = datetime.now(UTC).isoformat()
            number = self._connection.execute("INSERT INTO owed (ts) VALUES (?)", (ts,)).lastrowid
            made.append((int(number or 0), ts))
        self._connection.execute("COMMIT")
        return made

    def owed(self) -> list[tuple[int, str]]:
        """What nobody has confirmed, oldest first."""
        query = "SELECT number, ts FROM owed ORDER BY number LIMIT ?"
        return self._connection.execute(query, (WINDOW,)).fetchall()

    def forget(self, numbers: set[int]) -> None:
        """The centre has these."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "DELETE FROM owed WHERE number = ?", [(number,) for number in numbers]
        )
        self._connection.execute("COMMIT")

    def made(self) -> int:
        """How many messages there ever were."""
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'owed'"
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0


class Machine:
    """Publishes at a steady rate until it is told to stop, and ends when nothing is owed."""

    def __init__(self, outbox: OwnOutbox, *, port: int, centre: str, key: str) -> None:
        self._outbox = outbox
        self._centre = centre
        self._key = key
        self._published: dict[int, float] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def run(self, stop: threading.Event) -> None:
        """Some messages at a time; settle accounts twice a second."""
        settled = 0.0
        while not stop.is_set() or self._outbox.owed():
            if not stop.is_set():
                self._publish(self._outbox.add(10))
            if time.monotonic() - settled > LOOK_S:
                settled = time.monotonic()
                self._settle()
            time.sleep(0.05)

    def _settle(self) -> None:
        """Forget what has arrived; publish again what has not for long."""
        if not (owed := self._outbox.owed()):
            return
        arrived = self._arrived(owed)
        self._outbox.forget(arrived)
        late = time.monotonic() - AGAIN_S
        left = [one for one in owed if one[0] not in arrived]
        self._publish([one for one in left if self._published.get(one[0], 0.0) < late])

    def _publish(self, messages: list[tuple[int, str]]) -> None:
        if not self._client.is_connected():
            return
        for number, ts in messages:
            content = {"ts": ts, "seq": number, "values": {"count": number}}
            self._sent(number, self._client.publish(TOPIC, json.dumps(content), qos=1))

    def _sent(self, number: int, _: paho.MQTTMessageInfo) -> None:
        self._published[number] = time.monotonic()

    def _arrived(self, owed: list[tuple[int, str]]) -> set[int]:
        """What the centre shows of it."""
        try:
            return self._shown(owed[0][1], owed[-1][1])
        except OSError:
            return set()

    def _shown(self, first: str, last: str) -> set[int]:
        end = (datetime.fromisoformat(last) + timedelta(seconds=1)).isoformat()
        asked = {"signal": "count", "start": first, "end": end, "max_points": 20_000}
        request = urllib.request.Request(
            f"{self._centre}/v1/machines/press-3/readings?{urllib.parse.urlencode(asked)}",
            headers={"Authorization": f"Bearer {self._key}"},
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            return {reading["value"] for reading in json.load(reply)["readings"]}


class Careless(Machine):
    """Takes the broker's PUBACK for a promise."""

    def __init__(self, outbox: OwnOutbox, *, port: int, centre: str, key: str) -> None:
        super().__init__(outbox, port=port, centre=centre, key=key)
        self._told: dict[int, paho.MQTTMessageInfo] = {}

    def _sent(self, number: int, info: paho.MQTTMessageInfo) -> None:
        super()._sent(number, info)
        self._told[number] = info

    def _arrived(self, owed: list[tuple[int, str]]) -> set[int]:
        """What the broker has confirmed."""
        return {number for number, _ in owed if (t := self._told.get(number)) and t.is_published()}


def main() -> None:
    """Run until SIGTERM and the last confirmation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--outbox", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--centre")
    parser.add_argument("--key", type=Path)
    parser.add_argument("--careless", action="store_true")
    chosen = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    kind = Careless if chosen.careless else Machine
    key = chosen.key.read_text().strip()
    machine = kind(OwnOutbox(chosen.outbox), port=chosen.port, centre=chosen.centre, key=key)
    machine.run(stop)


if __name__ == "__main__":
    main()
