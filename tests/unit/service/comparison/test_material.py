"""The rows of a comparison: split as a training splits them, and as someone would send them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from finetune.frozen import FrozenTest
from finetune.task import Derived, Operation, Task, TaskKind
from service.comparison.data import read_material
from service.comparison.entrants import Supply
from service.comparison.nouns import Known
from tests.unit.service.comparison.fake_arms import items

TEXTS = Task("alarm", TaskKind.TEXT)


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """As CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def said(at: int) -> str:
    """A code and a name that no other row has."""
    name = "".join("abcdefghij"[int(digit)] for digit in str(at))
    return f"E{100 + at} ram_position {name} jerks"


def alarms(count: int = 60, **more: object) -> list[dict[str, object]]:
    """Texts with a code, in groups of four."""
    return [
        {
            "text": f"  {said(at)} ",
            "label": ("worn", "hot")[at % 2],
            "group": f"g{at // 4}",
            **more,
        }
        for at in range(count)
    ]


def test_no_group_stands_on_both_sides(tmp_path: Path) -> None:
    """And every row is on one."""
    found = read_material(TEXTS, write(tmp_path / "rows.csv", alarms()), seed=0)
    sides = [{item.group for item in side} for side in (found.develop, found.test)]
    assert not sides[0] & sides[1]
    assert len(found.develop) + len(found.test) == 60
    for fold in found.folds:
        held, learnt = (
            {found.develop[at].group for at in rows} for rows in (fold.held, fold.train)
        )
        assert not held & learnt


def test_texts_are_as_someone_would_send_them(tmp_path: Path) -> None:
    """With their codes: what reads them tidies them itself."""
    found = read_material(TEXTS, write(tmp_path / "rows.csv", alarms()), seed=0)
    texts = {item.text for item in (*found.develop, *found.test)}
    assert texts == {said(at) for at in range(60)}


def test_rows_of_the_frozen_test_stay_in_the_test(tmp_path: Path) -> None:
    """Whatever the seed draws: versions in use are judged on them."""
    path = write(tmp_path / "rows.csv", alarms())
    first = read_material(TEXTS, path, seed=0)
    frozen = FrozenTest().extended(first.data.frozen_rows(first.split.test, added="2026-11-23"))
    again = read_material(TEXTS, path, seed=7, frozen=frozen)
    assert {item.text for item in first.test} <= {item.text for item in again.test}


def test_numbers_are_those_that_are_sent_not_those_that_are_made(tmp_path: Path) -> None:
    """A derived one is made by who learns it; what it is made of is there; a missing one is not."""
    power = Derived("power", ("torque", "speed"), Operation.PRODUCT)
    task = Task(
        "fault", TaskKind.TABULAR, derived=(power,), ignored=("speed",), missing_allowed=True
    )
    rows = [
        {"torque": at % 7, "speed": "" if at == 3 else at % 5, "label": "ab"[at % 2], "group": at}
        for at in range(40)
    ]
    found = read_material(task, write(tmp_path / "rows.csv", rows), seed=0)
    every = (*found.develop, *found.test)
    assert {frozenset(item.numbers) for item in every} == {
        frozenset({"torque", "speed"}),
        frozenset({"torque"}),
    }


def test_rows_by_time_know_their_moment(tmp_path: Path) -> None:
    """The test is newer than all that is learnt."""
    rows = [
        {"heat": at % 9, "label": "ab"[at % 2], "time": f"2026-11-{1 + at // 4:02}T08:00:00Z"}
        for at in range(80)
    ]
    found = read_material(Task("t", TaskKind.TABULAR), write(tmp_path / "r.csv", rows), seed=0)
    assert found.split.how == "by column time"
    learnt = [item.moment for item in found.develop if item.moment is not None]
    tested = [item.moment for item in found.test if item.moment is not None]
    assert len(learnt) + len(tested) == 80
    assert max(learnt) < min(tested)


@pytest.mark.parametrize("count", [9, 30, 300])
def test_a_size_that_is_all_rows_is_no_point_of_its_own(count: int) -> None:
    """The last point stands for it."""
    from service.comparison.entrants import ALL, CURVE

    supply = Supply(Known(TEXTS, items(count)))
    sizes = supply.sizes((0, *CURVE, ALL))
    assert sizes == (0, *(size for size in CURVE if 3 * size < count), ALL)
    assert all(supply.known(size) is supply.known(size) for size in sizes)
