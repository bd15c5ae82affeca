"""The ladder: every candidate on the same folds, hopeless dear ones ended, the choice explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from finetune.candidates.lora_training import Part
from finetune.candidates.recipe import Known, Making, Recipe
from finetune.candidates.recipes import tabular_recipes, text_recipes, up_to
from finetune.checkpoint import Checkpoint
from finetune.examples import Examples, Fitted, Floats, Rows
from finetune.ladder import Contest, Rung, choose, climb
from finetune.progress import Steps
from finetune.reasons import reasons
from finetune.split import Fold
from ingest.errors import SettingsFault

CLASSES = 3
ENDED = "ahead in fewer than 5% of resamples after fold 1 of 3, fitted no further"
ROWS = 120
LABELS: Rows = np.arange(ROWS) % CLASSES
TABLE = np.arange(ROWS, dtype=np.float64).reshape(-1, 1)


@dataclass
class Guess:
    """Right for a share of the rows, which it knows by their number."""

    share: float
    shift: int

    def scores(self, examples: Examples) -> Floats:
        """One point for the label that it says."""
        rows = examples.table[:, 0].astype(np.int64)
        right = (rows * 37 + self.shift) % 100 < self.share * 100
        said = np.where(right, rows % CLASSES, (rows + 1) % CLASSES)
        return np.eye(CLASSES)[said] * 2.0

    def write(self, folder: Path) -> None:
        """Nothing."""


@dataclass
class Toy:
    """A candidate of a given quality that counts its fits."""

    name: str
    share: float = 0.5
    members: tuple[str, ...] = ()
    dear: bool = False
    fits: list[int] = field(default_factory=list)
    stopped_early_by: list[int] = field(default_factory=list)

    def fit(self, part: Part, making: Making) -> Fitted:
        """Remembers on how many rows."""
        self.fits.append(len(part.labels))
        self.stopped_early_by.append(0 if making.validation is None else len(part.labels))
        return Guess(self.share, 31 * ord(self.name))

    def read(self, folder: Path, known: Known) -> Fitted:
        """The same."""
        return Guess(self.share, 31 * ord(self.name))

    def epochs(self, fitted: Fitted) -> int:
        """As many as fits before."""
        return len(self.fits)


def folds(count: int = 3) -> tuple[Fold, ...]:
    parts = np.array_split(np.arange(ROWS), count)
    return tuple(Fold(np.setdiff1d(np.arange(ROWS), held), held) for held in parts)


def contest(path: Path | None = None) -> Contest:
    names = [f"{name}, fold {at} of 3" for name in "abcd" for at in (1, 2, 3)]
    return Contest(
        Examples(table=TABLE),
        LABELS,
        folds(),
        lambda rows: Fold(rows[8:], rows[:8]),
        CLASSES,
        0,
        Steps(dict.fromkeys(names, 1.0), lambda what, share: None).begin,
        Checkpoint(path),
    )


def climbed(*recipes: Recipe) -> list[Rung]:
    return climb(contest(), recipes)


def chosen_of(rungs: Sequence[Rung]) -> str:
    return choose(rungs, LABELS, seed=0).name


def test_every_row_is_scored_by_a_fit_that_has_not_seen_it() -> None:
    """Three fits on two thirds each; cheap ones need no rows to stop by."""
    cheap = Toy("a", 0.7)
    (rung,) = climbed(cheap)
    assert cheap.fits == [80, 80, 80]
    assert cheap.stopped_early_by == [0, 0, 0]
    assert rung.probabilities.shape == (ROWS, CLASSES)
    assert rung.accuracy(LABELS) == pytest.approx(0.7, abs=0.05)
    assert rung.epochs == 2


def test_a_dear_candidate_that_is_clearly_behind_is_ended() -> None:
    """After its first fold; the row says so and it is not chosen."""
    dear = Toy("b", 0.2, dear=True)
    rungs = climbed(Toy("a", 0.8), dear)
    assert dear.fits == [72]
    assert dear.stopped_early_by == [72]
    assert rungs[1].ended == ENDED
    assert len(rungs[1].probabilities) == 40
    assert chosen_of(rungs) == "a"


@pytest.mark.parametrize("share", [0.78, 0.95])
def test_a_dear_candidate_that_may_win_is_fitted_on_every_fold(share: float) -> None:
    """Level or ahead."""
    dear = Toy("b", share, dear=True)
    rungs = climbed(Toy("a", 0.8), dear)
    assert len(dear.fits) == 3
    assert rungs[1].ended == ""
    assert chosen_of(rungs) == ("b" if share > 0.9 else "a")


def test_a_member_goes_on_while_its_average_may_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind by itself is not hopeless where its average is not behind."""
    dear = Toy("b", 0.2, dear=True)
    average = Toy("c", members=("a", "b"))
    climbed(Toy("a", 0.8), dear, average)
    assert len(dear.fits) == 1
    again = Toy("b", 0.2, dear=True)
    monkeypatch.setattr("finetune.ladder._Race._behind", lambda self, hope: hope.name != "c")
    rungs = climbed(Toy("a", 0.8), again, average)
    assert len(again.fits) == 3
    assert not rungs[2].ended


