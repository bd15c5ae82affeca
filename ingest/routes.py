"""Which messages of the broker carry what: topic patterns with named parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_PART = re.compile(r"\{(\w*)\}")
PARTS = ("machine", "line", "signal", "area", "site", "device")
"""Names a part of a topic may have; `machine`, `line` and `signal` mean something."""


@dataclass(frozen=True)
class Route:
    """How the messages of some topics are read."""

    topic: str
    """With named parts: `andon/{line}/{machine}/telemetry`; `+` and a last `#` are allowed."""
    codec: str = "json"
    kind: str = "readings"
    time: str = ""
    """JSON pointers from here on; an empty time means the time of receipt."""
    time_unit: str = "s"
    sequence: str = ""
    values: str = "/values"
    code: str = "/code"
    severity: str = "/severity"
    state: str = "/state"
    text: str = "/text"

    @cached_property
    def filter(self) -> str:
        """The MQTT topic filter to subscribe to."""
        return _PART.sub("+", self.topic)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("/".join(_level(level) for level in self.topic.split("/")))

    def match(self, topic: str) -> Mapping[str, str] | None:
        """The named parts of a topic, or None when the topic is not of this route."""
        found = self._pattern.fullmatch(topic)
        return found.groupdict() if found else None


def _level(level: str) -> str:
    if level == "+":
        return "[^/]*"
    if level == "#":
        return ".*"
    named = _PART.fullmatch(level)
    return f"(?P<{named.group(1)}>[^/]+)" if named else re.escape(level)


def topic_faults(route: Route) -> list[str]:
    """What is wrong with a route's topic, in the words of the file."""
    levels = route.topic.split("/")
    names = _PART.findall(route.topic)
    faults = []
    if "machine" not in names:
        faults.append(f"topic {route.topic!r} needs the part {{machine}}")
    if route.codec == "scalar" and "signal" not in names:
        faults.append("codec 'scalar' needs the part {signal} in the topic")
    if route.codec == "scalar" and route.kind == "events":
        faults.append("codec 'scalar' carries readings, not events")
    faults += [
        f"unknown part {{{name}}}; known: {', '.join(PARTS)}" for name in names if name not in PARTS
    ]
    faults += [
        f"part {{{name}}} stands twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if "#" in levels[:-1] or any(_is_mixed(level) for level in levels):
        faults.append(
            f"topic {route.topic!r}: '+', '#' and {{...}} fill a whole level, '#' the last"
        )
    return faults


def _is_mixed(level: str) -> bool:
    special = "+" in level or "#" in level or "{" in level or "}" in level
    return special and level not in ("+", "#") and not _PART.fullmatch(level)


@lru_cache(maxsize=4096)
def find_route(routes: Sequence[Route], topic: str) -> tuple[Route, Mapping[str, str]] | None:
    """The first route that takes a topic, with the topic's named parts."""
    for route in routes:
        if (parts := route.match(topic)) is not None:
            return route, parts
    return None
