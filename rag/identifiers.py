"""Identifiers (error codes, part numbers, parameters, document ids): found and written one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rag.not_codes import MEASURED, PHONE, REFERRED, YEAR, is_none

Span = tuple[int, int, tuple[str, ...]]

_ALARM = (
    "alarm|alert|error|err|fault|failure|warning|warn|code|message|msg|event|trip|"
    "fehler|st\u00f6rung|stoerung|meldung|warnung|ereignis"
)
_SIGNS = r"(?:no\.?|nr\.?|num\.?|number|nummer|code|id|\#|:)"
_ALARM_WORD = re.compile(rf"(?:{_ALARM})s?", re.IGNORECASE)
_ALARM_PREFIX = re.compile(
    rf"^\W*(?:{_ALARM})s?[\s\-_:#.]*(?=(?:0x|[A-Z]{{0,3}}[-. ]?)\d)", re.IGNORECASE
)
_NAMED = re.compile(  # alarm 16, error code 4012, fault no. 7, Fehlernummer 12, error 0x1A
    rf"\b(?:{_ALARM})(?:s|en|n)?[\s-]?(?:{_SIGNS}[\s-]*){{0,3}}(?=[\w.-]*\d)"
    r"(?P<code>[A-Z]{0,4}[-. ]?\d{1,6}(?:[-.:]\d{1,6}){0,2}[A-F]?)(?!\w)",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"\s*(?:,|/|&|and|or|und|oder)\s*(?P<code>\d{1,6})(?!\w)", re.IGNORECASE)
_PARAMETER = re.compile(  # Pr. 9, Par. 14-22, parameter 9, Parameter Nr. 1082
    r"\b(?:pr|par|param|parameters?|parametern?)\b\.?\s*(?:(?:no|nr)\.?\s*|#\s*)?"
    r"(?P<code>\d{1,5}(?:[-.]\d{1,4}){0,2})(?![\w])",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"[^\W_]+(?:[-_:/.#]{1,3}[^\W_]+)*")
_SPACED = re.compile(
    r"(?<![\w.-])(?<!\d )(?:[A-Z]{1,3}|[b-hj-wyz]) \d{2,6}(?![\w-]|[.,]\d)"
)  # E 217, e 217
_SPACED_FOUR = re.compile(r"(?<![\w.-])[A-Z]{4,5} 0\d{1,4}(?![\w-]|[.,]\d)")  # SRVO 062
_SPACED_PART = re.compile(  # 6ES7 314-1AG14-0AB0
    r"(?<![\w.-])(?=\d{0,2}[A-Z]{1,4}\d)[A-Z\d]{3,6} (?=[\dA-Z]+-)(?=[\dA-Z-]*\d)"
    r"[\dA-Z]{1,8}(?:-[\dA-Z]{1,8}){1,4}(?![\w-])"
)
_SHORT_WORDS = frozenset(
    """at of in to on by for the and or max min all is typ ca no nr bis von ab mit und die der das
    den nur auf um zu im am per pro is as be if it jan feb mar apr may jun jul aug sep oct okt nov
    dec dez mai kw us eur usd up go do not its
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""In capitals these stand in front of a number that is no part of a code."""
_NUMBER = re.compile(r"(?<![\w.,/:+-])\d{2,6}(?![\w/:-]|[.,]\d)")
_SIGN = re.compile(r"(?<![\w.-])(?:[A-Z]{2,5}|[a-z][A-Z]{1,3}|[A-Z][a-z][A-Z]{0,2})(?![\w-])")
_SEPARATORS = re.compile(
    r"(?<=[^\W\d_])[\s\-_:#/.]+(?=[^\W_])|(?<=\d)(?:[\s_]+|[-:/.#]+(?=[^\W\d_]))(?=[^\W_])"
)
_ALL_SEPARATORS = re.compile(r"[\W_]+")
_LONG_PART = 8
"""Signs from which a part number is also known without any separator."""
_MAX_PIECE, _MAX_LENGTH = 20, 32
_DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u00a0\u2007\u202f\u2009", " ")
    | dict.fromkeys("\uff1a\uff0f\uff0e", "-")
)
"""One sign for one sign, so that places stay."""


def normalise_code(code: str) -> str:
    """One spelling for `E217`, `E-217`, `e 217` and `E_217`; digits keep their own separators."""
    folded = unicodedata.normalize("NFKC", code.translate(_DASHES))
    return _SEPARATORS.sub("", folded.strip().strip("`*'\"()[]{}<>.,;:!?").upper())


def code_spellings(code: str) -> tuple[str, ...]:
    """The normalised code, then without a word such as `ALARM` in front, then bare of signs."""
    whole = normalise_code(code)
    spellings = [whole, normalise_code(_ALARM_PREFIX.sub("", code))]
    bare = _ALL_SEPARATORS.sub("", whole)
    if len(bare) >= _LONG_PART and not bare.isdigit():
        spellings.append(bare)
    return tuple(dict.fromkeys(spelling for spelling in spellings if spelling))


def find_codes(text: str) -> tuple[str, ...]:
    """Normalised identifiers of a text in order of appearance, each once."""
    found: dict[str, None] = {}
    for _, _, codes in sorted(spans(text)):
        found.update(dict.fromkeys(codes))
    return tuple(found)


def bare_numbers(text: str) -> tuple[str, ...]:
    """Whole numbers without a unit behind them, and short signs such as `oC` or `GF`.

    They are codes where a code table knows them.
    """
    text = YEAR.sub(" ", PHONE.sub(" ", text))
    found = [
        match.group()
        for match in _NUMBER.finditer(text)
        if not MEASURED.match(text, match.end())
        and not REFERRED.search(text, max(0, match.start() - 20), match.start())
    ]
    signs = [match.group().upper() for match in _SIGN.finditer(text)]
    return tuple(dict.fromkeys([*found, *signs]))


def spans(text: str) -> Iterator[Span]:
    """Where identifiers stand (start, end) and their spellings; they may overlap."""
    if not _DIGIT.search(text):
        return
    text = text if text.isascii() else text.translate(_DASHES)
    yield from _named(text)
    for match in _PARAMETER.finditer(text):
        yield match.start(), match.end(), _parameter(match["code"])
    parts = list(_SPACED_PART.finditer(text))
    for match in parts:
        yield match.start(), match.end(), code_spellings(match.group())
    for pattern in (_SPACED, _SPACED_FOUR):
        for match in pattern.finditer(text):
            if not _is_prose(match.group(), text, match.end()):
                yield match.start(), match.end(), code_spellings(match.group())
    taken = {at for match in parts for at in range(match.start(), match.end())}
    for match in _tokens(text):
        if (
            match.start() not in taken
            and "@" not in text[max(0, match.start() - 1) : match.end() + 1]
        ):
            yield from _within(match)


def _named(text: str) -> Iterator[Span]:
    """A number behind a word such as alarm, and those that follow it: `alarms 16, 17 and 18`."""
    for match in _NAMED.finditer(text):
        following: re.Match[str] | None = match
        while following is not None and not MEASURED.match(text, following.end()):
            code = following["code"]
            if _is_number_of(code):
                yield following.start("code"), following.end("code"), code_spellings(code)
            following = _ANOTHER.match(text, following.end())


def _is_number_of(code: str) -> bool:
    """No measured value: `error 3.5` is one, `error 13.20` may be a code."""
    return not re.fullmatch(r"\d\.\d+|\d{1,2}\.\d{1,2}\.\d+|\d{1,2}:\d\d|\d{4}-\d\d-\d\d", code)


def _parameter(number: str) -> tuple[str, ...]:
    return (f"PR{number}", number) if re.search(r"[-.]", number) else (f"PR{number}",)


def _is_prose(written: str, text: str, end: int) -> bool:
    """`WAIT AT 24 V` and `FOR 10 MINUTES` are no codes."""
    letters = written.split(" ", maxsplit=1)[0].casefold()
    return letters in _SHORT_WORDS or MEASURED.match(text, end) is not None


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Runs of letters, digits and separators that hold a digit; most words do not."""
    end = 0
    for digit in _DIGIT.finditer(text):
        at = digit.start()
        if at < end:
            continue
        while at > end and (text[at - 1].isalnum() or text[at - 1] in "-_:/.#"):
            at -= 1
        for match in _TOKEN.finditer(text, at):
            end = match.end()
            if end > digit.start():
                yield match
                break


