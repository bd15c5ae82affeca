"""A record as a cell sends it to its centre, item by item of a push, and back again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingest.errors import DataFault
from ingest.history import Record
from ingest.vocabulary import Event, EventState, Quality, Reading, Severity

Item = dict[str, Any]


def item_of(record: Record) -> Item:
    """The fields that make up the record's identity and content, nothing left to be assumed."""
    said = {
        "machine": record.machine,
        "source": record.source,
        "source_time": record.source_time.isoformat(),
        "received_time": record.received_time.isoformat(),
        "sequence": record.sequence,
    }
    if isinstance(record, Event):
        return said | {
            "code": record.code,
            "severity": record.severity.value,
            "state": record.state.value,
            "text": record.text,
        }
    return said | {
        "signal": record.signal,
        "value": record.value,
        "unit": record.unit,
        "quality": record.quality.value,
    }


def as_json(content: Any) -> bytes:
    """The shortest JSON of it; numbers keep every digit."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def record_of(payload: bytes) -> Record:
    """The record of an item that was set aside; DataFault when it is none of ours."""
    try:
        item = json.loads(payload)
        common = {
            "machine": item["machine"],
            "source": item["source"],
            "source_time": datetime.fromisoformat(item["source_time"]),
            "received_time": datetime.fromisoformat(item["received_time"]),
            "sequence": item["sequence"],
        }
        if "signal" not in item:
            return Event(
                **common,
                code=item["code"],
                severity=Severity(item["severity"]),
                state=EventState(item["state"]),
                text=item["text"],
            )
        return Reading(
            **common,
            signal=item["signal"],
            value=item["value"],
            unit=item["unit"],
            quality=Quality(item["quality"]),
        )
    except (ValueError, KeyError, TypeError) as fault:
        raise DataFault(f"This is no record that was to be passed on: {fault}.") from fault


def body_of(records: Sequence[Record], cell: str) -> tuple[str, bytes]:
    """The path and the body of the push of records of one kind."""
    name = "events" if isinstance(records[0], Event) else "readings"
    return f"/v1/{name}", as_json({"cell": cell, name: [item_of(record) for record in records]})
