"""Questions answered by the prompt alone, by documents and by both: judged, measured, decided."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.candidates.lora import LoraSettings
from finetune.models import ModelStore
from finetune.progress import silent
from ingest.errors import DataFault, SettingsFault
from prompting.asking import Asker
from prompting.library import PromptLibrary
from prompting.model import PassingFault, Reply, Request
from prompting.settings import PromptingSettings
from rag.evaluation.questions import Asked, Expected
from rag.settings import RagSettings
from service.comparison.arms import Engines
from service.comparison.asked_model import Prompting
from service.comparison.nouns import Approach, ArmResult, FailedArm, Report, Route
from service.comparison.question_answers import NO_ANSWER, Told, is_right, reply_of, truth
from service.comparison.question_decision import Asking, decide_questions
from service.comparison.question_library import Retrieving, Shelf
from service.comparison.question_run import QuestionOrder, questions_compared, questions_of
from service.comparison.report_json import report_as_dict, report_from
from tests.fakes import FakeModel, Said
from tests.unit.rag.hashing import HashingEncoder
from tests.unit.service.comparison.report_example import arm as measured_arm

FRONT = "---\nid: {id}\ntitle: {title}\nkind: sop\nrevision: A\nlanguage: en\n---\n"
GASKET = "# Gasket\n\n## Procedure\n\n1. Drain the coolant.\n2. Tighten the cover with 18 Nm.\n"
BELT = "# Belt\n\n## Procedure\n\n1. Release the tensioner.\n2. Fit the belt at 45 Hz.\n"
QUESTIONS = (
    {"question": "Which torque for the cover of the gasket?", "words": ["18 Nm"]},
    {"question": "How is the coolant drained?", "expected": [{"document": "GASKET"}]},
    {"question": "How do I fit the belt, and at how many Hz?", "words": ["45 Hz"]},
    {"question": "How do I fit the belt?", "expected": [{"document": "BELT"}]},
    {"question": "Who won the cup last winter?", "declined": True},
)  # fmt: skip


def place(document: str = "A", page: int = 1, quote: str = "") -> dict[str, object]:
    return {
        "document": document, "revision": "A", "page": page, "last_page": 0, "section": "",
        "quote": quote,
    }  # fmt: skip


def asked(**what: object) -> Asked:
    return Asked.model_validate({"id": "1", "question": "?", **what})


@pytest.fixture
def order(tmp_path: Path) -> QuestionOrder:
    """Two procedures and five questions."""
    folder = tmp_path / "sops"
    folder.mkdir()
    for name, title, text in (("GASKET", "Gasket", GASKET), ("BELT", "Belt", BELT)):
        (folder / f"{name}.md").write_text(FRONT.format(id=name, title=title) + text)
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(one) + "\n" for one in QUESTIONS))
    shelf = Shelf(tmp_path / "home", folder, HashingEncoder, RagSettings(support_min=0.3))
    return QuestionOrder("q-1", data, tmp_path / "home", shelf)


def compared(order: QuestionOrder, *said: Said) -> Report:
    """With a model that says that; without one where it says nothing."""
    asker = Asker(FakeModel(*said), PromptingSettings(llm_tries=1))
    engines = Engines(
        store=ModelStore(order.home / "models"),
        encoder=HashingEncoder,
        model=Prompting(asker, PromptLibrary()) if said else None,
        rag=RagSettings(),
        threads=1,
        lora=LoraSettings(),
    )
    return questions_compared(order, questions_of(order.data), engines, silent)


def arm(report: Report, name: str) -> ArmResult:
    (found,) = [one for one in report.arms if one.name == name]
    return found


def test_words_decide_for_every_arm_else_the_place_does() -> None:
    """In any spelling; a quote that is expected is enough where nothing is cited."""
    torque = asked(words=["18 Nm", "crosswise"])
    assert is_right(torque, Told(declined=False, text="Crosswise,  18\u00a0NM."))
    assert not is_right(torque, Told(declined=False, text="18 Nm", places=(place(),)))
    placed = asked(expected=[{"document": "A", "page": 2, "quote": "with 18 Nm"}])
    assert is_right(placed, Told(declined=False, places=(place("B"), place("A", 2, "with 18 Nm"))))
    assert not is_right(placed, Told(declined=False, text="with 18 Nm", places=(place("A", 1),)))
    assert is_right(placed, Told(declined=False, text="Close it with  18 nm."))
    assert not is_right(asked(expected=[{"document": "A"}]), Told(declined=False, text="A"))


def test_declining_is_right_where_nothing_answers_and_nowhere_else() -> None:
    """Both ways."""
    nothing, something = asked(declined=True), asked(words=["x"])
    assert is_right(nothing, Told(declined=True))
    assert not is_right(nothing, Told(declined=False, text="x"))
    assert not is_right(something, Told(declined=True))


def test_a_wrong_answer_counts_against_the_place_that_it_cites() -> None:
    """Of another question; a place that nobody asks for is no label."""
    one = asked(expected=[{"document": "A"}])
    other = asked(id="2", expected=[{"document": "B", "page": 3}])
    said = [
        reply_of(one, Told(declined=False, places=(where,)), [one, other]).likeliest
        for where in (place("A"), place("B", 3), place("B", 4))
    ]
    assert said == ["A", "B, page 3", ""]
    declined = reply_of(one, Told(declined=True), [one, other])
    assert (declined.label, declined.likeliest) == (None, NO_ANSWER)
    assert truth(asked(words=["x"])) == "question 1"
    assert Expected(document="B", page=3).is_met_by(place("B", 3))


def test_without_a_model_documents_are_measured_and_the_prompt_is_a_stand_in(
    order: QuestionOrder,
) -> None:
    """Every figure of the report is there, also that of a document that is added anew."""
    report = compared(order)
    assert [(one.name, one.baseline) for one in report.arms] == [
        ("declining everything", True),
        ("retrieval alone", False),
    ]
    quoted = arm(report, "retrieval alone")
    assert quoted.quality.accuracy == 1.0
    assert quoted.quality.answered == pytest.approx(0.8)
    assert quoted.flexibility is not None
    assert (quoted.flexibility.recall, quoted.flexibility.others_kept) == (1.0, 1.0)
    assert quoted.flexibility.seconds is not None
    assert quoted.consistency is not None
    assert (quoted.consistency.again, quoted.consistency.reordered) == (1.0, 1.0)
    assert report.decision.approach is Route.RAG
    assert report.decision.arm == "rag/retrieval alone"
    assert "language model" in report.decision.would_change[0]
    folder = order.home / "comparisons" / "q-1"
    kept = json.loads((folder / "report.json").read_text())
    assert kept == report_as_dict(report)
    assert report_from(kept).decision == report.decision
    assert "retrieval alone" in (folder / "report.html").read_text()


def knowing(known: dict[str, str]) -> Callable[[Request], Reply]:
    """A model that knows some answers by heart and, of passages, says the second step."""

    def reply(request: Request) -> Reply:
        user = request.turns[1].text
        if "sentences" in request.schema["properties"]:
            said: object = {"sentences": [_second_step(user)]}
        else:
            text = next((words for key, words in known.items() if key in user), "")
            said = {"known": bool(text), "text": text}
        return Reply(json.dumps(said), "stop", tokens_in=50, tokens_out=5)

    return reply


def _second_step(user: str) -> dict[str, str]:
    words = "Tighten the cover with 18 Nm." if "18 Nm" in user else "Fit the belt at 45 Hz."
    return {"text": words, "passage": "P1", "quote": words}


def test_a_model_that_knows_the_answers_needs_no_documents(order: QuestionOrder) -> None:
    """The prompt alone is the first that reaches the target, and tokens are counted."""
    order.data.write_text("".join(json.dumps(QUESTIONS[at]) + "\n" for at in (0, 2, 4)))
    report = compared(order, knowing({"torque": "18 Nm", "many Hz": "At 45 Hz."}))
    alone = arm(report, "prompt alone")
    assert (alone.quality.accuracy, alone.tokens_per_1000) == (1.0, 55_000.0)
    assert (report.decision.approach, report.decision.arm) == (Route.PROMPT, "prompt/prompt alone")


def test_a_model_over_documents_is_judged_by_its_own_sentences(order: QuestionOrder) -> None:
    """What it says over the passages, with the places of its sentences; alone it knows nothing."""
    report = compared(order, knowing({}))
    assert [one.name for one in report.arms] == [
        "prompt alone",
        "retrieval alone",
        "retrieval and prompt",
    ]
    assert arm(report, "prompt alone").quality.answered == 0.0
    both = arm(report, "retrieval and prompt")
    assert both.tokens_per_1000 == pytest.approx(0.8 * 55_000)
    assert both.quality.accuracy == 1.0
    assert [one.name for one in report.arms if one.chosen] == ["prompt alone", "retrieval alone"]
    assert report.decision.arm == "rag/retrieval alone"  # the cheaper one reaches it


def test_what_the_model_leaves_out_is_not_made_good_by_the_quotes(order: QuestionOrder) -> None:
    """It says another step of the same passage: the answer that it gives lacks the words."""
    first = {"text": "Drain the coolant.", "passage": "P1", "quote": "Drain the coolant."}

    def slowly(_: Request) -> Reply:
        time.sleep(0.01)
        return Reply(json.dumps({"sentences": [first]}), "stop", tokens_in=100, tokens_out=10)

    asker = Asker(FakeModel(slowly), PromptingSettings(llm_tries=1))
    question = asked(question="How is the gasket tightened, and with what?", words=["18 Nm"])
    with Retrieving(order.shelf, Prompting(asker, PromptLibrary())).opened() as ready:
        said = ready.ask(question)
    assert (said.text, said.tokens_in) == ("Drain the coolant.", 100)
    assert said.unpriced_s >= 0.01  # nobody says what this model costs
    assert [place["document"] for place in said.places] == ["GASKET"]
    assert not is_right(question, said)
    with Retrieving(order.shelf).opened() as quoted:
        assert is_right(question, quoted.ask(question))


def test_a_model_that_is_away_loses_its_own_arms_alone(order: QuestionOrder) -> None:
    """The failed arms say why, the others are whole."""
    report = compared(order, PassingFault("The server is away.", reason="away"))
    assert [one.name for one in report.arms] == ["retrieval alone"]
    assert [one.name for one in report.failed] == ["prompt alone", "retrieval and prompt"]
    assert "no answer could be had" in report.failed[0].reason
    assert report.decision.approach is Route.RAG


def test_without_documents_nothing_else_is_lost(order: QuestionOrder) -> None:
    """Neither a folder nor a library: retrieval is reported as failed, with what to do."""
    bare = replace(order, shelf=replace(order.shelf, documents=None))
    report = compared(bare)
    assert [one.name for one in report.failed] == ["retrieval alone"]
    assert "andon docs add" in report.failed[0].reason
    assert report.decision.approach is Route.NONE


def test_a_comparison_that_was_made_is_not_made_over(order: QuestionOrder) -> None:
    """Nor is a target that is none."""
    with pytest.raises(SettingsFault, match="between 0 and 1"):
        compared(replace(order, target=7.0))
    folder = order.home / "comparisons" / "q-1"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    with pytest.raises(SettingsFault, match="already"):
        compared(order)


def test_only_the_part_to_report_on_is_asked_and_something_must_have_an_answer(
    tmp_path: Path,
) -> None:
    """Settings may have been chosen by the other part."""
    path = tmp_path / "q.jsonl"
    rows = [{**QUESTIONS[0], "part": "tune"}, {**QUESTIONS[2], "part": "report"}]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    assert [one.words for one in questions_of(path)] == [("45 Hz",)]
    path.write_text(json.dumps(QUESTIONS[4]))
    with pytest.raises(DataFault, match="no question in it has an answer"):
        questions_of(path)


def test_the_first_that_reaches_is_taken_and_a_stand_in_never() -> None:
    """Alone before documents before both, however good the later ones are."""
    alone = measured_arm(Approach.PROMPT, "prompt alone", 0.85)
    quoted = measured_arm(Approach.RAG, "retrieval alone", 0.9)
    both = measured_arm(Approach.RAG, "retrieval and prompt", 0.99)
    given = Asking(0.8, 3, "parrot")
    names = [
        decide_questions(arms, given).arm
        for arms in ([both, quoted, alone], [both, quoted], [both])
    ]
    assert names == ["prompt/prompt alone", "rag/retrieval alone", "rag/retrieval and prompt"]
    stands_in = measured_arm(Approach.PROMPT, "declining everything", 0.9, baseline=True)
    decided = decide_questions([stands_in, quoted], Asking(0.8, 0, ""))
    assert decided.arm == "rag/retrieval alone"
    assert "stands in for the prompt" in decided.branches[0].reason


def test_where_nothing_reaches_the_target_the_decision_says_what_was_nearest() -> None:
    """And a failed arm is not taken for one that falls short."""
    worse = [
        measured_arm(Approach.PROMPT, "prompt alone", 0.1),
        measured_arm(Approach.RAG, "retrieval alone", 0.4),
    ]
    lost = FailedArm(Approach.RAG, "retrieval and prompt", 0, "The server is away.")
    found = decide_questions(worse, Asking(0.8, 2, "parrot", (lost,)))
    assert (found.approach, found.arm) == (Route.NONE, "")
    assert found.branches[-1].answer == "not known"
    assert "server is away" in found.branches[-1].reason
    assert any("2 question(s) that say none" in sentence for sentence in found.would_change)
    assert any("0.40 or less" in sentence for sentence in found.would_change)
