"""What holds letters and digits and is no identifier: quantities, dates, addresses, references."""

from __future__ import annotations

import re

_SINGLE_UNITS = (
    "v|a|w|f|c|k|m|g|t|n|l|s|h|d|j|x|%|\u03a9|\u00b0c?|kv|mv|\u00b5v|uv|vac|vdc|vpp|vrms|ka|ma|\u00b5a|ua|"
    "kw|mw|kwh|mwh|wh|va|kva|mva|var|kvar|hz|khz|mhz|ghz|bar|mbar|bara|barg|pa|hpa|kpa|mpa|gpa|"
    "psi|degc|degf|deg|grad|mm|cm|dm|km|\u00b5m|um|nm|in|inch|inches|zoll|ft|mil|kg|mg|\u00b5g|ug|lb|"
    "lbs|oz|kn|mn|mnm|knm|lbft|ml|cl|hl|gal|gpm|cfm|ms|\u00b5s|us|ns|sec|secs|min|mins|hr|hrs|std|"
    "am|pm|uhr|rpm|upm|ohm|kohm|mohm|pf|nf|\u00b5f|uf|mf|mh|\u00b5h|uh|mt|db|dba|lx|lm|cd|cst|"
    "bit|byte|kb|mb|gb|tb|kbit|mbit|gbit|mbps|gbps|kbps|baud|bd|px|dpi|pcs|stk|pt|ppm|rad|"
    "st|nd|rd|th|er|ter|tes|ten|ph|fach"
)
_UNIT = rf"(?:{_SINGLE_UNITS}|(?:[cdkm]?m|in|ft|s)[23]|(?:min|s|h)-1)"
_UNITS = rf"{_UNIT}(?:[/.]{_UNIT})?"
_NUMBER = r"(?:0|[1-9]\d*|\d*[.]\d+|0?[.]\d+|[1-9]\d*[.]\d+)"
_QUANTITY = re.compile(
    # 24V, 4-20mA, 1.5kW/h, 12m3/min, 10x20mm, 7:30am; not 0x1A
    rf"(?!0x)(?:(?:{_NUMBER}[x*:/-])*{_NUMBER}-?{_UNITS}|{_NUMBER}(?:x{_NUMBER})+)",
    re.IGNORECASE,
)
_UNIT_ALONE = re.compile(_UNITS)
_COMPOUND = re.compile(
    r"[\d./]+-[a-z\u00e4\u00f6\u00fc]{3,}(?:-.*)?|[\d./]+-[A-Z\u00c4\u00d6\u00dc][a-z].*"
)
"""2-way, 3-phase, 24-hour, 2-Wege-Ventil."""
_MONTH = (
    "jan(?:uar|uary)?|feb(?:ruar|ruary)?|m(?:ar|\u00e4r|rz)(?:ch|z)?|apr(?:il)?|ma[yi]|june?|juni?|"
    "july?|juli?|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
)
_DATE = re.compile(
    rf"\d{{4}}-\d\d-\d\dt.*|\d{{1,2}}[-./]?(?:{_MONTH})[-./]?(?:\d{{2}}|\d{{4}})?|"
    rf"(?:{_MONTH})[-./]?(?:\d{{2}}|\d{{4}})|\d{{4}}-(?:{_MONTH})(?:-\d\d?)?|"
    r"q[1-4][-/]?(?:19|20)\d\d|(?:19|20)\d\d-?(?:w|kw|q)\d{1,2}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|.*::.*|(?:[0-9a-f]{1,4}:){3,}[0-9a-f]{1,4}|ipv[46]|"
    r"\d{1,3}(?:\.\d{1,3}){3}.*|"
    r"(?:https?|ftp|opc\.tcp|mailto|www\d?)[:.].*|"
    r".*\.(?:com|org|net|de|local|lan|html?|pdf|docx?|xlsx?|pptx?|txt|csv|exe|zip|png|jpe?g|py|toml)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:fig|figure|abb|bild|tab|table|tabelle|sec|sect|section|kap|kapitel|chap|chapter|"
    r"ch|page|seite|step|schritt|item|pos|eq|vol|no|nr|rev|ver|version|punkt|absatz)[.:#-]+\d[\d.-]*",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v\d+(?:\.\d+)+", re.IGNORECASE)
_MATTER = re.compile(r"h2o|co2|o2|n2|h2|sf6|nh3|ch4|so2|no2|h2s|h2so4|hno3|c2h2", re.IGNORECASE)
_NAME_OF_THINGS = re.compile(
    r"(?:[a-z\u00e4\u00f6\u00fc\u00df]{4,}|[A-Z][a-z\u00e4\u00f6\u00fc\u00df]{3,})-[1-9]\d?"
)
"""press-3, Phase-2: the second one of something."""
_PAGE = re.compile(r"pp?\.\d.*")
"""In lower case: `P.12` may be a parameter."""
_PATTERNS = (_QUANTITY, _UNIT_ALONE, _DATE, _ADDRESS, _REFERENCE, _VERSION, _MATTER, _COMPOUND)

MEASURED = re.compile(
    # Behind a number that stands alone: 65 degC, 10 minutes, 95 %, 12.10.2026, 10:30, 3 of 5
    rf"\s*(?:%|\u00b0|\u00b1|(?:{_UNITS}|hours?|minutes?|minuten|seconds?|sekunden|stunden?|days?|tagen?|weeks?|"
    r"wochen?|months?|monaten?|years?|jahren?|volts?|amps?|amperes?|watts?|times|mal|parts?|teilen?|"
    r"pieces|strokes|cycles|turns|litres?|liters?|liter|grams?|met(?:er|re)s?|degrees?)(?![\w]))|"
    r"\s+(?:of|von|out of)\s+\d|:\d|\.\d+\.|/\d",
    re.IGNORECASE,
)
REFERRED = re.compile(
    # In front of a number that stands alone: page 217, step 12, since 2019, DIN-like names excepted
    r"(?:\b(?:pages?|pp?|seiten?|s|figures?|fig|abb|abbildung|bild|tables?|tab|tabelle|sections?|sec|"
    r"chapters?|kapitel|kap|steps?|schritte?|items?|punkte?|lines?|zeilen?|rev|revision|version|"
    r"since|from|until|till|year|jahr|seit|bis|ab)\.?|\+)\s*$",
    re.IGNORECASE,
)
PHONE = re.compile(r"\+\d[\d\s()/-]{5,}")
YEAR = re.compile(r"\b(?:in|im|of|von)\s+(?:19|20)\d\d\b", re.IGNORECASE)


def is_none(word: str) -> bool:
    """Whether a word that looks like an identifier is something else."""
    if _PAGE.fullmatch(word) or _NAME_OF_THINGS.fullmatch(word):
        return True
    return any(pattern.fullmatch(word) for pattern in _PATTERNS)
