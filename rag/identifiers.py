"""Identifiers (error codes, part numbers, document ids): found in text and written one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

ALARM_WORDS = (
    "alarm|alert|error|err|fault|failure|warning|warn|code|message|msg|event|"
    "fehler|störung|meldung|warnung"
)
_SEPARATED = re.compile(
    # E217, E-217, ALARM:2, AL_12.3, X-7731, 6ES7-314-1AG14, SOP-HP-01
    r"(?<![\w.-])(?=[\w:/.-]*\d)(?=[\w:/.-]*[^\W\d_])[^\W_]{1,12}(?:[-_:/.][^\W_]{1,12}){0,5}(?![\w-])"
)
_SPACED = re.compile(r"(?<![\w-])[A-Z]{1,3} \d{2,6}(?![\w.,]*\d)(?![\w-])")  # E 217
_NAMED = re.compile(  # alarm 16, error code 4012, fault no. 7
    rf"\b(?:{ALARM_WORDS})s?(?:\s+code)?\s*(?:no\.?|nr\.?|number|#|:)?\s*"
    r"(?P<code>[A-Z]{0,3}[- ]?\d{1,6})(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_ALARM_PREFIX = re.compile(
    rf"^\W*(?:{ALARM_WORDS})s?[\s\-_:#.]*(?=[A-Z]{{0,3}}[- ]?\d)", re.IGNORECASE
)
_QUANTITY = re.compile(r"^[\d.,:/-]+[^\W\d_]{1,4}\d?$|^\d+(?:st|nd|rd|th)$", re.IGNORECASE)
_UNIT = re.compile(r"^[mcd]?m[23](?:/\w+)?$", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.,/-])\d{2,6}(?![\w/-]|[.,]\d)"
    r"(?!\s*(?:%|\u00b0|(?:bar|deg[cf]?|mm|cm|m|um|kg|g|l|h|s|ms|min|hours?|minutes?|seconds?|"
    r"days?|rpm|hz|k?n|nm|[mk]?w|[mk]?v|m?a|volts?|amps?|times|parts|pieces|strokes|cycles)\b))",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"(?<=[^\W\d_])[\s\-_:#/.]+|[\s_:#/]+|-(?=[^\W\d_])")


def normalise_code(code: str) -> str:
    """One spelling for `E217`, `E-217`, `e 217` and `E_217`; digits keep their own separators."""
    folded = unicodedata.normalize("NFKC", code).strip().strip("`*'\"()[].,;").upper()
    return _DROPPED.sub("", folded)


def code_spellings(code: str) -> tuple[str, ...]:
    """The normalised code, then without a word such as `ALARM` in front of its number."""
    whole = normalise_code(code)
    bare = normalise_code(_ALARM_PREFIX.sub("", code))
    return (whole,) if bare == whole else (whole, bare)


def find_codes(text: str) -> tuple[str, ...]:
    """Normalised identifiers of a text in order of appearance, each once."""
    found: dict[str, None] = {}
    for _, _, codes in spans(text):
        found.update(dict.fromkeys(codes))
    return tuple(found)


def bare_numbers(text: str) -> tuple[str, ...]:
    """Whole numbers without a unit behind them: codes, where a code table knows them."""
    return tuple(dict.fromkeys(_NUMBER.findall(text)))


def spans(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where identifiers stand (start, end) and their spellings; they may overlap."""
    for match in _SEPARATED.finditer(text):
        if _is_code(match.group()):
            yield match.start(), match.end(), code_spellings(match.group())
    for match in _SPACED.finditer(text):
        yield match.start(), match.end(), code_spellings(match.group())
    for match in _NAMED.finditer(text):
        yield match.start("code"), match.end("code"), code_spellings(match.group("code"))


def _is_code(word: str) -> bool:
    letter = any(sign.isalpha() for sign in word)
    digit = any(sign.isdigit() for sign in word)
    return letter and digit and not _QUANTITY.match(word) and not _UNIT.match(word)
