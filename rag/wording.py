"""A question as the searches put it: weighted terms and texts, also in the documents' language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import regex

from rag.catalog import Catalog
from rag.glossary import Groups, glossary
from rag.terms import STOPWORDS, idf, stem, terms

_WORD = regex.compile(r"\p{L}+")


@dataclass(frozen=True, slots=True)
class Wording:
    """What is searched for."""

    texts: tuple[str, ...]
    """To be embedded: the question, and what it is word by word in English."""
    terms: Mapping[str, float]
    """Every term in either language with its weight."""
    asked: tuple[Mapping[str, float], ...]
    """Terms that a passage that answers should hold: of the question, of its translation."""


def wording(question: str, catalog: Catalog, languages: Iterable[str]) -> Wording:
    """A question for documents in these languages.

    A German question about English documents is also put in English, word by word, and an English
    one is given the German words of the trade: an encoder of one language cannot do it.
    """
    words = glossary()
    german = words.is_german(question)
    others = {language[:2].casefold() for language in languages} - {"de" if german else "en"}
    own = Counter(terms(question))
    if not others & {"de", "en"}:
        weights = _weighed(own, catalog)
        return Wording((question,), weights, (weights,))
    groups = [_groups(word, german=german) for word in _WORD.findall(question.casefold())]
    known = catalog.counts([term for each in groups for group in each for term in group])
    mine = _weighed(own, catalog)
    chosen = Counter(_chosen(question, groups, known, own))
    theirs = _weighed(chosen, catalog)
    every = _weighed(Counter(t for each in groups for g in each for t in g if t in known), catalog)
    texts = (question, words.glossed(question)) if german else (question,)
    return Wording(texts, {**every, **theirs, **mine}, (mine, theirs))


def _groups(word: str, *, german: bool) -> Groups:
    """Stems of what a word may be in the other language."""
    if word in STOPWORDS:
        return ()
    found = glossary().english(word) if german else glossary().german(word)
    return tuple(tuple(dict.fromkeys(map(stem, group))) for group in found)


def _chosen(
    question: str, groups: Iterable[Groups], known: Mapping[str, int], own: Mapping[str, int]
) -> Iterator[str]:
    """The terms of the translation: for each word the one that most passages have."""
    replaced = set()
    for word, each in zip(_WORD.findall(question.casefold()), groups, strict=True):
        for group in each:
            if there := [term for term in group if term in known]:
                replaced.add(stem(word))
                best = max(there, key=lambda term: known[term])
                if best not in STOPWORDS:
                    yield best
    yield from (term for term in own if term not in replaced)


def _weighed(counts: Mapping[str, int], catalog: Catalog) -> dict[str, float]:
    """IDF of each term, times how often it is asked for."""
    known, size = catalog.counts(list(counts)), catalog.size()
    return {term: n * idf(size, known.get(term, 0)) for term, n in counts.items()}
