"""What one writes in an afternoon: paho, json, sqlite3, a commit for every hundred messages.

`python -m tests.bench.plain_consumer PORT COUNT DATABASE` acknowledges by hand after the commit, so
it loses nothing either, and ends when it has got COUNT messages.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

BATCH = 100


class PlainConsumer:
    """One message after the other, a commit and its confirmations for every batch."""

    def __init__(self, database: str, count: int) -> None:
        self._left = count
        self._batch: list[paho.MQTTMessage] = []
        self._database = sqlite3.connect(database)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE readings (source TEXT, time TEXT, sequence INTEGER, signal TEXT,"
            " value REAL, UNIQUE (source, time, sequence, signal))"
        )
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id="plain",
            protocol=paho.MQTTv5,
            manual_ack=True,
        )
        self._client.on_connect = lambda client, *_: client.subscribe("andon/#", 1)
        self._client.on_subscribe = lambda *_: print("ready", flush=True)  # noqa: T201
        self._client.on_message = self._take

    def run(self, port: int) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = 2 * BATCH
        self._client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        while self._left:
            self._client.loop(0.1)
        self._client.disconnect()

    def _take(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._batch.append(message)
        self._left -= 1
        if len(self._batch) == BATCH or not self._left:
            self._keep()

    def _keep(self) -> None:
        rows = []
        for message in self._batch:
            content = json.loads(message.payload)
            for sample in content.get("samples", [content]):
                for signal, value in sample["values"].items():
                    row = (message.topic, sample["ts"], sample["seq"], signal, value)
                    rows.append(row)
        self._database.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?)", rows)
        self._database.commit()
        for message in self._batch:
            self._client.ack(message.mid, message.qos)
        self._batch.clear()


if __name__ == "__main__":
    PlainConsumer(sys.argv[3], int(sys.argv[2])).run(int(sys.argv[1]))
