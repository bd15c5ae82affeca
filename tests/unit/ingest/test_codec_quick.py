"""The usual sample is decoded quickly, and just as carefully looked at it would be the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codec import Codec, Decoded, Message
from ingest.codec_quick import quick_readings, usual_keys
from ingest.plant import Machine, MqttBroker, Plant, SignalSpec, signals_by_id
from ingest.routes import Route

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
MACHINE = Machine("press-3", "l", "press", signals_by_id([SignalSpec("oil", unit="degC")]))
ROUTES = {
    "plain": Route("t/{machine}", time="/ts", sequence="/seq"),
    "samples": Route("t/{machine}", time="/ts", sequence="/seq", samples="/d"),
    "times": Route("t/{machine}", time="/ts"),
    "numbers": Route("t/{machine}", sequence="/seq"),
    "zone": Route("t/{machine}", time="/ts", sequence="/seq", time_zone="Europe/Berlin"),
    "grades": Route("t/{machine}", time="/ts", sequence="/seq", quality="/q"),
    "deep": Route("t/{machine}", time="/a/ts", values="/a/values"),
    "whole": Route("t/{machine}", values=""),
    "block": Route("t/{machine}", time="/ts", period_s=0.1),
    "slash": Route("t/{machine}", time="/t~1s", sequence="/seq"),
}
times = st.sampled_from(
    [
        *("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5+00:00", "2026-11-22T11:00:00+01:00"),
        *("2026-11-22T10:00:00", "1999-12-31T23:59:59Z", "2027-11-22T10:00:00Z", "20261122T10Z"),
        *("2026-11-22", "2016-12-31T23:59:60Z", "", "x"),
    ]
)
numbers = st.integers(-2, 5) | st.integers(2**63 - 2, 2**63 + 1) | st.integers(-(2**64), 2**64)
odd: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.just([1]) | st.just({})
)
values = st.dictionaries(
    st.sampled_from(["oil", "rpm", "", "\x00", "a"]), numbers | st.floats() | odd, max_size=3
)
EDGES = [1.5, 7, True, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, float("nan"), float("inf")]
usual = st.fixed_dictionaries(
    {
        "ts": times,
        "seq": st.sampled_from([0, 7, 2**63 - 1, 2**63, -1, True]),
        "values": st.dictionaries(st.sampled_from(["oil", "rpm"]), st.sampled_from(EDGES)),
    }
)
unusual = st.fixed_dictionaries(
    {},
    optional={
        "ts": times | odd | numbers,
        "t/s": times,
        "seq": numbers | odd,
        "values": values | odd,
        "a": st.fixed_dictionaries({"ts": times, "values": values}),
        "q": st.sampled_from(["good", "bad", 192, None]),
    },
)
samples = usual | unusual | st.builds(lambda one, other: one | other, usual, unusual)
LEARNT = {"ts": "2026-11-22T10:00:00Z", "seq": 1, "values": {"oil": 1, "rpm": 2}}
messages = samples | st.lists(samples | odd, max_size=3).map(lambda found: {"d": found}) | odd


def plant(route: Route) -> Plant:
    return Plant("p", "UTC", MqttBroker(routes=(route,)), (MACHINE,), None, Path("plant.toml"))


def told(decoded: Decoded) -> list[str]:
    """Every field with its type; a NaN equals itself here."""
    return [repr(record) for record in decoded.records] + [one.reason for one in decoded.dead]


@pytest.mark.parametrize("name", ROUTES)
@settings(max_examples=100, deadline=None)
@given(contents=st.lists(messages, min_size=1, max_size=3))
def test_what_is_decoded_quickly_is_what_care_would_have_found(
    name: str, contents: list[Any]
) -> None:
    """By every route, in any order of messages: signals are learnt from one to the next."""
    quick, careful = Codec(plant(ROUTES[name])), Codec(plant(ROUTES[name]))
    for content in [LEARNT, *contents]:
        message = Message("t/press-3", json.dumps(content).encode(), RECEIVED)
        with patch("ingest.codec_json.quick_readings", lambda *_: None):
            expected = told(careful.decode(message))
        assert told(quick.decode(message)) == expected


def test_a_usual_message_is_decoded_quickly() -> None:
    """From the second one on, when its signals are known."""
    codec = Codec(plant(ROUTES["plain"]))
    content = {
        "ts": "2026-11-22T10:00:00Z",
        "seq": 1,
        "values": {"oil": 61.5, "rpm": 3, "on": True},
    }
    message = Message("t/press-3", json.dumps(content).encode(), RECEIVED)
    expected = codec.decode(message).records
    (place,) = codec._places.values()
    assert quick_readings(place, content, RECEIVED, RECEIVED) == expected
    assert len(expected) == 3


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("plain", ("ts", "seq", "values")),
        ("times", ("ts", "", "values")),
        ("numbers", ("", "seq", "values")),
        *((name, None) for name in ("grades", "deep", "whole", "block", "slash")),
    ],
)
def test_a_sample_is_usual_by_the_route(name: str, keys: tuple[str, str, str] | None) -> None:
    """Pointers one level deep, and neither blocks nor qualities."""
    assert usual_keys(ROUTES[name]) == keys