def _within(match: re.Match[str]) -> Iterator[Span]:
    """The identifiers of one run of letters, digits and separators."""
    token = match.group()
    if is_none(token):
        return
    for begin, end in _pieces(token):
        for start, stop, code in _listed(token[begin:end], begin):
            if _is_code(code):
                yield match.start() + start, match.start() + stop, code_spellings(code)


def _pieces(token: str) -> Iterator[tuple[int, int]]:
    """The token without words that hang on it: `Motor-M3`, `E217-related`, `E217:Hydraulic`."""
    bounds = [(m.start(), m.end()) for m in re.finditer(r"[^\W_]+", token)]
    while len(bounds) > 1 and _is_word(token[slice(*bounds[-1])]):
        bounds.pop()
    while len(bounds) > 1 and _is_word(token[slice(*bounds[0])], leading=True):
        if token[bounds[1][0] : bounds[-1][1]].isdigit():
            break  # srvo-062
        bounds.pop(0)
    if bounds:
        yield bounds[0][0], bounds[-1][1]


def _is_word(piece: str, *, leading: bool = False) -> bool:
    """Plain prose: in lower case or capitalised, without a digit; a word such as alarm may lead."""
    if not piece.isalpha() or (leading and _ALARM_WORD.fullmatch(piece)):
        return False
    return len(piece) >= (4 if leading or not piece.islower() else 3) and piece[1:].islower()


def _listed(written: str, at: int) -> Iterator[tuple[int, int, str]]:
    """`E217/E218` and `E217/218` are two codes, `6205-2RS/C3` is one."""
    parts = written.split("/")
    tail = re.search(r"\d+$", parts[0])
    shapes = {_shape(part) for part in parts}
    same = len(parts) > 1 and len(shapes) == 1 and "A" in next(iter(shapes))
    digits = (
        len(parts) > 1
        and tail
        and all(part.isdigit() and len(part) == len(tail.group()) for part in parts[1:])
    )
    if not same and not (digits and tail):
        yield at, at + len(written), written
        return
    stem = parts[0][: tail.start()] if digits and tail else ""
    for number, part in enumerate(parts):
        yield at, at + len(part), f"{stem}{part}" if number and stem else part
        at += len(part) + 1


def _shape(part: str) -> str:
    """`P-17` is `A-9`."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "A", part))


def _is_code(word: str) -> bool:
    letter = any(sign.isalpha() or sign == "#" for sign in word)
    digit = any(sign.isdigit() for sign in word)
    pieces = re.split(r"[\W_]+", word)
    fits = len(word) <= _MAX_LENGTH and max(map(len, pieces)) <= _MAX_PIECE
    return letter and digit and fits and not is_none(word)
