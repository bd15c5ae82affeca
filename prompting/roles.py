"""What the words around a number or a time say it is."""

from __future__ import annotations

from collections.abc import Sequence

from prompting.mentions import Token
from prompting.slots import NAME_ROLES, TIME_ROLES
from prompting.units import TIME_SCALE

LASTING = frozenset({"duration", "lead", "period"})
COUNTING = frozenset({"count", "peak_rate", "ratio"})
SPECIAL = frozenset(
    [
        "limit",
        "critical_limit",
        "baseline",
        "usual",
        "change",
        "slope",
        "amplitude",
        "period",
        "share",
        "rank",
        "fleeting",
        "state",
    ]
)
"""A number is one of these only if a word says so."""
LIMITS = frozenset({"limit", "critical_limit"})
CHANGE = frozenset({"change"})
NOUNS = frozenset(
    ["limit", "critical_limit", "peak", "baseline", "usual", "amplitude", "period", "share"]
)
"""What a noun says of the number to which `at` or `von` ties it."""
SOFT = frozenset(
    {"plain", "hedge", "is", "plain way", "plain number", "still", "severity critical"}
)
"""A word that claims no more than these stands between a cue and its number."""
REACH_BEHIND = 5
APPOSED = frozenset(",(:")
TIME_FILLERS = frozenset(
    ["at", "um", "dem", "den", "der", "zum", "the", "uhr", "on", "am", "about", "around"]
)
RANGE_MARKS = frozenset("-\u2013\u2014")
Roles = frozenset[str]


def allowed(tokens: Sequence[Token], at: int, unit: str) -> Roles | None:
    """The roles that the number at this place may have; None: any that needs no word."""
    return (
        _directly_behind(tokens, at, unit)
        or _apposed(tokens, at, unit)
        or _before(tokens, at, unit)
        or _behind(tokens, at, unit)
    )


def is_figure(token: Token) -> bool:
    """A number, or a slot of one."""
    if token.kind == "slot":
        return token.role not in (*TIME_ROLES, *NAME_ROLES, "rows")
    return token.kind == "number"


def is_time(token: Token) -> bool:
    """A time, or a slot of one."""
    return token.kind == "time" or (token.kind == "slot" and token.role in TIME_ROLES)


def _taken(tokens: Sequence[Token], index: int) -> bool:
    """A figure or a time ends the reach of a cue, and so does the noun right behind a figure."""
    token = tokens[index]
    if is_figure(token) or is_time(token):
        return True
    behind = any(tag.startswith("behind ") for tag in token.tags)
    return behind and index > 0 and is_figure(tokens[index - 1])


def _said(token: Token, family: str, unit: str) -> Roles | None:
    """The roles of the first tag of that family that fits the unit."""
    for tag in sorted(token.tags):
        if tag.startswith(family):
            roles = frozenset(tag.removeprefix(family).split())
            if _fits(roles, unit):
                return roles
    return None


def _fits(roles: Roles, unit: str) -> bool:
    """A word about durations says nothing about bar, one about counts nothing about minutes."""
    if roles <= LASTING:
        return unit in TIME_SCALE
    if roles <= COUNTING:
        return unit == ""
    return True


def _soft(token: Token) -> bool:
    return token.kind == "word" and token.tags <= SOFT


def _adjective(token: Token) -> bool:
    """`5 downward spikes`, `5 further alarms`."""
    return token.kind == "word" and token.tags <= SOFT | {"up", "down"}


def _directly_behind(tokens: Sequence[Token], at: int, unit: str) -> Roles | None:
    if at + 1 >= len(tokens):
        return None
    found = _said(tokens[at + 1], "behind ", unit)
    if found is None and unit == "" and at + 2 < len(tokens) and _adjective(tokens[at + 1]):
        found = _said(tokens[at + 2], "behind ", unit)
    return None if found == CHANGE else found