def test_an_average_of_an_ended_candidate_is_ended_with_it() -> None:
    """On the rows that both were scored on."""
    rungs = climbed(Toy("a", 0.8), Toy("b", 0.2, dear=True), Toy("c", members=("a", "b")))
    assert rungs[2].ended == "b was ended"
    assert len(rungs[2].probabilities) == 40
    assert chosen_of(rungs) == "a"


def test_a_dearer_one_must_beat_the_noise() -> None:
    """A gain within it is named, and the cheaper candidate is taken."""
    rungs = climbed(Toy("a", 0.70), Toy("b", 0.73), Toy("c", 0.3, dear=True))
    assert chosen_of(rungs) == "a"
    near, ended = reasons(rungs, rungs[0], LABELS, seed=0)
    assert near.startswith("b is 0.0")
    assert "ahead of a, which is less than the noise of 120 rows" in near
    assert ended == f"c: {ENDED}."


def test_the_choice_says_what_it_beats() -> None:
    """How far, and in how many resamples; dearer ones that are behind are named too."""
    rungs = climbed(Toy("a", 0.5), Toy("b", 0.9), Toy("c", 0.8), Toy("d", 0.9))
    assert chosen_of(rungs) == "b"
    beaten, behind, level = reasons(rungs, rungs[1], LABELS, seed=0)
    assert "macro-F1 ahead of a, and is ahead in 100% of resamples" in beaten
    assert behind.startswith("c is dearer and 0.")
    assert behind.endswith("behind b.")
    assert level == "d is dearer and level with b."


def test_the_ladder_ends_where_it_is_asked_to() -> None:
    """And names its rungs where it is asked for one that it does not have."""
    assert [one.name for one in up_to(text_recipes(), "hybrid")] == ["majority", "tfidf", "hybrid"]
    assert up_to(tabular_recipes(), None) == tabular_recipes()
    with pytest.raises(SettingsFault, match="no rung lora; it has majority, logistic regression"):
        up_to(tabular_recipes(), "lora")


def test_what_was_done_before_a_kill_is_not_done_again(tmp_path: Path) -> None:
    """The same answers without a single fit."""
    first = climb(contest(tmp_path), [Toy("a", 0.8), Toy("b", 0.8, dear=True)])
    cheap, dear = Toy("a", 0.1), Toy("b", 0.1, dear=True)
    world = contest(tmp_path)
    again = climb(world, [cheap, dear])
    assert not cheap.fits
    assert not dear.fits
    assert world.checkpoint.resumed == 6
    for one, other in zip(first, again, strict=True):
        assert (one.probabilities == other.probabilities).all()
        assert (one.epochs, one.seconds, one.temperature) == (
            other.epochs,
            other.seconds,
            other.temperature,
        )


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 0x10
    path.write_bytes(bytes(raw))


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def deepen(path: Path) -> None:
    header = b'{"__metadata__":' + b"[" * 100_000
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def boast(path: Path) -> None:
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")


def link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def pickled(path: Path) -> None:
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize("harm", [flip, shorten, deepen, boast, link, pickled])
def test_a_piece_that_is_not_what_was_written_is_made_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """And named, never believed."""
    first = climb(contest(tmp_path), [Toy("a", 0.8)])
    harm(tmp_path / "a-fold-2.safetensors")
    world, cheap = contest(tmp_path), Toy("a", 0.8)
    again = climb(world, [cheap])
    assert cheap.fits == [80]
    assert world.checkpoint.discarded == ["a-fold-2"]
    assert world.checkpoint.resumed == 2
    assert (again[0].probabilities == first[0].probabilities).all()


def test_progress_is_of_the_whole_and_never_goes_back() -> None:
    """A step that begins ends all before it, also where one begins again."""
    heard: list[tuple[str, float]] = []
    steps = Steps({"one": 1.0, "two": 2.0, "three": 1.0}, lambda *said: heard.append(said))
    steps.begin("one")(0.5)
    steps.begin("three")(0.0)
    steps.begin("one")
    steps.begin("three")(1.0)
    assert heard == [
        ("one", 0.0),
        ("one", 0.125),
        ("three", 0.75),
        ("three", 0.75),
        ("one", 0.75),
        ("three", 0.75),
        ("three", 1.0),
    ]
