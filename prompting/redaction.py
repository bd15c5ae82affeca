"""Words that must not leave the machine, hidden behind placeholders before a model is asked.

Within one request the same words get the same placeholder, such as `[name-1]`. What a reply says
in its quoted fields gets them back; elsewhere a placeholder stays one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

LONGEST_LOOK_S = 0.25
"""For one rule over one text; a text that takes longer is withheld whole."""
PLACEHOLDER = regex.compile(r"\[([a-z][a-z0-9_]*-\d+)\]")
WITHHELD = "withheld"
APOSTROPHE = r"['\u2019]"


@dataclass(frozen=True, slots=True)
class Rule:
    """What to hide, and the word that stands for it."""

    name: str
    pattern: regex.Pattern[str]


EMAIL = Rule("email", regex.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"))
PHONE = Rule(
    "phone",
    regex.compile(
        r"(?<![\w.,:/-])(?!\d\d?[./-]\d\d?[./ -]\d)"  # no date
        r"(?:(?:\+|00)\d{1,3}[ /.()-]*(?:\d[ /()-]*){5,13}\d"
        r"|0\d{1,5}[ /-]{1,3}\d(?:[ -]?\d){3,10}"
        r"|0\d{8,14})(?![\w])"
    ),
)
BUILT_IN: Mapping[str, Rule] = {rule.name: rule for rule in (EMAIL, PHONE)}


def words_rule(name: str, words: Collection[str]) -> Rule:
    """A rule for whole words in any case, with umlauts written either way and a genitive s."""
    spellings = {form for entry in words for form in _spellings(entry)}
    ordered = sorted(spellings, key=lambda form: (-len(form), form))
    together = "|".join(r"\s+".join(map(regex.escape, form.split())) for form in ordered)
    pattern = rf"(?<!\w)(?:{together})(?:{APOSTROPHE}?s)?(?!\w)"
    return Rule(name, regex.compile(pattern, regex.IGNORECASE | regex.FULLCASE))


def _spellings(words: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFC", words)
    yield plain
    yield plain.translate(_TWO_LETTERS)


_TWO_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """The rules; none: everything is sent as it is."""

    rules: tuple[Rule, ...] = ()

    def masks(self) -> Masks:
        """For one request."""
        return Masks(self.rules)


class Masks:
    """The placeholders of one request."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = tuple(rules)
        self._placeholders: dict[tuple[str, str], str] = {}
        self._words: dict[str, str] = {}

    def hide(self, text: str, *, keep: Collection[str] = ()) -> str:
        """The text with every match behind its placeholder.

        Args:
            text: Words of people or machines.
            keep: Words that our own code put there, such as ids; these stay.
        """
        if not self._rules:
            return text
        plain = PLACEHOLDER.sub(r"(\1)", unicodedata.normalize("NFC", text))
        try:
            spans = self._spans(plain, keep)
        except TimeoutError:
            return self._placeholder(WITHHELD, plain)
        parts, after = [], 0
        for start, end, name in spans:
            parts += [plain[after:start], self._placeholder(name, plain[start:end])]
            after = end
        return "".join([*parts, plain[after:]])

    def restore(self, found: Any, fields: Collection[str]) -> Any:
        """A reply with the words put back, below the properties of those names only."""
        if isinstance(found, Mapping):
            return {
                name: self._back(value) if name in fields else self.restore(value, fields)
                for name, value in found.items()
            }
        if isinstance(found, list):
            return [self.restore(value, fields) for value in found]
        return found

    def _back(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._back(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._back(inner) for inner in value]
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda mark: self._words.get(mark[0], mark[0]), value)
        return value

    def _spans(self, text: str, keep: Collection[str]) -> list[tuple[int, int, str]]:
        """Where something is to be hidden; matches that overlap become one."""
        kept = list(_kept(text, keep))
        found = [
            (match.start(), match.end(), rule.name)
            for rule in self._rules
            for match in rule.pattern.finditer(text, timeout=LONGEST_LOOK_S)
            if match.end() > match.start()
            and not any(first <= match.start() and match.end() <= last for first, last in kept)
        ]
        spans: list[tuple[int, int, str]] = []
        for start, end, name in sorted(found, key=lambda span: (span[0], -span[1])):
            if spans and start < spans[-1][1]:
                before, last, first_name = spans[-1]
                spans[-1] = (before, max(last, end), first_name)
            else:
                spans.append((start, end, name))
        return spans

    def _placeholder(self, name: str, words: str) -> str:
        key = (name, words.casefold())
        if key not in self._placeholders:
            number = sum(1 for known, _ in self._placeholders if known == name) + 1
            mark = f"[{name}-{number}]"
            self._placeholders[key] = mark
            self._words[mark] = words
        return self._placeholders[key]


def _kept(text: str, keep: Collection[str]) -> Iterator[tuple[int, int]]:
    if not any(keep):
        return
    ordered = sorted(filter(None, keep), key=lambda words: (-len(words), words))
    whole = r"(?<![\w-])(?:" + "|".join(map(regex.escape, ordered)) + r")(?![\w-])"
    for match in regex.finditer(whole, text):
        yield match.start(), match.end()
