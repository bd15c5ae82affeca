"""Whether a sentence of a model holds: its quote stands in the passage, and says what it says.

What this check does not understand does not stand. Every word of a sentence that says something
must stand in the words that it quotes, in the headings above them or in the question; numbers,
units and identifiers, what is denied, what is on a condition, and which way something goes must
stand in the quoted words themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ingest.quotes import Excerpt, QuotedSentence
from rag.identifiers import find_codes
from rag.plain import plain
from rag.quantities import Quantity, quantities
from rag.sense import MUST_BE_QUOTED, NEUTRAL, NUMBER_WORDS, conditions, denies, directions
from rag.terms import terms

FEWEST_LETTERS, FEWEST_WORDS = 12, 3
"""A shorter quote says nothing, unless it is a whole line of the passage."""
LONGEST_SENTENCE = 400
_QUOTES = str.maketrans("\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
                        "'''''\"\"\"\"\"\"\"")  # fmt: skip
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"[<>{}\[\]|`*\\\ufffd]|__|^\s*#")
_LINK = re.compile(
    r"\w+://|\b(?:javascript|data|mailto|file):|www\.|\S@\S|\w\.(?:com|net|org|de|io|xyz|info)\b",
    re.IGNORECASE,
)
_ABOUT_ITSELF = re.compile(
    r"\b(?:your|the) (?:answers?|responses?|repl(?:y|ies)|outputs?|instructions)\b|\bthe users?\b"
    r"|\b(?:assistant|chatbot|language model|system prompt|previous instructions|as an ai)\b"
    r"|\b(?:deine[rnms]?|ihre[rnms]?) (?:antwort|ausgabe)\w*|\bsprachmodell\b",
    re.IGNORECASE,
)
"""Words to whoever writes answers and not to a person at a machine."""
_ENDS = re.compile(r"(?<=[.!?;])\s+|\n")


def folded(text: str) -> str:
    """Without the differences that typesetting makes: blanks, quotation marks, hyphens."""
    composed = unicodedata.normalize("NFKC", plain(text)).translate(_QUOTES)
    return " ".join(_DASHES.sub("-", composed).split())


def objection(
    sentence: QuotedSentence, excerpts: Mapping[str, Excerpt], *, question: str, language: str
) -> str:
    """Why a sentence may not stand; empty if it may.

    Args:
        sentence: As the model wrote it.
        excerpts: What the model was shown, by id.
        question: Whose words a sentence may use.
        language: Of the passage, for its numbers.
    """
    excerpt = excerpts.get(sentence.passage)
    if excerpt is None:
        return "cites a passage that it was not shown"
    text, quote = folded(sentence.text), folded(sentence.quote)
    if not text or len(text) > LONGEST_SENTENCE or plain(sentence.text) != sentence.text:
        return "is empty, too long or holds what nobody sees"
    if _MARKUP.search(sentence.text) or _LINK.search(f"{sentence.text}\n{sentence.quote}"):
        return "holds markup or a link"
    if _ABOUT_ITSELF.search(sentence.text):
        return "speaks of the answer and not of the machine"
    if not stands_in(quote, excerpt.text):
        return "quotes words that do not stand in the passage"
    around = _around(quote, folded(excerpt.text))
    above = f"{excerpt.title} {excerpt.section}"
    return (
        _wrong_figures(text, quote, language)
        or _wrong_sense(text, around)
        or _foreign_words(text, around, f"{above} {question}")
    )


def stands_in(quote: str, text: str) -> bool:
    """Whether these folded words stand in the text, from word to word and enough of them."""
    whole = folded(text)
    at = whole.find(quote)
    while at >= 0 and not _whole_words(whole, at, at + len(quote)):
        at = whole.find(quote, at + 1)
    if at < 0 or not quote:
        return False
    lines = {folded(line) for line in text.split("\n")}
    long = len(quote) >= FEWEST_LETTERS and len(_WORD.findall(quote)) >= FEWEST_WORDS
    return long or (quote in lines and bool(_WORD.search(quote)))


def _whole_words(text: str, start: int, end: int) -> bool:
    """Nothing is cut: neither `12 bar` out of `112 bar` nor `1` out of `1.5`."""
    before, behind = text[max(0, start - 2) : start], text[end : end + 2]
    cut_before = (before[-1:].isalnum() and text[start].isalnum()) or bool(
        re.fullmatch(r"\d[.,]", before) and text[start].isdigit()
    )
    cut_behind = (behind[:1].isalnum() and text[end - 1].isalnum()) or bool(
        re.match(r"[.,]\d", behind) and text[end - 1].isdigit()
    )
    return not (cut_before or cut_behind)


def _around(quote: str, text: str) -> str:
    """The whole sentences of the passage that the quote stands in."""
    at = text.find(quote)
    ends = [match.end() for match in _ENDS.finditer(text)]
    start = max((end for end in ends if end <= at), default=0)
    stop = min((end for end in ends if end >= at + len(quote)), default=len(text))
    return text[start:stop]


def _wrong_figures(text: str, quote: str, language: str) -> str:
    """Numbers, units and identifiers must stand in the quoted words."""
    there = quantities(quote, language)
    if any(not _stands_among(one, there) for one in quantities(text, language)):
        return "holds a number or a unit that its quote does not"
    if set(find_codes(text)) - set(find_codes(quote)):
        return "names an identifier that its quote does not"
    words = _words(quote)
    numbers = {one.number for one in there}
    for word in _words(text):
        value = NUMBER_WORDS.get(word)
        if value is not None and value not in numbers and word not in words:
            return "holds a number in words that its quote does not"
    return ""


def _stands_among(one: Quantity, there: Sequence[Quantity]) -> bool:
    if one.unit:
        return any(one.measure == other.measure for other in there if other.unit)
    return any(one.number == other.number for other in there)


def _wrong_sense(text: str, around: str) -> str:
    if denies(text) != denies(around):
        return "forbids or denies something else than its quote"
    if conditions(around) - conditions(text):
        return "leaves out a condition of its quote"
    if directions(text) - directions(around):
        return "goes another way than its quote"
    return ""


def _foreign_words(text: str, around: str, above: str) -> str:
    """Words that say something and stand nowhere that they could be from."""
    quoted = set(_words(around))
    strange = [word for word in _words(text) if word in MUST_BE_QUOTED and word not in quoted]
    if strange:
        return "adds a permission or leaves something out that its quote does not"
    known = set(terms(f"{around} {above}")) | NEUTRAL
    said = {term for term in terms(_without_figures(text)) if term[0] != "#"}
    if said - known:
        return "uses words that stand neither in its quote nor above it"
    return ""


def _without_figures(text: str) -> str:
    """Numbers and their units were held against the quote before."""
    for one in reversed(quantities(text)):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
