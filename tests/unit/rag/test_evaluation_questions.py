"""A file of questions is checked as a whole, and its figures are those by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import DataFault
from rag.evaluation.abstention import auroc, curve, shares_at, threshold
from rag.evaluation.asking import put_all
from rag.evaluation.questions import Asked, Expected, everyday_questions, read_questions
from rag.evaluation.report import figures
from tests.unit.rag.writing import write

ANSWERED = {"question": "E217?", "expected": [{"document": "SOP", "page": 2}]}
DECLINED = {"question": "Who won?", "declined": True}


def place(**changed: Any) -> dict[str, Any]:
    usual = {
        "document": "SOP", "revision": "B", "page": 2, "last_page": 0, "section": "A > Steps",
        "quote": "1. Stop  the press (E-217).",
    }  # fmt: skip
    return usual | changed


def lines(*rows: object) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)


def test_a_file_is_read_with_its_parts(tmp_path: Path) -> None:
    """Empty lines are skipped, a line without an id goes by its number."""
    path = write(tmp_path, "q.jsonl", lines(ANSWERED | {"part": "tune"}, "", DECLINED))
    assert [asked.id for asked in read_questions(path)] == ["1", "3"]
    assert [asked.id for asked in read_questions(path, part="tune")] == ["1"]
    with pytest.raises(DataFault, match="no question in it of part report"):
        read_questions(path, part="report")


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """With its line, and with what a line looks like."""
    rows = [
        ANSWERED,
        "not json",
        {"question": "?"},
        ANSWERED | {"declined": True},
        {"question": "", "declined": True},
        DECLINED | {"expectd": []},
        {"question": "x", "expected": [{"document": "D", "page": 0}]},
        "[1]",
        "[" * 100_000,
        ANSWERED | {"id": "1"},
    ]
    with pytest.raises(DataFault) as fault:
        read_questions(write(tmp_path, "q.jsonl", lines(*rows)))
    told = str(fault.value)
    assert all(f"q.jsonl:{number}:" in told for number in range(2, 10))
    assert "expectd" in told
    assert "expected.0.page" in told
    assert "the id 1 stands on 2 lines" in told
    assert "A line is like" in told


def test_a_file_with_a_thousand_faults_names_some(tmp_path: Path) -> None:
    """And says how many more there are."""
    path = write(tmp_path, "q.jsonl", "x\n" * 1000)
    with pytest.raises(DataFault, match=r"1000 fault\(s\).*(?s:.*)\.\.\. and 980 more"):
        read_questions(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    """Missing, or of another encoding."""
    path = tmp_path / "q.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataFault, match=r"q\.jsonl: it cannot be read"):
        read_questions(path)


def test_a_line_is_written_as_it_is_read(tmp_path: Path) -> None:
    """What feedback writes, an evaluation reads."""
    asked = Asked(
        id="a1", question="Öl?", machine="press-3", source="answer 7",
        expected=(Expected(document="SOP", page=2),),
    )  # fmt: skip
    path = tmp_path / "q.jsonl"
    path.write_text(asked.line() + Asked(id="a2", question="x", declined=True).line(), "utf-8")
    assert read_questions(path)[0] == asked


@pytest.mark.parametrize(
    ("expected", "met"),
    [
        ({}, True),
        ({"revision": "B", "page": 2, "section": "steps", "quote": "stop the PRESS"}, True),
        ({"code": "E217"}, True),
        ({"code": "E218"}, False),
        ({"document": "SOP-2"}, False),
        ({"revision": "C"}, False),
        ({"page": 3}, False),
        ({"section": "Warnings"}, False),
        ({"quote": "start the press"}, False),
    ],
)
def test_a_place_is_right_when_all_that_is_given_is(expected: dict[str, Any], met: bool) -> None:
    """Words are compared without case and line breaks, codes in any spelling."""
    assert Expected.model_validate({"document": "SOP"} | expected).is_met_by(place()) is met


def test_a_passage_over_a_page_turn_is_on_both_pages() -> None:
    """The page of a citation is where its passage begins."""
    wanted = Expected(document="SOP", page=3)
    assert wanted.is_met_by(place(last_page=3))
    assert not wanted.is_met_by(place(page=4, last_page=5))


def test_the_everyday_questions_are_all_to_be_declined() -> None:
    """And none is there twice."""
    asked = everyday_questions()
    assert len(asked) > 100
    assert all(one.declined for one in asked)
    assert len({one.question for one in asked}) == len({one.id for one in asked}) == len(asked)


class Desk:
    """Answers from a list."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers = answers

    def ask(self, question: str, machine: str | None) -> Mapping[str, Any]:
        return self.answers[question]

    def search(self, query: str, machine: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        return [place(document="OTHER"), place()]

    def documents(self) -> Sequence[Mapping[str, Any]]:
        press, mill = ["press"], ["mill"]
        return [
            {"id": "SOP", "kind": "sop", "machine_kinds": press},
            {"id": "OTHER", "kind": "manual", "machine_kinds": mill},
        ]


def answer(*citations: dict[str, Any], support: float) -> dict[str, Any]:
    return {"citations": citations, "declined": not citations, "support": support}


def test_the_figures_by_hand() -> None:
    """Three are answered, one by the wrong machine's manual; one declined; one false answer."""
    expected = ({"document": "SOP", "page": 2},)
    asked = [
        Asked.model_validate({"id": name, "question": name, "expected": expected, "kind": "code"})
        for name in ("good", "fine", "wrong", "silent")
    ] + [Asked(question="false", declined=True), Asked(question="no", declined=True)]
    desk = Desk(
        {
            "good": answer(place(), place(document="OTHER"), support=0.9),
            "fine": answer(place(), support=0.8),
            "wrong": answer(place(document="OTHER"), place(), support=0.7),
            "silent": answer(support=0.3),
            "false": answer(place(), support=0.6),
            "no": answer(support=0.1),
        }
    )
    seen: list[int] = []
    found = figures(put_all(asked, desk, lambda done, total, name: seen.append(done)), cpu_s=0.5)
    assert seen == [1, 2, 3, 4, 5, 6]
    assert (found["answerable"], found["unanswerable"]) == (4, 2)
    assert (found["hit_at_1"], found["recall_at_10"]) == (0.0, 1.0)
    assert found["ndcg_at_10"] == pytest.approx(0.6309, abs=1e-4)
    assert found["answered"] == 0.75
    assert (found["citation_precision"], found["some_citation_right"]) == (0.6667, 1.0)
    assert found["wrong_machine"] == 0.3333
    assert found["false_answers"] == 0.5
    assert found["auroc"] == pytest.approx(7 / 8, abs=1e-4)
    assert found["cpu_ms_per_question"] == 83.33
    assert set(found["by_document_kind"]) == {"sop"}
    assert found["by_question_kind"]["code"]["questions"] == 4


def test_without_unanswerable_questions_nothing_is_said_about_declining() -> None:
    """A share of no question is not 0."""
    asked = [Asked.model_validate({"id": "1"} | ANSWERED)]
    found = figures(put_all(asked, Desk({"E217?": answer(support=0.2)}), None), cpu_s=0.0)
    assert (found["auroc"], found["false_answers"], found["curve"]) == (None, None, [])
    assert found["citation_precision"] is None


def test_the_curve_by_hand() -> None:
    """Each threshold answers what has at least that support."""
    points = curve([0.9, 0.5], [0.7, 0.1])
    assert [(p.support_min, p.answered, p.false_answers) for p in points] == [
        (0.0, 1.0, 1.0),
        (0.1, 1.0, 1.0),
        (0.5, 1.0, 0.5),
        (0.7, 0.5, 0.5),
        (0.9, 0.5, 0.0),
        (1.0, 0.0, 0.0),
    ]
    assert auroc([0.9, 0.5], [0.7, 0.1]) == 0.75
    assert auroc([0.5], [0.5]) == 0.5
    assert auroc([], [0.5]) is None


def test_a_threshold_keeps_its_promise_on_the_questions_it_was_made_on() -> None:
    """And stands between two questions, not on one."""
    have, lack = [0.9, 0.8, 0.5], [0.7, 0.2, 0.1]
    point = threshold(have, lack, false_answers=0.0)
    assert 0.7 < point.support_min < 0.8
    again = shares_at(point.support_min, have, lack)
    assert again.answered == pytest.approx(point.answered)
    assert again.false_answers == point.false_answers == 0.0
    assert threshold(have, lack, false_answers=0.4).answered == 1.0


def test_full_support_for_nonsense_leaves_the_highest_threshold() -> None:
    """No threshold declines what has full support."""
    point = threshold([1.0, 0.4], [1.0, 0.2], false_answers=0.0)
    assert shares_at(point.support_min, [1.0, 0.4], [1.0, 0.2]) == point
    assert (point.answered, point.false_answers) == (0.5, 0.5)
