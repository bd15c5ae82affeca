"""A sentence as tokens: words with what they claim, names, slots, numbers with units, times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from prompting.cues import PLAIN, Cues, Tags, parts
from prompting.instants import DATE, TIME, Clock
from prompting.naming import NOBODY, Names, Owners
from prompting.units import TIME_SCALE, Units

Kind = Literal["word", "name", "number", "time", "slot", "mark", "unknown"]
SLOT = r"\{E\d{4,}\.[a-z_]+\}"
TOKEN = re.compile(
    rf"(?P<slot>{SLOT})|{TIME}|{DATE}|(?P<digits>(?:(?<![\w)])[-+\u2212\u00b1])?\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_]+(?:'[a-z]+)?)|(?P<mark>\S)",
    re.IGNORECASE,
)
ONLY_PLAIN: Tags = frozenset({PLAIN})
NOTHING: Tags = frozenset()
NUMBER_TAG = "number "
DATE_LINKS = frozenset({"on", "um", "at", "am", "den", "dem", "the", ","})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    tags: Tags = NOTHING
    owners: Owners = NOBODY
    """Of a name: which items, and which of their signals or codes, are called so."""
    item: str = ""
    role: str = ""
    unit: str = ""
    factor: float = 1.0
    """Seconds in the unit of a sum such as 2 h 20 min."""
    clock: Clock | None = None

    def claims(self, tag: str) -> bool:
        """Whether the lexicon says so of the word."""
        return tag in self.tags


@dataclass(frozen=True, slots=True)
class Lexer:
    """Reads sentences with one lexicon, one set of names and the units that may be meant."""

    cues: Cues
    names: Names
    units: Units

    def tokens(self, text: str) -> list[Token]:
        """The sentence in order; blanks are left out."""
        return _dated(_summed(self._worded(list(self._raw(text)))))

    def _raw(self, text: str) -> Iterator[Token]:
        """Names first, and between them whatever there is."""
        at = 0
        for span in self.names.found(text):
            if span.start >= at:
                yield from self._between(text, at, span.start)
                yield Token(
                    "name",
                    span.start,
                    span.end,
                    text[span.start : span.end].lower(),
                    owners=span.owners,
                )
                at = span.end
        yield from self._between(text, at, len(text))

    def _between(self, text: str, at: int, end: int) -> Iterator[Token]:
        while found := TOKEN.search(text, at, end):
            token = self._token(found, text)
            yield token
            at = token.end

    def _token(self, found: re.Match[str], text: str) -> Token:
        start, end = found.span()
        if found["slot"]:
            item, _, role = found["slot"][1:-1].partition(".")
            return Token("slot", start, end, found[0], item=item, role=role)
        if found["digits"]:
            unit, length = self.units.at(text, end)
            return Token("number", start, end + length, found["digits"], unit=unit)
        if found["word"]:
            return Token("word", start, end, found[0].lower())
        if found["mark"]:
            return Token("mark", start, end, found[0])
        clock = Clock.of_time(found) if found["hour"] else Clock.of_date(found)
        return Token("time", start, end, found[0], clock=clock)

    def _worded(self, raw: list[Token]) -> Iterator[Token]:
        """Words by the lexicon, the longest phrase first; hyphens join nothing."""
        at = 0
        while at < len(raw):
            if raw[at].kind != "word":
                yield raw[at]
                at += 1
                continue
            run = _run(raw, at)
            at += len(run)
            words = [token for token in run if token.kind == "word"]
            yield from self._phrases(words, closed=at == len(raw) or raw[at].kind == "mark")

    def _phrases(self, words: list[Token], *, closed: bool = False) -> Iterator[Token]:
        spelled = [word.text for word in words]
        at = 0
        while at < len(words):
            length, tags = self.cues.at(spelled, at, closed=closed)
            last = words[at + max(length, 1) - 1]
            owners = self.names.of(words[at].text) if length <= 1 else NOBODY
            if owners and (not length or tags == ONLY_PLAIN):
                yield replace(words[at], kind="name", owners=owners)
            elif length:
                text = " ".join(spelled[at : at + length])
                yield self._claiming(replace(words[at], end=last.end, text=text, tags=tags))
            else:
                yield from self._compound(words[at])
            at += max(length, 1)

    def _claiming(self, word: Token) -> Token:
        """A number word is a number."""
        for tag in word.tags:
            if tag.startswith(NUMBER_TAG) and tag != "number plain":
                return replace(word, kind="number", text=tag.removeprefix(NUMBER_TAG))
        return word

    def _compound(self, word: Token) -> Iterator[Token]:
        pieces = parts(word.text, self.cues.language)
        if len(pieces) < 2:  # a compound has two parts
            yield replace(word, kind="unknown")
            return
        for piece in pieces:
            yield from self._phrases([replace(word, text=piece)])


def _run(raw: list[Token], at: int) -> list[Token]:
    """Words in a row, hyphens between them included."""
    end = at
    while end < len(raw) and (raw[end].kind == "word" or _hyphen(raw, end)):
        end += 1
    return raw[at:end]


def _hyphen(raw: list[Token], at: int) -> bool:
    return raw[at].text == "-" and at + 1 < len(raw) and raw[at + 1].kind == "word"


def _summed(tokens: Iterator[Token]) -> Iterator[Token]:
    """`2 h 20 min` as one number of seconds; units behind number words too."""
    before: Token | None = None
    for token in tokens:
        if before is not None and _adds(before, token):
            seconds = _seconds(before) + _seconds(token)
            before = replace(
                before, end=token.end, text=f"{seconds:g}", unit="s", factor=TIME_SCALE[token.unit]
            )
            continue
        if before is not None:
            yield before
        before = token
    if before is not None:
        yield before


def _adds(one: Token, other: Token) -> bool:
    if one.kind != "number" or other.kind != "number":
        return False
    scale, smaller = TIME_SCALE.get(one.unit, 0.0), TIME_SCALE.get(other.unit, 0.0)
    whole = one.text.isdigit() and other.text.isdigit()
    return whole and 0 < smaller < (scale if one.factor == 1.0 else one.factor)


def _seconds(token: Token) -> float:
    return float(token.text) * TIME_SCALE[token.unit]


def _dated(tokens: Iterator[Token]) -> list[Token]:
    """A date beside a time belongs to it."""
    found: list[Token] = []
    for token in tokens:
        link = len(found) > 1 and found[-1].text in DATE_LINKS and found[-2].kind == "time"
        other = found[-2] if link else found[-1] if found else None
        if token.kind == "time" and other is not None and other.kind == "time":
            joined = _joined(other, token)
            if joined is not None:
                del found[-2 if link else -1 :]
                found.append(joined)
                continue
        found.append(token)
    return found


def _joined(one: Token, other: Token) -> Token | None:
    first, second = one.clock, other.clock
    if first is None or second is None or (first.hour is None) == (second.hour is None):
        return None
    clock = second.on(first) if first.hour is None else first.on(second)
    return replace(one, end=other.end, text=clock.text, clock=clock)