def _before(tokens: Sequence[Token], at: int, unit: str) -> Roles | None:
    """The nearest word before; `at` and `von` give way to a noun right before them."""
    weak: Roles | None = None
    bare = close = True
    for index in range(at - 1, -1, -1):
        token = tokens[index]
        if weak is None and is_time(token) and _crosses(tokens, index):
            return LIMITS
        if _taken(tokens, index) or (token.kind == "mark" and not (bare and token.text in APPOSED)):
            break
        strong = _said(token, "role ", unit)
        if strong and (weak is None or strong <= NOUNS or strong <= LASTING):
            return strong
        if close and _said(token, "near ", unit):
            return LIMITS
        if close and weak is None and {"up", "down"} & token.tags:
            return CHANGE if unit else None
        soft = _soft(token) or token.kind == "mark" or token.claims("clause")
        if said := _said(token, "weak ", unit):
            weak, bare = weak or said, False
        elif weak is not None and not (soft or token.kind in ("name", "slot")):
            break
        bare = bare and soft
        close = (
            close and token.kind != "mark" and not token.claims("clause") and (soft or bool(said))
        )
    return weak


def _crosses(tokens: Sequence[Token], at: int) -> bool:
    """German `überschritt oil temp um 10:02 Uhr 65 °C`."""
    for token in reversed(tokens[:at]):
        if _said(token, "near ", ""):
            return True
        if not (_soft(token) or token.kind in ("name", "slot") or token.text in TIME_FILLERS):
            return False
        if is_figure(token):
            return False
    return False


def _behind(tokens: Sequence[Token], at: int, unit: str) -> Roles | None:
    for token in tokens[at + 1 : at + 1 + REACH_BEHIND]:
        found = _said(token, "behind ", unit)
        if found == CHANGE and (unit == "" or unit in TIME_SCALE):
            return None
        if found:
            return None if _has_own(tokens, at, token) else found
        if not _soft(token):
            return None
    return None


def _has_own(tokens: Sequence[Token], at: int, noun: Token) -> bool:
    """`252 against a limit of 337`: the limit is the other number."""
    index = tokens.index(noun, at)
    for token in tokens[index + 1 : index + 1 + REACH_BEHIND]:
        if is_figure(token):
            return True
        if not (_soft(token) or _said(token, "weak ", "")):
            return False
    return False


def _apposed(tokens: Sequence[Token], at: int, unit: str) -> Roles | None:
    """`71.3 °C, the limit`: a noun behind a comma that has no number of its own."""
    rest = tokens[at + 1 :]
    if not rest or rest[0].text not in APPOSED:
        return None
    for index, token in enumerate(rest[1 : 1 + REACH_BEHIND], start=1):
        found = _said(token, "behind ", unit)
        if found and found != CHANGE:
            after = rest[index + 1] if index + 1 < len(rest) else None
            return found if after is None or after.kind == "mark" else None
        if not _soft(token):
            return None
    return None


def time_roles(tokens: Sequence[Token], at: int) -> Roles:
    """Whether a word right before a time makes it a start, an end or neither; empty: none does."""
    index = at - 1
    while index >= 0 and (tokens[index].text in TIME_FILLERS or tokens[index].tags == {"hedge"}):
        if tokens[index].claims("time start") or tokens[index].claims("time end"):
            break
        index -= 1
    if index < 0:
        return frozenset()
    token = tokens[index]
    if _second_of_two(tokens, index):
        return frozenset({"end"})
    found = {tag.removeprefix("time ") for tag in token.tags if tag.startswith("time ")}
    return frozenset(found)


def _second_of_two(tokens: Sequence[Token], index: int) -> bool:
    """`between 10:02 and 10:07`, `10:02-10:07`."""
    token = tokens[index]
    if token.text in RANGE_MARKS:
        return index > 0 and is_time(tokens[index - 1])
    if token.text not in ("and", "und") or index < 2:  # a word and a time
        return False
    before = tokens[max(0, index - 4) : index]
    return is_time(before[-1]) and any(word.text in ("between", "zwischen") for word in before)
