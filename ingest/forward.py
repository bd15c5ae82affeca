"""Store and forward: the outbox of a cell emptied into a central Andon, confirmed or kept.

A record leaves the outbox only when the centre has answered for it, after its commit. An answer
that got lost means that the record is sent again, and the centre knows it by its identity.
"""

from __future__ import annotations

import fcntl
import gzip
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from ingest.errors import AndonFault, WireFault
from ingest.outbox import Outbox, Refused, Waiting
from ingest.outbox_items import as_json, body_of, item_of
from ingest.peer import Peer
from ingest.settings import IngestSettings

logger = logging.getLogger(__name__)

_LOOK_S = 0.25
"""How often an empty outbox is looked at."""
_JOIN_S = 5.0
_LONGEST_ANSWER = 8 * 2**20
_MOST_WORDS = 1000
_LONGEST_WAIT_S = 3600.0
"""Most that a centre can ask us to wait."""


class CentreAway(WireFault):
    """The centre did not confirm; nothing is lost, it is sent again."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class _TooLarge(WireFault):
    """One request is more than the centre, or what stands before it, lets pass."""


@contextmanager
def forwarding(history: Path, peer: Peer, settings: IngestSettings) -> Iterator[Outbox]:
    """Queue what is stored in that history and pass it on while the block runs.

    Raises:
        SettingsFault: the peer cannot be used, or the cell has another name already.
    """
    stop = threading.Event()
    client = peer.client(timeout_s=settings.forward_timeout_s)
    with client, Outbox(history) as outbox:
        cell = outbox.begin(peer.url, settings.cell)
        _warn_of_plain_text(peer)
        forwarder = Forwarder(outbox, client, settings, cell=cell)
        thread = threading.Thread(
            target=forwarder.run, args=(stop,), name="andon-forward", daemon=True
        )
        thread.start()
        try:
            yield outbox
        finally:
            stop.set()
            thread.join(_JOIN_S)


class Forwarder:
    """Empties one outbox, oldest first; the only one of its home."""

    def __init__(
        self, outbox: Outbox, client: httpx.Client, settings: IngestSettings, *, cell: str
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._settings = settings
        self._cell = cell
        self._backoff = wait_random_exponential(multiplier=0.5, max=settings.forward_backoff_s)
        self._next_at = 0.0
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Pass on until `stop` is set."""
        with _alone(self._outbox.path.with_name("outbox.lock"), stop):
            while not stop.is_set():
                self._pass_on_surely(stop)

    def pass_on(self, stop: threading.Event) -> int:
        """Send what has waited longest, once; how many records that were.

        Raises:
            WireFault: the centre did not confirm; what it did not confirm is still here.
            StoreFault: the outbox cannot be read or written.
        """
        sent = 0
        for part in parts_of(self._outbox.head(self._settings.forward_batch)):
            self._keep_to_the_rate(len(part), stop)
            if stop.is_set():
                break
            self._send(part)
            sent += len(part)
        return sent

    def _pass_on_surely(self, stop: threading.Event) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            stop=stop_when_event_set(stop),
            wait=self._pause,
            sleep=sleep_using_event(stop),
            before_sleep=self._say_away,
            retry_error_callback=lambda _: 0,  # only an end gives up, and what waits is kept
        )
        sent = retrying(self.pass_on, stop)
        if sent and self._told:
            logger.warning("centre takes records again url=%s", self._client.base_url)
            self._told = ""
        if not sent:
            stop.wait(_LOOK_S)

    def _send(self, part: Sequence[Waiting]) -> None:
        """Post records of one kind; forget the accepted ones, set aside the refused ones."""
        try:
            reasons = self._post(part)
        except _TooLarge:
            if len(part) > 1:
                self._send(part[: len(part) // 2])
                self._send(part[len(part) // 2 :])
                return
            reasons = ["one record alone is more than the centre takes"]
        pairs = list(zip(part, reasons, strict=True))
        taken = [waiting for waiting, reason in pairs if not reason]
        refused = [
            Refused(waiting, as_json(item_of(waiting.record)), reason)
            for waiting, reason in pairs
            if reason
        ]
        self._outbox.confirm(taken, refused, datetime.now(UTC))
        if refused:
            logger.warning(
                "centre refuses records, they are set aside count=%d reason=%s",
                len(refused),
                refused[0].reason,
            )

    def _post(self, part: Sequence[Waiting]) -> list[str]:
        """Why the centre refuses each record for good; empty for one that it holds."""
        path, body = body_of([waiting.record for waiting in part], self._cell)
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Accept-Encoding": "identity",  # what a packed answer grows to has no bounds
        }
        packed = gzip.compress(body, compresslevel=3, mtime=0)
        try:
            with self._client.stream("POST", path, content=packed, headers=headers) as answer:
                response = _whole(answer, time.monotonic() + self._settings.forward_timeout_s)
        except httpx.HTTPError as fault:
            raise CentreAway(f"it cannot be reached: {fault}") from fault
        if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise _TooLarge(f"{len(body)} bytes are too many for it")
        if response.status_code != HTTPStatus.OK:
            raise CentreAway(_words(response), retry_after_s=_retry_after_s(response))
        return _reasons(response, len(part))

    def _keep_to_the_rate(self, count: int, stop: threading.Event) -> None:
        now = time.monotonic()
        stop.wait(max(self._next_at - now, 0))
        self._next_at = max(self._next_at, now) + count / self._settings.forward_rate

    def _pause(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.retry_after_s if isinstance(fault, CentreAway) else 0.0
        return max(asked, self._backoff(state))

    def _say_away(self, state: RetryCallState) -> None:
        """Say once what stands in the way, and again when it is something else."""
        fault = state.outcome.exception() if state.outcome else None
        words = str(fault) or type(fault).__name__
        if words != self._told:
            ours = None if isinstance(fault, AndonFault) else fault
            logger.warning(
                "centre confirms nothing, records wait url=%s: %s",
                self._client.base_url,
                words,
                exc_info=ours,
            )
        self._told = words


def parts_of(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """The readings and the events of the head of the queue, to be sent one after the other.

    It ends where a source has something of the other kind to say, so that what a source said
    arrives in the order in which it said it.
    """
    kind_of_source: dict[str, type] = {}
    parts: dict[type, list[Waiting]] = {}
    for one in waiting:
        kind = type(one.record)
        if kind_of_source.setdefault(one.record.source, kind) is not kind:
            break
        parts.setdefault(kind, []).append(one)
    return list(parts.values())


def _whole(answer: httpx.Response, deadline: float) -> httpx.Response:
    """The answer with its body, which may be neither endless nor endlessly slow."""
    if "Content-Encoding" in answer.headers:
        raise CentreAway("its answer is packed, which it was asked not to be")
    content = bytearray()
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > _LONGEST_ANSWER:
            raise CentreAway(f"its answer is longer than {_LONGEST_ANSWER >> 20} MB")
        if time.monotonic() > deadline:
            raise CentreAway("it takes too long to answer")
    return httpx.Response(answer.status_code, headers=answer.headers, content=bytes(content))


def _reasons(response: httpx.Response, count: int) -> list[str]:
    try:
        items = response.json()["items"]
        reasons = [_reason(item, at) for at, item in enumerate(items)]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise CentreAway("it does not answer like an Andon; is the URL right?") from fault
    if len(reasons) != count:
        raise CentreAway(f"it answers for {len(reasons)} of {count} records")
    return reasons


def _reason(item: dict[str, Any], at: int) -> str:
    if item["status"] not in ("accepted", "rejected") or item.get("index", at) != at:
        raise ValueError("this is no verdict on that record")
    if item["status"] == "accepted":
        return ""
    return _shortly(item["reason"]) or "without a reason"


def _shortly(said: object) -> str:
    """A stranger's words on one line of the log."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(said)[:_MOST_WORDS])
    return " ".join(text.split())


def _words(response: httpx.Response) -> str:
    """What it answers, in its own words where it has some."""
    status = f"it answers {response.status_code} {response.reason_phrase}"
    try:
        body = response.json()
        places = [f"{defect['pointer']}: {defect['detail']}" for defect in body.get("errors", [])]
        return _shortly("; ".join([f"{status}: {body['detail']}", *places[:3]]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _shortly(status)


def _retry_after_s(response: httpx.Response) -> float:
    """Seconds, or 0 where it does not say or says it as a date."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT_S) if asked.isdecimal() else 0.0


@contextmanager
def _alone(path: Path, stop: threading.Event) -> Iterator[None]:
    """Hold the lock of a home's outbox, once no other process does; free again when we end."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor):
            logger.info("another collector of this home empties the outbox")
            while not stop.wait(1.0) and not _locked(descriptor):
                pass
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Take the lock; False while another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _warn_of_plain_text(peer: Peer) -> None:
    parts = urlsplit(peer.url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if peer.key_file is not None and parts.scheme != "https" and not local:
        logger.warning("the API key goes to the centre unencrypted url=%s", peer.url)
