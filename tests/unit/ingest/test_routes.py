"""Topics find their route and their named parts."""

from __future__ import annotations

import pytest

from ingest.routes import Route, find_route, topic_faults


@pytest.mark.parametrize(
    ("pattern", "topic", "parts"),
    [
        ("a/{line}/{machine}/t", "a/l1/m1/t", {"line": "l1", "machine": "m1"}),
        ("a/{machine}/+", "a/m1/anything", {"machine": "m1"}),
        ("a/{machine}/#", "a/m1/b/c", {"machine": "m1"}),
        ("a/{machine}", "a/m1/t", None),
        ("a/{machine}", "a/", None),
        ("a.b/{machine}", "aXb/m1", None),
        ("{machine}", "m1\n", {"machine": "m1\n"}),
    ],
)
def test_a_pattern_takes_whole_levels(
    pattern: str, topic: str, parts: dict[str, str] | None
) -> None:
    """As the broker's own wildcards do."""
    assert Route(pattern).match(topic) == parts


def test_the_first_route_that_matches_wins() -> None:
    """Order in the file decides."""
    special, general = Route("a/{machine}/events", kind="events"), Route("a/{machine}/#")
    for topic, expected in (("a/m/events", special), ("a/m/x", general)):
        found = find_route((special, general), topic)
        assert found is not None
        assert found[0] is expected
    assert find_route((special,), "b") is None


def test_the_filter_replaces_named_parts() -> None:
    """What the broker is asked for."""
    assert Route("andon/{line}/{machine}/t").filter == "andon/+/+/t"


@pytest.mark.parametrize(
    "topic", ["a/{machine}/x#", "a/#/{machine}", "a/x{machine}", "a/+b/{machine}"]
)
def test_a_wildcard_fills_a_whole_level(topic: str) -> None:
    """MQTT knows no other."""
    assert any("whole level" in fault for fault in topic_faults(Route(topic)))
