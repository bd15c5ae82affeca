"""The measures over the arms that ship: what is so is found, what is claimed is not needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.task import Label
from service.comparison.consistency import measured_consistency
from service.comparison.flexibility import measured_flexibility
from service.comparison.maintenance import measured_maintenance
from service.comparison.nouns import Known
from service.comparison.ports import Arm
from service.comparison.prompt_arms import prompt_arms
from service.comparison.rag_arms import rag_arms
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.service.comparison.measured_fakes import WORDS, plant_known, plant_test


def known() -> Known:
    """Three faults, with meanings in the words of their texts."""
    plain = plant_known()
    labels = tuple(Label(name, words) for name, words in WORDS.items())
    return replace(plain, task=replace(plain.task, labels=labels))


TASK = known().task
ARMS = (
    *prompt_arms(TASK, model=None),
    *rag_arms(TASK, codes=known().codes, encoder=HashingEncoder()),
)


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_an_arm_that_ships_is_steady_takes_a_class_and_is_mended(arm: Arm) -> None:
    """In a world that is easy for all of them."""
    steady = measured_consistency(arm.ready(known()), plant_test(), seed=1)
    assert (steady.again, steady.reordered) == (1.0, 1.0)
    assert steady.share > 0.9
    taken = measured_flexibility(arm, known(), plant_test(), seed=1)
    assert taken.seconds is not None
    assert (taken.recall, taken.others_kept) == (1.0, 1.0)
    kept = measured_maintenance(arm, known(), plant_test(), seed=1)
    assert kept.stale >= 12 / 18
    assert kept.repaired == 1.0
    assert kept.repair_s is not None
    assert kept.versioned


def test_a_table_of_codes_alone_goes_staler_than_examples_beside_it() -> None:
    """Without examples nothing but the code tells, and the old table knows no new code."""
    codes = tuple(replace(row, meaning="see the manual") for row in known().codes)
    arm, beside = ARMS[1], replace(known(), codes=codes)
    table = measured_maintenance(arm, replace(beside, examples=()), plant_test(), seed=1)
    both = measured_maintenance(arm, beside, plant_test(), seed=1)
    assert table.stale > both.stale
    assert table.repaired == both.repaired == 1.0
