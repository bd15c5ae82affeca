"""A plant's papers made up at a fixed seed: 100,000 passages of 200 machines, as words and vectors.

Words are drawn as language draws them (Zipf, less the stop words, which nothing keeps), a third of
them from the few that a topic has for itself, so that passages gather by topic in the space of the
vectors as they do in a real encoder's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from rag.document import Block, BlockKind, Document, DocumentKind, DocumentStatus
from rag.encoding import Vectors

SEED = 6
DIMENSION = 384
DOCUMENTS, SECTIONS = 2000, 50
MACHINES, KINDS, TOPICS = 200, 20, 400
TODAY = date(2026, 11, 22)
_VOCABULARY, _STOP_WORDS, _OWN, _WORDS = 30_000, 100, 40, 60
_SYLLABLES = "ba be bi bo du da fe fi ga go ka ke ko la le lo ma me mo na ne no pa pe ra re so ta"


class WordEncoder:
    """A text as the sum of the vectors of its words, rare ones counting more; no model."""

    name = "sum of words"
    dimension = DIMENSION

    def __init__(self) -> None:
        drawn = np.random.default_rng(SEED).normal(size=(_VOCABULARY, DIMENSION))
        rarity = np.sqrt(np.log2(np.arange(2, _VOCABULARY + 2)))
        self._vectors = (drawn * rarity[:, None]).astype(np.float32)
        self._numbers = {word: number for number, word in enumerate(words())}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Of unit length."""
        rows = np.stack([self._sum(text) for text in texts])
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def _sum(self, text: str) -> Vectors:
        found = (self._numbers.get(word) for word in re.findall(r"\w+", text.lower()))
        known = [number for number in found if number is not None]
        row: Vectors = self._vectors[known].sum(axis=0) + np.float32(1e-3)
        return row


def words() -> list[str]:
    """The vocabulary, most frequent first."""
    syllables = _SYLLABLES.split()
    size = len(syllables)
    return [
        "".join(syllables[number // size**place % size] for place in range(4))
        for number in range(_VOCABULARY)
    ]


def documents() -> Iterator[tuple[Document, list[Block]]]:
    """All revisions; every tenth document has a successor, 3 % are withdrawn."""
    drawn = np.random.default_rng(SEED)
    writer = _Writer(drawn)
    for number in range(DOCUMENTS):
        yield _document(number), writer.blocks(number)


def questions(count: int) -> list[tuple[str, str, str]]:
    """Questions with the machine that is asked about and its kind; every fourth names a code."""
    drawn = np.random.default_rng(SEED + 1)
    writer = _Writer(drawn)
    asked = []
    for number in range(count):
        machine = int(drawn.integers(MACHINES))
        code = f" E{drawn.integers(100, 1000)}" if number % 4 == 0 else ""
        text = " ".join(writer.sentence(int(drawn.integers(TOPICS)), 8)) + code
        asked.append((text, f"machine-{machine}", f"kind-{machine % KINDS}"))
    return asked


def _document(number: int) -> Document:
    machine = number % MACHINES
    second = number % 20 == 19
    begin = date(2020, 1, 1) + timedelta(days=number % 1500)
    return Document(
        id=f"DOC-{number - 1 if second else number}",
        title=f"Paper {number}",
        kind=list(DocumentKind)[number % len(DocumentKind)],
        machine_kinds=(f"kind-{machine % KINDS}",) if number % 10 else (),
        machines=(f"machine-{machine}",) if number % 2 else (),
        revision="2" if second else "1",
        effective_from=begin + timedelta(days=400) if second else begin,
        effective_until=None,
        status=DocumentStatus.WITHDRAWN if number % 33 == 1 else DocumentStatus.CURRENT,
        language="de" if number % 5 == 0 else "en",
        source=f"paper-{number}.md",
        source_hash=f"{number:064x}",
        readers=("engineer",) if number % 50 == 7 else (),
    )


class _Writer:
    """Draws words."""

    def __init__(self, drawn: np.random.Generator) -> None:
        self._drawn = drawn
        self._words = np.array(words())
        chance = 1.0 / np.arange(1 + _STOP_WORDS, _VOCABULARY + 1 + _STOP_WORDS)
        self._shares = np.cumsum(chance / chance.sum())

    def sentence(self, topic: int, length: int) -> list[str]:
        """Words of the language, a third of them of the topic."""
        common = np.searchsorted(self._shares, self._drawn.random(length))
        first = 2000 + topic * _OWN
        own = first + self._drawn.integers(_OWN, size=length)
        numbers = np.where(self._drawn.random(length) < 1 / 3, own, common)
        return [str(word) for word in self._words[np.minimum(numbers, _VOCABULARY - 1)]]

    def blocks(self, number: int) -> list[Block]:
        """One heading and one paragraph a passage; every third names a code."""
        topic = number % TOPICS
        made: list[Block] = []
        for section in range(SECTIONS):
            code = f" E{self._drawn.integers(100, 1000)}" if section % 3 == 0 else ""
            heading = " ".join(self.sentence(topic, 3))
            text = " ".join(self.sentence(topic, _WORDS)) + code
            made.append(Block(BlockKind.HEADING, heading, page=section + 1, level=2))
            made.append(Block(BlockKind.PARAGRAPH, text, page=section + 1))
        return made
