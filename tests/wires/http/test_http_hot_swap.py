"""A thousand swaps of the model under load: each answer is whole and of one version."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn

from service.app import create_app
from service.parts import Parts
from tests.small_models import NAMES, PLACES

TASK = "mine"
SWAPS = 1000
OVER_HTTP = 20
"""Every so many swaps one is asked for over HTTP."""
CALLERS = 4
EVERY_S = CALLERS / 100
"""Pause of each caller between requests, so that all together send 100 a second."""
TABLE = {
    "v0001": dict(zip(PLACES, NAMES, strict=True)),
    "v0002": dict(zip(PLACES, (*NAMES[1:], NAMES[0]), strict=True)),
}
"""What each version answers to each number."""


@pytest.fixture
def port(real_parts: Parts) -> Iterator[int]:
    """Where the service of two real models listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    app = create_app(real_parts)
    running = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=5)
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield port
    running.should_exit = True
    thread.join(60)


class Caller(threading.Thread):
    """Asks for several inputs at once, again and again; keeps what is wrong with the answers."""

    def __init__(self, port: int, *, seed: int, enough: threading.Event) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._chance = random.Random(seed)
        self._enough = enough
        self.versions: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Until it is enough."""
        with closing(self._connection):
            while not self._enough.wait(EVERY_S):
                self._ask([self._chance.choice(PLACES) for _ in range(self._chance.randint(2, 6))])

    def _ask(self, numbers: list[float]) -> None:
        inputs = [{"features": {"x": number}} for number in numbers]
        status, read = post(self._connection, "/v1/classify", {"task": TASK, "inputs": inputs})
        found = read.get("predictions", [])
        versions = {one["model_version"] for one in found}
        if status != 200 or len(found) != len(numbers) or len(versions) != 1:
            self.wrong.append(f"failed or mixed: {status} {read}")
            return
        (version,) = versions
        self.versions[version] += 1
        wanted = [TABLE[version][number] for number in numbers]
        if [one["label"] for one in found] != wanted:
            self.wrong.append(f"torn: {numbers} {read}")


def post(
    connection: http.client.HTTPConnection, path: str, body: object
) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """Status and JSON of a request on a connection that stays open."""
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def test_a_thousand_swaps_drop_mix_and_tear_nothing(real_parts: Parts, port: int) -> None:
    """Promotion and rollback in turn, some over HTTP, while requests of several inputs come in."""
    enough, shelf = threading.Event(), real_parts.shelf
    callers = [Caller(port, seed=seed, enough=enough) for seed in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            for swap in range(SWAPS):
                back = swap % 2
                if swap % OVER_HTTP in (0, 1):
                    path = f"/v1/models/{TASK}/{'rollback' if back else 'promote'}"
                    assert post(connection, path, {} if back else {"version": "v0002"})[0] == 200
                elif back:
                    shelf.roll_back(TASK)
                else:
                    shelf.promote(TASK, "v0002")
                assert shelf.current(TASK).version == ("v0001" if back else "v0002")
    finally:
        enough.set()
        for caller in callers:
            caller.join(120)
    assert [wrong for caller in callers for wrong in caller.wrong] == []
    seen = sum((caller.versions for caller in callers), Counter())
    assert set(seen) == set(TABLE), "both versions answered"
    history = shelf.store.promotions(TASK)
    assert len(history) == 1 + SWAPS
