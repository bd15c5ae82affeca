"""The one way into the history: confirmed only after the commit, never dead."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.codec import Codec, Decoded, Message
from ingest.errors import StoreFault
from ingest.history import Birth, DeadLetter, Record, Written
from ingest.intake import Intake
from ingest.mqtt import Delivery
from ingest.plant import Machine, MqttBroker, Plant, signals_by_id
from ingest.polled import Polled, Sample
from ingest.routes import Route
from ingest.settings import IngestSettings
from ingest.sqlite import SqliteHistory

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MACHINE = Machine("m", "l", "k", signals_by_id([]))
ROUTES = (Route("t/{machine}", sequence="/n", values="/v"),)
CODEC = Codec(Plant("p", "UTC", MqttBroker(routes=ROUTES), (MACHINE,), None, Path("plant.toml")))
SETTINGS = IngestSettings(batch_size=10, batch_ms=5, queue_size=20)


class FailingHistory(SqliteHistory):
    """Refuses the first writes, as a full disk would."""

    refusals = 3

    def write(
        self,
        records: Sequence[Record],
        dead: Sequence[DeadLetter] = (),
        births: Sequence[Birth] = (),
    ) -> Written:
        if self.refusals:
            self.refusals -= 1
            raise StoreFault("disk full")
        return super().write(records, dead, births)


def delivery(number: int, payload: bytes | None = None) -> Delivery:
    content = payload or b'{"n": %d, "v": {"s": 1}}' % number
    return Delivery([Message("t/m", content, NOW)], [number], generation=1)


class Confirmations:
    """Notes what is confirmed, and how much was stored by then."""

    def __init__(self, history: SqliteHistory) -> None:
        self._history = history
        self.mids: list[int] = []
        self.too_early = False
        self.enough = threading.Event()
        self.wanted = 0

    def __call__(self, deliveries: Sequence[Delivery]) -> None:
        self.mids += [mid for entry in deliveries for mid in entry.mids]
        received = sum(count.received for count in self._history.counters())
        self.too_early |= received < len(self.mids)
        if len(self.mids) >= self.wanted:
            self.enough.set()


def test_messages_are_confirmed_in_order_after_their_commit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """More messages than the queue holds: the wire waits, nothing is skipped."""
    with SqliteHistory(tmp_path / "h.db") as history:
        confirmed = Confirmations(history)
        intake = Intake(history, CODEC, SETTINGS, confirm=confirmed)
        intake.start()
        for number in range(200):
            intake.deliver(delivery(number, b"{" if number % 50 == 7 else None))
        intake.close()
        assert confirmed.mids == list(range(200))
        assert not confirmed.too_early
        (count,) = history.counters()
        assert (count.received, count.stored, count.dead_lettered) == (200, 196, 4)
    assert caplog.text.count("messages are set aside") == 1


def test_a_store_that_is_away_confirms_nothing_and_then_all(tmp_path: Path) -> None:
    """The batch waits and is written when there is room again."""
    with FailingHistory(tmp_path / "h.db") as history:
        confirmed = Confirmations(history)
        confirmed.wanted = 5
        intake = Intake(history, CODEC, SETTINGS, confirm=confirmed)
        intake.start()
        for number in range(5):
            intake.deliver(delivery(number))
        assert confirmed.enough.wait(20)
        intake.close()
        assert confirmed.mids == list(range(5))
        assert not confirmed.too_early


def test_closing_while_the_store_is_away_confirms_nothing(tmp_path: Path) -> None:
    """The broker keeps the messages for the next collector."""
    with FailingHistory(tmp_path / "h.db") as history:
        history.refusals = 1_000_000
        confirmed = Confirmations(history)
        intake = Intake(history, CODEC, SETTINGS, confirm=confirmed)
        intake.start()
        intake.deliver(delivery(1))
        intake.close()
        assert confirmed.mids == []


class BrokenCodec(Codec):
    """A fault of our own in the decoding."""

    def decode(self, message: Message) -> Decoded:
        raise ZeroDivisionError("planted")


def test_a_fault_of_our_own_sets_the_message_aside(tmp_path: Path) -> None:
    """The writer lives and the message is not lost."""
    with SqliteHistory(tmp_path / "h.db") as history:
        confirmed = Confirmations(history)
        intake = Intake(history, BrokenCodec(CODEC.plant), SETTINGS, confirm=confirmed)
        intake.start()
        intake.deliver(delivery(1))
        intake.deliver(delivery(2))
        intake.close()
        assert confirmed.mids == [1, 2]
        assert {letter.reason for letter in history.dead_letters()} == {
            "our own fault: ZeroDivisionError: planted"
        }


def test_a_confirmation_that_fails_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was not confirmed comes again; what comes after it is written and confirmed."""
    with SqliteHistory(tmp_path / "h.db") as history:
        confirmed = Confirmations(history)
        failed = threading.Event()

        def confirm(deliveries: Sequence[Delivery]) -> None:
            if not failed.is_set():
                failed.set()
                raise OSError("planted")
            confirmed(deliveries)

        intake = Intake(history, CODEC, SETTINGS, confirm=confirm)
        intake.start()
        intake.deliver(delivery(1))
        assert failed.wait(60)
        intake.deliver(delivery(2))
        intake.close()
        assert confirmed.mids == [2]
        assert sum(count.stored for count in history.counters()) == 2
    assert "could not be confirmed" in caplog.text


def test_a_poll_that_cannot_be_used_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of our own; the messages beside it are written and confirmed."""
    with SqliteHistory(tmp_path / "h.db") as history:
        confirmed = Confirmations(history)
        intake = Intake(history, CODEC, SETTINGS, confirm=confirmed)
        without_units = Polled("m", "modbus:m", {}, (Sample(NOW, {"s": 1}),))
        assert intake.offer(without_units)
        intake.start()
        intake.deliver(delivery(1))
        intake.close()
        assert confirmed.mids == [1]
    assert "a poll could not be used source=modbus:m" in caplog.text


@pytest.mark.parametrize("room", [True, False])
def test_polled_readings_never_block_their_lane(tmp_path: Path, room: bool) -> None:
    """A full queue is said, not waited for."""
    with SqliteHistory(tmp_path / "h.db") as history:
        intake = Intake(history, CODEC, SETTINGS, confirm=lambda _: None)
        polled = Polled("m", "modbus:m", {"s": ""}, (Sample(NOW, {"s": 1}),))
        for _ in range(0 if room else SETTINGS.queue_size):
            assert intake.offer(polled)
        assert intake.offer(polled) is room
