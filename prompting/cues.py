"""Words that say which role a number has, which way a value went, and what a number word counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LIMITS = frozenset({"limit", "critical_limit"})
LEVELS = frozenset({"level", "peak"})


@dataclass(frozen=True, slots=True)
class Cues:
    """The cue words of one language."""

    roles: tuple[tuple[re.Pattern[str], frozenset[str]], ...]
    """Pattern before (or just behind) a number, and the roles it allows; the nearest one counts."""
    time_roles: tuple[tuple[re.Pattern[str], str], ...]
    """Pattern right before a time, and whether it says `start` or `end`."""
    up: re.Pattern[str]
    down: re.Pattern[str]
    ignored: re.Pattern[str]
    """Phrases with words of direction that claim none."""
    still: re.Pattern[str]
    clauses: re.Pattern[str]
    behind: re.Pattern[str]
    """A noun right behind a number that says its role."""
    number_words: Mapping[str, float]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


def _role(pattern: str, *roles: str) -> tuple[re.Pattern[str], frozenset[str]]:
    return _words(pattern), frozenset(roles)


def _before(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b{pattern}\s*$", re.IGNORECASE)


ENGLISH = Cues(
    roles=(
        _role(
            r"(?:critical limit|high[- ]high|low[- ]low|trip limit)(?: of| at)?", "critical_limit"
        ),
        _role(r"(?:limits?|thresholds?|maximum allowed|setpoint)(?: of| at)?", *LIMITS),
        _role(
            r"(?:peak(?:s|ed|ing)?|max(?:imum)?|(?<!/)min(?:imum)?|highest|lowest|spik(?:e|es|ed|ing)"
            r"|at the furthest)(?: of| at| to)?",
            "peak",
        ),
        _role(r"(?:usual(?:ly)?|normal(?:ly)?|baseline|typical(?:ly)?)(?: of| at)?", "baseline"),
        _role(r"amplitudes?(?: of)?", "amplitude"),
        _role(r"(?:once )?every|periods?(?: of)?", "period"),
        _role(r"from", "baseline"),
        _role(r"to|at|level|reach(?:es|ed|ing)?|stands? at|now at", *LEVELS),
        _role(r"by|changed?(?: by)?", "change", "slope"),
        _role(r"rate|slope", "slope", "peak_rate"),
        _role(r"for|lasting|lasted|duration|after|within", "duration", "lead"),
        _role(r"raised|times|counts?|alarms|up to", "count", "peak_rate", "ratio"),
    ),
    time_roles=(
        (
            _before(r"(?:since|from|began|beginning|starting|started|between)(?: at| about)?"),
            "start",
        ),
        (_before(r"(?:until|till|to|by|ended|between\b.{0,40}\band)(?: at| about)?"), "end"),
    ),
    up=_words(
        r"r[oi]se[sn]?|rising|above|over|exceed(?:s|ed|ing)?|increas(?:e|es|ed|ing)"
        r"|climb(?:s|ed|ing)?|up|upwards?|high|higher|highest|too hot|overheat\w*"
    ),
    down=_words(
        r"f[ae]lls?|falling|fallen|below|under|drop(?:s|ped|ping)?|decreas(?:e|es|ed|ing)"
        r"|s[aiu]nk(?:s|ing)?|down|downwards?|low|lower|lowest|dip(?:s|ped|ping)?|declin(?:e|es|ed|ing)"
    ),
    ignored=_words(r"up to|up until|fell silent|followed up|over the|over a|under way"),
    still=_words(r"(?<!stood )(?<!stands )(?<!stand )still|remains?|continues?"),
    clauses=re.compile(r"[,;:](?!\d)|\b(?:and|while|but|whereas|then)\b", re.IGNORECASE),
    behind=re.compile(r"\s*(?:times|alarms|limit|peak|baseline)\b", re.IGNORECASE),
    number_words={
        word: float(number)
        for number, word in enumerate(
            [
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
                "twelve",
            ],
            start=2,
        )
    }
    | {
        "twice": 2.0,
        "thrice": 3.0,
        "twelve": 12.0,
        "dozen": 12.0,
        "hundred": 100.0,
        "thousand": 1000.0,
    },
)

GERMAN = Cues(
    roles=(
        _role(
            r"(?:kritische[nsr]? grenz\w*|alarmgrenz\w*|kritisches limit)(?: von| bei)?",
            "critical_limit",
        ),
        _role(
            r"(?:\w*grenz(?:e|en|wert|werts|wertes|werte)|limits?|schwelle)(?: von| bei)?", *LIMITS
        ),
        _role(
            r"(?:spitze\w*|maxim\w+|minim\w+|höchst\w*|tiefst\w*|am weitesten|sprang\w*)"
            r"(?: wert)?(?: von| bei| auf)?",
            "peak",
        ),
        _role(
            r"(?:üblich\w*|normal\w*|sonst|gewöhnlich\w*)(?: werte?s?)?(?: von| bei)?", "baseline"
        ),
        _role(r"(?:amplitude|ausschlag)(?: von)?", "amplitude"),
        _role(r"(?:alle|periode)(?: von)?", "period"),
        _role(r"von|vom", "baseline"),
        _role(r"(?:auf|bei|niveau|erreicht\w*)(?: von)?", *LEVELS),
        _role(r"um|änderung", "change", "slope"),
        _role(r"rate|steigung", "slope", "peak_rate"),
        _role(r"für|dauer\w*|nach|lang|insgesamt|inzwischen", "duration", "lead"),
        _role(r"mal|anzahl|meldungen|bis zu", "count", "peak_rate", "ratio"),
    ),
    time_roles=(
        (_before(r"(?:seit|von|ab|begann|beginnend|zwischen)(?: etwa| um| ca\.)?"), "start"),
        (_before(r"(?:bis|endete|zwischen\b.{0,40}\bund)(?: etwa| um| ca\.)?"), "end"),
    ),
    up=_words(
        r"steig\w*|stieg\w*|gestiegen\w*|angestiegen\w*|über|überschr\w*|oberhalb|erhöht\w*|ober\w*"
        r"|hoch|hohe\w*|höher\w*|höchst\w*|zu heiß|aufwärts"
    ),
    down=_words(
        r"fäll\w*|fiel\w*|gefallen\w*|abgefallen\w*|unter|unterschr\w*|unterhalb|gesunken\w*|sank\w*"
        r"|sink\w*|unter(?:e|en|er|em|es)|niedrig\w*|tief\w*|abwärts"
    ),
    ignored=_words(r"ausgefallen\w*|überhaupt|unter anderem"),
    still=_words(r"noch|weiterhin|bleibt|immer noch"),
    clauses=re.compile(r"[,;:](?!\d)|\b(?:und|während|aber|dann)\b", re.IGNORECASE),
    behind=re.compile(r"\s*-?(?:mal|meldungen|lang|grenzwert|spitzenwert)\b", re.IGNORECASE),
    number_words={
        word: float(number)
        for number, word in enumerate(
            [
                "zwei",
                "drei",
                "vier",
                "fünf",
                "sechs",
                "sieben",
                "acht",
                "neun",
                "zehn",
                "elf",
                "zwölf",
            ],
            start=2,
        )
    }
    | {"zweimal": 2.0, "dreimal": 3.0, "viermal": 4.0, "fünfmal": 5.0, "sechsmal": 6.0}
    | {"zwölf": 12.0, "dutzend": 12.0, "hundert": 100.0, "tausend": 1000.0},
)

CUES: Mapping[str, Cues] = {"en": ENGLISH, "de": GERMAN}
