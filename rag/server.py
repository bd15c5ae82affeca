"""Calls to a Qdrant server: tried again while they may pass, and faults that say who must act."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from ingest.errors import AndonFault, SettingsFault, StoreFault, WireFault

if TYPE_CHECKING:
    from rag.settings import RagSettings

log = logging.getLogger(__name__)
_T = TypeVar("_T")
MEMORY = ":memory:"
_TRIES = 3
_LONGEST_PAUSE_S = 2.0
_MOST_WORDS = 300


def client_of(settings: RagSettings) -> QdrantClient:
    """The client that the settings name; it connects with its first call."""
    if settings.qdrant_url == MEMORY:
        return QdrantClient(MEMORY)
    key = settings.qdrant_api_key
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        client = QdrantClient(
            url=settings.qdrant_url,
            api_key=key.get_secret_value() if key else None,
            timeout=settings.qdrant_timeout_s,
            check_compatibility=False,
        )
    for warning in told:
        log.warning("qdrant client", extra={"warning": str(warning.message)})
    return client


def is_local(client: QdrantClient) -> bool:
    """The client's own memory knows no payload indices and warns when asked for one."""
    return type(client._client).__name__ == "QdrantLocal"


def called(act: Callable[[], _T]) -> _T:
    """What the server answers, asked up to three times.

    Every call of ours may be made twice: points are put and taken out by their ids.

    Raises:
        WireFault: it is away, or too busy.
        SettingsFault: it refuses the key.
        StoreFault: it cannot do what it is asked.
    """
    trying = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(_TRIES),
        wait=wait_exponential_jitter(multiplier=0.2, max=_LONGEST_PAUSE_S, jitter=0.2),
        reraise=True,
    )
    try:
        return trying(act)
    except (ApiException, ResourceExhaustedResponse) as fault:
        raise _fault(fault) from fault


def status_of(fault: BaseException) -> int:
    """The HTTP status of an answer that was no success; 0 without an answer."""
    return (fault.status_code or 0) if isinstance(fault, UnexpectedResponse) else 0


def _may_pass(fault: BaseException) -> bool:
    away = isinstance(fault, ResponseHandlingException | ResourceExhaustedResponse)
    return away or status_of(fault) >= 500 or status_of(fault) == 429


def _fault(fault: Exception) -> AndonFault:
    words = " ".join(str(fault).split())[:_MOST_WORDS]
    if status_of(fault) in (401, 403):
        return SettingsFault(
            f"The Qdrant server refuses: {words}.", remedy="Set ANDON_QDRANT_API_KEY."
        )
    if _may_pass(fault):
        return WireFault(f"The Qdrant server failed: {words}.", remedy="Check ANDON_QDRANT_URL.")
    return StoreFault(f"The Qdrant server cannot do that: {words}.")
