"""The card and its pictures: complete, the same every time, and safe to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finetune.card import CardFacts, write_card
from finetune.limits import limits_of, outcomes
from finetune.plots import shortened
from finetune.report import CandidateFigures, TrainReport
from finetune.score import label_figures, score
from finetune.task import Label, Task, TaskKind
from tests.unit.finetune.test_limits import world

PNG = b"\x89PNG"


def facts(names: list[str], *, rows: int = 200) -> CardFacts:
    """Of a model whose test is its validation."""
    probabilities, truth = world(rows, seed=0, classes=len(names))
    limits = limits_of(probabilities, truth, np.arange(float(rows)))
    report = TrainReport(
        "mine",
        "v0003",
        "by column line",
        "hybrid",
        (CandidateFigures("hybrid", 0.8, 0.75, 1.5), CandidateFigures("lora", 0.6, 0.5, 9, "late")),
        score(probabilities, truth),
        {
            "why": ["hybrid beats tfidf."],
            "data_warnings": ["2 rows stand <b>twice</b> | [x](http://a)"],
            "targets": {"macro_f1": {"wanted": 0.99, "got": 0.7, "reached": False}},
            "libraries": {"numpy": "2.0"},
        },
    )
    return CardFacts(
        report,
        Task("mine", TaskKind.TEXT, tuple(map(Label, names))),
        limits,
        outcomes(probabilities, truth, np.arange(float(rows)), limits=limits),
        label_figures(probabilities, truth, names),
        probabilities,
        truth,
    )


def test_the_card_says_all_that_a_person_needs(tmp_path: Path) -> None:
    """Candidates, figures with an interval, each label, limits, warnings, versions, pictures."""
    write_card(tmp_path, facts(["hot", "worn", "calm"]))
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    for part in (
        "# mine v0003",
        "by column line",
        "| lora | 0.600 | 0.500 | 9.0 | late |",
        "95 % interval",
        "expected calibration error",
        "by equal mass",
        "label sets: the right label is in",
        "| 2 | worn |",
        "Below a confidence of",
        "less familiar",
        "NOT reached",
        "hybrid beats tfidf.",
        "numpy 2.0",
        "![Reliability](reliability.png)",
    ):
        assert part in text
    assert "<b>" not in text
    assert "[x](" not in text.replace("\\[", "")


@pytest.mark.parametrize(
    "names",
    [
        ["ok", "$bad$ \\frac{1}{0}"],
        ["温度过高", "перегрев", "x" * 300],
        [f"a label of many words, number {at}" for at in range(40)],
    ],
)
def test_any_labels_can_be_drawn(tmp_path: Path, names: list[str]) -> None:
    """Two or forty, long, in other scripts, with marks of formulas, and without a warning."""
    write_card(tmp_path, facts(names))
    for name in ("reliability.png", "confusion.png"):
        assert (tmp_path / name).read_bytes().startswith(PNG)


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    """No time, no version of the library in a picture."""
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        write_card(folder, facts(["hot", "calm"]))
    for name in ("card.md", "reliability.png", "confusion.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert b"matplotlib" not in (tmp_path / "a" / "reliability.png").read_bytes()


def test_what_no_font_has_goes_by_its_number() -> None:
    """That of the card's table; a long name is cut."""
    shown = shortened(["ok", "\U000f0000", "a" * 40])
    assert shown == ["ok", "label 2", "a" * 25 + "…"]
