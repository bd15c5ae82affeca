"""A note made readable by rule: abbreviations of the trade spelt out, shouting left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prompting.tasks.note_words import Span, lexicon, words_of

_SHOUTING = re.compile(r"([!?.,])[!?.,\s]*(?=[!?.,])")
_STOP = re.compile(r"[.!?\u2026]\Z")


def speaks(note: str, language: str) -> bool:
    """Whether the note is in that language, as far as small words and abbreviations show."""
    words = {word.text.lower() for word in words_of(note)}
    known = lexicon()
    own = known.function_words[language] | frozenset(known.abbreviations[language])
    other = frozenset().union(
        *(found for name, found in known.function_words.items() if name != language)
    )
    return bool(words & own) and not words & (other - own)


def spelt_out(note: str, language: str) -> str:
    """The same words, with those abbreviations spelt out that mean one thing only."""
    pieces, after = [], 0
    for word in words_of(note):
        full = _full(note, word, language)
        pieces += [note[after : word.start], full]
        after = word.end
        if full != word.text and note[after : after + 1] == "." and _goes_on(note, after + 1):
            after += 1
    text = "".join([*pieces, note[after:]])
    text = _SHOUTING.sub("", text.replace("!", ".")).strip(" ,;-")
    text = text[:1].upper() + text[1:] if _may_be_raised(text) else text
    return text if _STOP.search(text) else f"{text}."


def _full(note: str, word: Span, language: str) -> str:
    before = note[: word.start].rstrip()
    if before.endswith("#"):
        return word.text
    return lexicon().abbreviations[language].get(word.text.lower(), word.text)


def _goes_on(note: str, place: int) -> bool:
    rest = note[place:].lstrip()
    return bool(rest) and not rest[0].isupper()


def _may_be_raised(text: str) -> bool:
    """Not where the first word is a name such as `press-3`."""
    first = next(iter(_first(words_of(text))), "")
    return first.isalpha()


def _first(words: Iterable[Span]) -> Iterable[str]:
    for word in words:
        yield word.text
