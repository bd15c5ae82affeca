"""Worlds in which the right approach is known: the whole comparison, with real arms, finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.models import ModelStore
from finetune.task import load_task
from service.comparison.codes import read_codes
from service.comparison.data import read_material
from service.comparison.entrants import ALL, NONE, Entrant, entered
from service.comparison.finetune_arms import finetune_arms
from service.comparison.nouns import ArmResult, CodeRow, Decision, Prices, Report, Route
from service.comparison.pace import Pace
from service.comparison.prompt_arms import prompt_arms
from service.comparison.rag_arms import rag_arms
from service.comparison.reporting import Account, reported, target_of
from service.comparison.run import compared
from tests.unit.finetune.conftest import make_encoder
from tests.unit.service.comparison.planted_worlds import (
    World,
    nothing_reaches,
    only_the_code_table_helps,
    only_training_helps,
    prompt_suffices,
)


def run(plant: Callable[[Path], World], place: Path, *, curve: bool = False) -> Report:
    """Everything that `andon compare` does with these files, but for keeping it.

    Without the curve only its ends are measured: those alone can stand for an approach.
    """
    world = plant(place)
    task = load_task(world.task_file)
    material = read_material(task, world.data, seed=0)
    codes = _codes(world, place, task.label_names)
    (place / "encoder").mkdir()
    encoder = str(make_encoder(place / "encoder"))
    store = ModelStore(place / "models", encoder_spec=encoder, threads=1, runtime="torch")
    arms = (
        *prompt_arms(task, model=None),
        *rag_arms(task, codes=codes, encoder=None),
        *finetune_arms(task, store=store, threads=1, up_to="tfidf"),
    )
    entrants = entered(arms)
    outcome = compared(
        material,
        entrants if curve else [_ends(one) for one in entrants],
        codes=codes,
        pace=Pace(lambda *_: None),
    )
    account = Account("planted-1", target_of(task, None), Prices(), 0, "", codes, 1.0)
    return reported(material, outcome, account)


def _ends(entrant: Entrant) -> Entrant:
    return replace(entrant, sizes=tuple(size for size in entrant.sizes if size in (NONE, ALL)))


def _codes(world: World, place: Path, labels: tuple[str, ...]) -> tuple[CodeRow, ...]:
    if world.codes is None:
        return ()
    return read_codes(world.codes, None, home=place, labels=labels)


def standing(report: Report) -> dict[str, ArmResult]:
    """Who stands for each approach."""
    assert report.failed == ()
    return {arm.approach.value: arm for arm in report.arms if arm.chosen}


def answers(decision: Decision) -> list[str]:
    """The walk, without its reasons."""
    return [one.answer for one in decision.branches]


@pytest.mark.slow
def test_a_world_in_which_key_words_suffice(tmp_path: Path) -> None:
    """The words of the labels stand in the texts: nothing is looked up, nothing is trained."""
    report = run(prompt_suffices, tmp_path)
    decision = report.decision
    assert (decision.approach, decision.arm) == (Route.PROMPT, "prompt/key words")
    assert answers(decision) == ["yes"]
    assert decision.branches[0].question == "Does prompting reach the target?"
    assert "on 18 test items; 0.80 is wanted" in decision.reasons[0]
    assert "No language model is set; key words stand in" in decision.reasons[0]
    assert set(standing(report)) == {"prompt", "rag", "finetune"}


@pytest.mark.slow
def test_a_world_in_which_only_the_code_table_helps(tmp_path: Path) -> None:
    """The codes that are asked were never learnt: neither words nor training know them."""
    report = run(only_the_code_table_helps, tmp_path)
    decision = report.decision
    assert decision.approach is Route.RAG
    assert answers(decision)[:3] == ["no", "yes", "yes"]
    assert "72 labelled examples of 3 labels and 90 rows of a code table" in decision.reasons[1]
    found = standing(report)
    assert found["rag"].quality.macro_f1 > 0.9
    assert found["rag"].labels == 0
    assert found["finetune"].quality.macro_f1 < 0.5
    assert "it abstains on every item" in decision.reasons[0]


@pytest.mark.slow
def test_a_world_in_which_only_training_helps(tmp_path: Path) -> None:
    """One word tells among many that are shared: the nearest example is near for the others."""
    report = run(only_training_helps, tmp_path, curve=True)
    decision = report.decision
    assert (decision.approach, decision.arm) == (Route.FINETUNE, "finetune/tfidf")
    assert answers(decision)[:5] == ["no", "yes", "no", "yes", "yes"]
    assert "96 labelled examples of 3 labels and no code table" in decision.reasons[1]
    assert "short" in decision.reasons[2]
    low = standing(report)["rag"].quality.macro_f1
    assert low < 0.8 < standing(report)["finetune"].quality.macro_f1
    assert any(one.startswith("A target of ") for one in decision.would_change)


@pytest.mark.slow
def test_a_world_in_which_nothing_reaches_the_target(tmp_path: Path) -> None:
    """The labels have nothing to do with the texts, and that is what is said."""
    report = run(nothing_reaches, tmp_path, curve=True)
    decision = report.decision
    assert (decision.approach, decision.arm) == (Route.NONE, "")
    assert answers(decision) == ["no", "yes", "no", "yes", "no", "none"]
    for at in (0, 2, 4):
        assert (
            "cannot be told from that, so it is not recommended for any target"
            in (decision.reasons[at])
        )
    assert decision.would_change[0].startswith("Other inputs: no answers that were measured follow")
    assert not any("more labels" in one for one in decision.would_change)
