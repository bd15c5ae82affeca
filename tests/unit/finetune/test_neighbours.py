"""Unknown inputs: far from everything learnt, in words, in numbers, or in either of the two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finetune.examples import Examples, Floats
from finetune.near_texts import Vectors
from finetune.neighbours import MOST, Neighbours
from tests.unit.finetune.conftest import number_rows

LOST = 0.05


def directions(count: int, *, seed: int, of: tuple[int, ...] = (0, 1, 2)) -> Vectors:
    """Unit vectors around some of sixteen axes."""
    chance = np.random.default_rng(seed)
    found = 0.15 * chance.normal(size=(count, 16))
    found[np.arange(count), chance.choice(of, count)] += 1.0
    unit: Vectors = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def texts(vectors: Vectors) -> Examples:
    return Examples(("",) * len(vectors), vectors)


def numbers(count: int = 120, *, seed: int = 0) -> Floats:
    """Rows of the small world, with a column that half of them lack."""
    rows = number_rows(count, seed=seed)
    table = np.array([[float(row["heat"]), float(row["force"]), 5.0] for row in rows])
    table[::2, 2] = np.nan
    table[1::2, 2] += np.random.default_rng(seed).normal(size=len(table) // 2)
    return table


def limit(known: Examples, fresh: Examples) -> tuple[Neighbours, float]:
    """Fitted on the one, with the threshold of the other."""
    found = Neighbours.of(known, seed=0)
    return found, float(np.quantile(found.familiarity(fresh), LOST))


def test_foreign_texts_are_less_familiar() -> None:
    """Nine of ten are rejected where one of twenty known ones is."""
    near, below = limit(texts(directions(200, seed=0)), texts(directions(200, seed=1)))
    foreign = texts(directions(200, seed=2, of=(8, 9)))
    assert (near.familiarity(foreign) < below).mean() > 0.9
    assert (near.familiarity(texts(directions(200, seed=3))) < below).mean() < 0.15


def test_a_thinly_settled_place_is_given_more_room() -> None:
    """By hand: eleven copies have others at cosine 1, six copies have five of those in ten."""
    known = np.eye(2, dtype=np.float32)[[0] * 11 + [1] * 6]
    between = np.full((1, 2), np.sqrt(0.5), dtype=np.float32)
    crowd = Neighbours.of(texts(known[:11]), seed=0).familiarity(texts(between))
    assert crowd == pytest.approx(np.sqrt(0.5) - 0.6)
    both = Neighbours.of(texts(known), seed=0).familiarity(texts(between))
    assert both == pytest.approx(np.sqrt(0.5) - 0.6 * 0.5)


@pytest.mark.parametrize("value", [1e30, -1e30, 1e308, 60.0])
def test_a_number_far_beyond_all_that_was_seen_is_unknown(value: float) -> None:
    """One is enough, and no sum overflows."""
    near, below = limit(Examples(table=numbers()), Examples(table=numbers(seed=1)))
    rows = numbers(seed=2)
    rows[:, 0] = value
    found = near.familiarity(Examples(table=rows))
    assert np.isfinite(found).all()
    assert (found < below).all()


def test_a_combination_that_never_was_is_unknown() -> None:
    """Each number was seen, the row is far from every row."""
    near, below = limit(Examples(table=numbers()), Examples(table=numbers(seed=1)))
    between = np.array([[4.0, 9.0, 5.0], [0.0, -8.0, 5.0]])
    assert (near.familiarity(Examples(table=between)) < below).all()


def test_what_is_missing_is_not_foreign() -> None:
    """Known rows without some of their numbers are lost as rarely as whole ones."""
    near, below = limit(Examples(table=numbers(300)), Examples(table=numbers(300, seed=1)))
    rows = numbers(300, seed=2)
    rows[np.random.default_rng(0).random(len(rows)) < 0.5, 1] = np.nan
    assert (near.familiarity(Examples(table=rows)) < below).mean() < 0.12


@pytest.mark.parametrize(
    "table",
    [
        np.full((20, 2), np.nan),
        np.column_stack([np.zeros(20), np.arange(20.0)]),
        np.arange(40.0).reshape(20, 2),
        np.ones((2, 3)),
        np.ones((1, 1)),
    ],
)
def test_dull_tables_can_be_compared_with(table: Floats) -> None:
    """Empty and constant columns, copies, one row."""
    near = Neighbours.of(Examples(table=table), seed=0)
    assert np.isfinite(near.familiarity(Examples(table=table))).all()


def test_the_more_foreign_part_counts() -> None:
    """Of an input that has a text and numbers."""
    rows = numbers()
    both = Examples(("",) * 120, directions(120, seed=0), rows)
    fresh = Examples(("",) * 120, directions(120, seed=1), numbers(seed=1))
    near, below = limit(both, fresh)
    strange_text = Examples(("",) * 120, directions(120, seed=2, of=(9,)), numbers(seed=2))
    strange_rows = Examples(("",) * 120, directions(120, seed=3), numbers(seed=3) * 40)
    for strange in (strange_text, strange_rows):
        assert (near.familiarity(strange) < below).mean() > 0.9


def test_what_stands_beside_an_input_changes_nothing(tmp_path: Path) -> None:
    """Nor does writing it to a file and reading it back."""
    both = Examples(("",) * 120, directions(120, seed=0), numbers())
    near = Neighbours.of(both, seed=0)
    found = near.familiarity(both)
    alone = np.concatenate([near.familiarity(both.take([row])) for row in range(120)])
    assert alone == pytest.approx(found, abs=1e-5)
    near.write(tmp_path)
    assert Neighbours.read(tmp_path).familiarity(both) == pytest.approx(found, abs=0.02)


def test_very_many_rows_are_sampled(tmp_path: Path) -> None:
    """What is kept is bounded."""
    vectors = directions(MOST + 500, seed=0)
    Neighbours.of(texts(vectors), seed=0).write(tmp_path)
    assert (tmp_path / "neighbours.safetensors").stat().st_size < MOST * (16 * 2 + 4) + 1000


def test_one_far_number_among_very_many_is_not_drowned() -> None:
    """Sixty numbers are as usual, one is well beyond all that was seen."""
    known, fresh, rows = (np.random.default_rng(seed).normal(size=(200, 60)) for seed in range(3))
    near, below = limit(Examples(table=known), Examples(table=fresh))
    rows[:, 7] = 15.0
    assert (near.familiarity(Examples(table=rows)) < below).mean() > 0.9


def test_a_row_of_few_numbers_is_as_far_as_a_whole_one() -> None:
    """The distance is a mean over the numbers that are there: of nine that agree one says all."""
    same = np.tile(np.random.default_rng(0).normal(size=(200, 1)), 9)
    near = Neighbours.of(Examples(table=same), seed=0)
    whole = np.full((1, 9), 6.0)
    bare = np.where(np.arange(9) < 1, whole, np.nan)
    found, left = (near.familiarity(Examples(table=table))[0] for table in (whole, bare))
    assert left == pytest.approx(found)
