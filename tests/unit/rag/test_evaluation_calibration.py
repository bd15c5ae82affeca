"""What is chosen for a collection is chosen on some questions and judged on the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.errors import SettingsFault, StoreFault
from rag.evaluation.calibration import Calibration, calibrate, candidates
from rag.evaluation.case import Case, fusion_name
from rag.evaluation.own import Remembering, cases, snapshot
from rag.evaluation.questions import Asked, Expected
from rag.library import Library
from rag.retrieval import Retrieved
from rag.settings import RagSettings
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.rag.writing import front, write

WORDS = ("belt", "pump", "valve", "gauge", "fan", "chain", "brake", "sensor", "filter", "motor")
STRANGE = ("poem", "lunch", "holiday", "football", "weather", "recipe", "song", "novel", "pizza",
           "beach", "museum", "train")  # fmt: skip


def filled(folder: Path, encoder: HashingEncoder, settings: RagSettings) -> Library:
    opened = Library(folder / "home", encoder, settings=settings)
    for word in WORDS:
        text = front(word.upper(), title=f"The {word}") + f"Replace the worn {word} at once."
        opened.add(write(folder, f"{word}.md", text))
    return opened


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return filled(tmp_path, HashingEncoder(), RagSettings(support_min=0.05))


def questions() -> list[Asked]:
    have = [
        Asked(id=word, question=f"{word} worn, replace it?",
              expected=(Expected(document=word.upper()),))
        for word in WORDS
    ]  # fmt: skip
    lack = [Asked(id=word, question=f"which {word} today?", declined=True) for word in STRANGE]
    return [*have, *lack]


def made(library: Library) -> Calibration:
    return calibrate(library, cases(questions()), false_answers=0.0)


def test_the_threshold_divides_what_was_asked(library: Library) -> None:
    """The shipped one answered everything; the one that was chosen answers what has an answer."""
    with library:
        found = made(library)
    assert (found.answerable, found.unanswerable) == (len(WORDS), len(STRANGE))
    assert found.settings.support_min > 0.05
    assert found.after.answered == 1.0
    assert found.after.false_answers == 0.0
    assert found.after.auroc == 1.0
    assert found.is_better


def test_the_library_is_as_it_was(library: Library) -> None:
    """Also when a question breaks the measurement."""
    before = library.settings

    def broken(_: Retrieved) -> float:
        raise RuntimeError("broken")

    with library:
        made(library)
        assert library.settings is before
        with pytest.raises(RuntimeError):
            calibrate(library, [Case("belt", "g", gain=broken)])
        assert library.settings is before


def test_what_is_in_force_stays_unless_another_is_clearly_better(library: Library) -> None:
    """All fusions find these, so none of them is chosen."""
    with library:
        found = made(library)
    assert fusion_name(found.settings) == fusion_name(library.settings)
    assert set(found.tried) == {fusion_name(one) for one in candidates(library.settings)}


class Blind(HashingEncoder):
    """Sees no difference between texts."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows[:, 0] = 1.0
        return rows


def test_a_fusion_that_ranks_better_is_chosen(tmp_path: Path) -> None:
    """Vectors that are all the same tell nothing; the search of words is found to be better."""
    settings = RagSettings(fusion="dense")
    with filled(tmp_path, Blind(), settings) as library:
        found = made(library)
    assert found.settings.fusion != "dense"
    assert found.after.ndcg_at_10 == 1.0
    assert found.before.ndcg_at_10 < 0.9


@pytest.mark.parametrize("unanswerable", [0, 9])
def test_with_few_unanswerable_questions_the_threshold_stays(
    unanswerable: int, library: Library
) -> None:
    """Nothing says where it should stand."""
    with library:
        found = calibrate(library, cases(questions()[: len(WORDS) + unanswerable]))
    assert found.unanswerable == unanswerable
    assert found.settings.support_min == 0.05


def test_a_copy_is_measured_while_the_library_is_in_use(library: Library, tmp_path: Path) -> None:
    """Nothing is encoded again, and the library in use is not touched."""
    encoder = HashingEncoder()
    with library, snapshot(tmp_path / "home", encoder, settings=RagSettings()) as copy:
        assert [d.id for d in copy.documents()] == [d.id for d in library.documents()]
        assert copy.retrieve("worn belt").found[0].document.id == "BELT"
        copy.remove("BELT")
        assert encoder.encoded == 1
        assert library.retrieve("worn belt").found[0].document.id == "BELT"


def test_without_a_store_there_is_nothing_to_measure(tmp_path: Path) -> None:
    """Said with what to do; a damaged one likewise."""
    with (
        pytest.raises(SettingsFault, match="--home"),
        snapshot(tmp_path, HashingEncoder(), settings=RagSettings()),
    ):
        pass
    write(tmp_path / "documents", "library.db", "no database " * 500)
    with (
        pytest.raises(StoreFault, match=r"library\.db"),
        snapshot(tmp_path, HashingEncoder(), settings=RagSettings()),
    ):
        pass


def test_a_question_is_encoded_once() -> None:
    """However often it is asked under other settings."""
    encoder = HashingEncoder()
    remembering = Remembering(encoder)
    first = remembering.encode(["belt", "pump"])
    assert (remembering.encode(["pump", "belt"])[::-1] == first).all()
    assert encoder.encoded == 2
    assert (remembering.name, remembering.dimension) == ("hashing", 256)
