"""The usual sample of a JSON message, decoded in one place: calls would take longer than the work.

Nothing is judged here. What is not usual in the least way is left to `ingest/codec_json.py`, and
what is taken is what that would have taken; a test holds the two together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingest.codec_values import INTEGERS
from ingest.making import make_reading
from ingest.messages import Place
from ingest.routes import Route
from ingest.timestamps import EARLIEST
from ingest.vocabulary import Quality, Reading

_FIRST, _LAST = INTEGERS[0], INTEGERS[-1]


def usual_keys(route: Route) -> tuple[str, str, str] | None:
    """Keys of time, sequence number and values where each stands at the top of a sample.

    Empty for a time or a number that a sample does not say; None where samples are not so simple.
    """
    if route.codec != "json" or route.kind != "readings" or route.is_block or route.quality:
        return None
    pointers = route.time, route.sequence, route.values
    if not route.values or any(p and (p.count("/") != 1 or "~" in p) for p in pointers):
        return None
    time, number, values = (pointer[1:] for pointer in pointers)
    return time, number, values


def quick_readings(
    place: Place, content: Any, received: datetime, latest: datetime
) -> list[Reading] | None:
    """The readings of a sample; None when it has to be looked at with care."""
    machine, keys = place.machine, place.keys
    if machine is None or keys is None or type(content) is not dict:
        return None
    time_key, number_key, values_key = keys
    try:
        moment = datetime.fromisoformat(content[time_key]) if time_key else received
        number = content[number_key] if number_key else None
        values = content[values_key]
    except (KeyError, TypeError, ValueError):
        return None
    if (
        (time_key and not (moment.tzinfo is UTC and EARLIEST <= moment <= latest))
        or (number_key and not (type(number) is int and 0 <= number <= _LAST))
        or type(values) is not dict
    ):
        return None
    units, source, readings = place.units, place.source, []
    for signal, value in values.items():
        kind = type(value)
        if signal not in units or not (
            (kind is float and value - value == 0)
            or (kind is int and _FIRST <= value <= _LAST)
            or kind is bool
        ):
            return None
        readings.append(
            make_reading(
                machine.id,
                signal,
                value,
                units[signal],
                Quality.GOOD,
                moment,
                received,
                source,
                number,
            )
        )
    return readings
