"""Small words that turn a sentence round: denials, conditions, directions, permissions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from rag.terms import terms

_DENIALS = re.compile(
    r"\b(?:not|never|no|none|nothing|nobody|neither|nor|without|cannot|don't|doesn't|mustn't|"
    r"shouldn't|can't|isn't|aren't|won't|avoid|forbidden|prohibited|"
    r"nicht|nie|niemals|kein(?:e[nmrs]?)?|nichts|niemand|ohne|weder|noch nie|verboten|untersagt|"
    r"vermeiden)\b",
    re.IGNORECASE,
)
_CONDITIONS: Mapping[str, str] = {
    "if": r"if|when|whenever|once|as soon as|where|falls|wenn|sobald|sofern|bei",
    "unless": r"unless|except|ausser|außer|es sei denn",
    "only": r"only|nur|lediglich|ausschließlich",
    "until": r"until|till|bis",
    "before": r"before|prior to|bevor|vor|ehe",
    "after": r"after|nach|nachdem",
    "while": r"while|during|während|solange",
}
_DIRECTIONS: Mapping[str, str] = {
    "above": r"above|over|exceeds?|exceeding|more than|greater|higher|at least|oberhalb|mehr als|"
    r"höher|mindestens|überschreitet",
    "below": r"below|under|less than|lower|at most|beneath|unterhalb|weniger als|niedriger|"
    r"höchstens|unterschreitet",
    "up": r"raises?|raised|rises?|increases?|increase|lift|erhöhen|steigt|anheben|heben",
    "down": r"lowers?|drops?|falls?|decreases?|reduces?|reduce|senken|sinkt|fällt|verringern|"
    r"absenken",
    "open": r"opens?|opened|opening|öffnen|öffnet|offen|geöffnet",
    "close": r"closes?|closed|closing|shut|schließen|schließt|geschlossen",
    "tighten": r"tighten(?:ed|s)?|festziehen|anziehen|festgezogen|angezogen",
    "loosen": r"loosen(?:ed|s)?|slacken|lösen|gelöst|lockern",
    "start": r"start(?:ed|s|ing)?|starten|startet|anlaufen",
    "stop": r"stop(?:ped|s|ping)?|anhalten|hält an|stoppen",
    "switch on": r"(?:switch|turn)(?:ed|es|s|ing)? (?:\w+ ){0,3}on|enable[sd]?|einschalten|"
    r"anschalten",
    "switch off": r"(?:switch|turn)(?:ed|es|s|ing)? (?:\w+ ){0,3}off|disable[sd]?|ausschalten|"
    r"abschalten",
    "left": r"left|links\w*",
    "right": r"right|rechts\w*",
    "clockwise": r"clockwise|im uhrzeigersinn",
    "anticlockwise": r"(?:anti|counter)-?clockwise|gegen den uhrzeigersinn",
    "remove": r"removes?|removed|take (?:off|out)|unscrew|entfernen|abnehmen|ausbauen",
    "insert": r"insert|fit|install|put (?:on|in)|einsetzen|einbauen|montieren",
    "fill": r"fill|refill|top up|füllen|nachfüllen|auffüllen",
    "drain": r"drain(?:ed)?|empty|ablassen|entleeren|leeren",
    "lock": r"lock(?:ed|s)?|sperren|gesperrt|verriegeln",
    "unlock": r"unlock(?:ed|s)?|entsperren|entriegeln",
}


def _compiled(words: Mapping[str, str]) -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(rf"\b(?:{form})\b", re.IGNORECASE) for name, form in words.items()}


_CONDITION_FORMS, _DIRECTION_FORMS = _compiled(_CONDITIONS), _compiled(_DIRECTIONS)

MUST_BE_QUOTED = frozenset(
    """yes ja allowed permitted permissible safe safely okay ok fine harmless optional optionally
    unnecessary needless skip skipped ignore ignored bypass bypassed bridge override
    overridden defeat disregard omit omitted forget jumper disable disabled immediately always
    every erlaubt zulässig gestattet sicher ungefährlich unnötig überspringen ignorieren
    überbrücken umgehen weglassen auslassen abschalten deaktivieren sofort immer jede jeder
    jedes darf dürfen""".split()  # noqa: SIM905 - reads best as words
)
"""Words that allow, leave out or generalise; a sentence may not bring them along."""
NEUTRAL = frozenset(
    terms(
        "please make sure ensure then first next finally step steps following follow follows as "
        "described according passage document manual procedure says said states given requires "
        "required need needs necessary value amount also use used using both each same there "
        "take takes taken carry perform done do "
        "bitte dann zuerst danach zuletzt schritt schritte folgende folgen laut gemäß dokument "
        "handbuch vorgehen steht angegeben beträgt erforderlich nötig wert auch verwenden der die "
        "das den dem des ein eine einen einem und oder ist sind wird werden mit an am auf aus bei "
        "beim für von vom zu zum zur im in es sie er sich sollen soll müssen muss können kann "
        "dass als wie so um über unter nach vor bis durch"
    )
)
"""Terms that say nothing by themselves."""
NUMBER_WORDS: Mapping[str, Decimal] = {
    word: Decimal(number)
    for number, words in {
        0: "zero null",
        2: "two zwei twice both zweimal",
        3: "three drei dreimal",
        4: "four vier",
        5: "five fünf",
        6: "six sechs",
        7: "seven sieben",
        8: "eight acht",
        9: "nine neun",
        10: "ten zehn",
        12: "twelve zwölf dozen dutzend",
        20: "twenty zwanzig",
        30: "thirty dreißig",
        60: "sixty sechzig",
        100: "hundred hundert",
        1000: "thousand tausend",
    }.items()
    for word in words.split()
}


def says_number(text: str) -> bool:
    """Whether it holds a number in words."""
    return any(word in NUMBER_WORDS for word in text.casefold().split())


def denies(text: str) -> bool:
    """Whether it forbids or denies something."""
    return _DENIALS.search(text) is not None


def conditions(text: str) -> set[str]:
    """The kinds of condition that it sets."""
    return {name for name, form in _CONDITION_FORMS.items() if form.search(text)}


def directions(text: str) -> set[str]:
    """Which ways something goes in it."""
    return {name for name, form in _DIRECTION_FORMS.items() if form.search(text)}
