"""Which messages of the broker carry what: topic patterns with named parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

_PART = re.compile(r"\{(\w*)\}")
PARTS = ("machine", "line", "signal", "area", "site", "device")
"""Names a part of a topic may have; `machine`, `line` and `signal` mean something."""
SPARKPLUG = "spBv1.0"
"""First level of every topic of codec `sparkplug-b`."""
SPARKPLUG_PARTS = ("group", "node", "device")
"""What a Sparkplug topic names by its own rules; a metric names the signal."""


@dataclass(frozen=True)
class Route:
    """How the messages of some topics are read."""

    topic: str
    """With named parts: `andon/{line}/{machine}/telemetry`; `+` and a last `#` are allowed."""
    codec: str = "json"
    kind: str = "readings"
    machine: str = ""
    """Machine id made of the topic's parts, `{area}-{device}`; empty: the part `{machine}`."""
    signal: str = ""
    """Signal made of the topic's parts, and of `{metric}` of Sparkplug; empty: that part alone."""
    words: tuple[tuple[str, bool | int | float | str], ...] = ()
    """Of codec `scalar`: what a payload that is a word stands for."""
    rebirth: bool = True
    """Whether a Sparkplug node may be asked to announce itself again: a message to the plant."""
    time: str = ""
    """A JSON pointer; empty: the time of receipt."""
    time_unit: str = "s"
    time_zone: str = ""
    """Whose local time a text without a zone is; empty: such a text is refused."""
    samples: str | None = None
    """JSON pointer to an array of samples; the pointers below look into a sample first."""
    period_s: float | None = None
    """Values are arrays, one value every so many seconds from the time on."""
    period: str = ""
    """JSON pointer to that period, where the payload tells it."""
    sequence: str = ""
    quality: str = ""
    values: str = "/values"
    code: str = "/code"
    severity: str = "/severity"
    state: str = "/state"
    text: str = "/text"

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The zone of texts that name none."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    @cached_property
    def is_block(self) -> bool:
        """Whether a value may be an array of values."""
        return self.period_s is not None or bool(self.period)

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


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with its parts put in."""
    return _PART.sub(lambda part: parts.get(part.group(1), ""), template)


def topic_faults(route: Route) -> list[str]:
    """What is wrong with a route's topic, in the words of the file."""
    levels = route.topic.split("/")
    names = _PART.findall(route.topic)
    faults = [
        f"unknown part {{{name}}}; known: {', '.join(PARTS)}" for name in names if name not in PARTS
    ]
    if levels[0] in ("$share", "$queue"):
        faults.append(f"topic {route.topic!r}: the share group is said by share = ..., not here")
    if "\0" in route.topic:
        faults.append(f"topic {route.topic!r} holds a NUL, and no topic may")
    faults += [
        f"part {{{name}}} stands twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if "#" in levels[:-1] or any(_is_mixed(level) for level in levels):
        faults.append(
            f"topic {route.topic!r}: '+', '#' and {{...}} fill a whole level, '#' the last"
        )
    return faults + (_sparkplug_faults(route) if _is_sparkplug(route) else _plain_faults(route))


def _is_sparkplug(route: Route) -> bool:
    return route.codec == "sparkplug-b"


def _plain_faults(route: Route) -> list[str]:
    names = _PART.findall(route.topic)
    faults = []
    if "machine" not in names and not route.machine:
        faults.append(f"topic {route.topic!r} needs the part {{machine}}, or the route a machine")
    if route.codec in ("scalar", "text"):
        if "signal" not in names and not route.signal:
            faults.append(f"codec {route.codec!r} needs the part {{signal}} in the topic")
        if route.kind == "events":
            faults.append(f"codec {route.codec!r} carries readings, not events")
    return faults + _template_faults(route.machine, names) + _template_faults(route.signal, names)


def _sparkplug_faults(route: Route) -> list[str]:
    faults = []
    if not route.topic.startswith(f"{SPARKPLUG}/"):
        faults.append(f"topic {route.topic!r}: codec 'sparkplug-b' needs one like '{SPARKPLUG}/#'")
    if _PART.search(route.topic):
        faults.append("codec 'sparkplug-b' names the parts of its topics itself: use '+' and '#'")
    if route.kind == "events":
        faults.append("codec 'sparkplug-b' carries readings, not events")
    faults += _template_faults(route.machine, SPARKPLUG_PARTS)
    return faults + _template_faults(route.signal, (*SPARKPLUG_PARTS, "metric"))


def _template_faults(template: str, names: Sequence[str]) -> list[str]:
    return [
        f"{template!r}: there is no part {{{name}}}; there are: {', '.join(names) or 'none'}"
        for name in _PART.findall(template)
        if name not in names
    ]


def _is_mixed(level: str) -> bool:
    special = "+" in level or "#" in level or "{" in level or "}" in level
    return special and level not in ("+", "#") and not _PART.fullmatch(level)


def find_route(routes: Sequence[Route], topic: str) -> tuple[Route, Mapping[str, str]] | None:
    """The first route that takes a topic, with the topic's named parts."""
    for route in routes:
        if (parts := route.match(topic)) is not None:
            return route, parts
    return None
