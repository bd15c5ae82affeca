"""A plant's own library, copied to be measured: nothing that is in use is touched or waited for."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ingest.errors import SettingsFault, StoreFault
from rag.document import section_name
from rag.encoding import TextEncoder, Vectors
from rag.evaluation.case import Case
from rag.evaluation.questions import Asked
from rag.evaluation.ranking import gain_at, place_of_first
from rag.library import Library
from rag.retrieval import Found, Retrieved
from rag.settings import RagSettings
from rag.store_copy import copied
from rag.tuning import FILE


class Remembering:
    """An encoder that makes the vector of a question once, however often it is asked."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    @property
    def name(self) -> str:
        """Of the encoder behind it."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """Of the encoder behind it."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encoder.encode([text])[0]
        return np.stack([self._known[text] for text in texts])


@contextmanager
def snapshot(home: Path, encoder: TextEncoder, *, settings: RagSettings) -> Iterator[Library]:
    """A library over a copy of the document store of ANDON_HOME, with its vectors.

    Raises:
        SettingsFault: there is no document store yet.
    """
    with tempfile.TemporaryDirectory(prefix="andon-evaluate-") as folder:
        copy_documents(home, Path(folder))
        apart = settings.model_copy(update={"qdrant_url": ""})
        with Library(Path(folder), Remembering(encoder), settings=apart) as library:
            yield library


def cases(questions: Sequence[Asked]) -> list[Case]:
    """Questions for a calibration; those about one document belong together.

    A question that only says words of its answer, and no place, says nothing of a ranking.
    """
    return [_case(asked) for asked in questions if asked.expected or asked.declined]


def _case(asked: Asked) -> Case:
    def gain(retrieved: Retrieved) -> float:
        places = (_place(found) for found in retrieved.found)
        right = [any(one.is_met_by(place) for one in asked.expected) for place in places]
        return gain_at(place_of_first(right))

    return Case(
        question=asked.question,
        group=asked.expected[0].document if asked.expected else f"declined {asked.id}",
        machine=asked.machine,
        machine_kind=asked.machine_kind,
        gain=gain if asked.expected else None,
    )


def _place(found: Found) -> Mapping[str, Any]:
    """With the fields of a citation."""
    passage = found.passage
    return {
        "document": found.document.id,
        "revision": found.document.revision,
        "page": passage.page,
        "last_page": passage.last_page,
        "section": section_name(passage.section),
        "quote": passage.text,
    }


def copy_documents(home: Path, other: Path) -> None:
    """The document store of one home, with its vectors and its tuning, into another.

    Raises:
        SettingsFault: there is none.
        StoreFault: it cannot be copied.
    """
    documents, target = home / "documents", other / "documents"
    store = documents / "library.db"
    if not store.is_file():
        raise SettingsFault(
            f"There is no document store {store}.",
            remedy="Name its folder with --home, or take documents in with andon docs add.",
        )
    target.mkdir()
    copied(store, target / store.name)
    try:
        if (documents / FILE).is_file():
            shutil.copyfile(documents / FILE, target / FILE)
    except OSError as fault:
        raise StoreFault(f"{documents / FILE}: it cannot be copied: {fault}.") from fault
