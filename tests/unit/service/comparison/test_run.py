"""A comparison over arms that say what a table says: who learns, who is asked, who stands."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence

import pytest

from ingest.errors import DataFault
from service.comparison.data import Material, read_material
from service.comparison.entrants import entered
from service.comparison.nouns import Approach, ArmResult, Item, Known, Prices, Reply, Route
from service.comparison.pace import Pace
from service.comparison.ports import Answerer
from service.comparison.reporting import Account, Target, reported
from service.comparison.run import Outcome, compared
from tests.unit.service.comparison.fake_arms import TASK, FakeArm, items, right, right_of


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """150 rows, each a group of its own, read from a file."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "group"))
        writer.writerows((item.text, item.label, item.group) for item in items(150))
    return read_material(TASK, path, seed=0)


def run(material: Material, *arms: FakeArm, told: list[tuple[str, float]] | None = None) -> Outcome:
    """The comparison of these arms."""
    heard: list[tuple[str, float]] = [] if told is None else told
    pace = Pace(lambda what, share: heard.append((what, share)))
    return compared(material, entered(arms), pace=pace)


def the(outcome: Outcome, name: str, size: int | None = None) -> ArmResult:
    """The figures of an arm."""
    found = [arm for arm in outcome.arms if (arm.name, arm.labels_per_class) == (name, size)]
    assert len(found) == 1, name
    return found[0]


def names(known: Sequence[Known]) -> set[str]:
    """Texts that were learnt from."""
    return {item.text for one in known for item in one.examples}


def test_no_row_of_the_test_is_ever_learnt(material: Material) -> None:
    """Neither for a point of the curve, nor to choose, nor for what is measured further."""
    arms = [FakeArm(approach, name) for approach in Approach for name in ("one", "other")]
    run(material, *arms)
    tested = {item.text for item in material.test}
    learnt = set().union(*(names(arm.known) for arm in arms))
    assert learnt
    assert learnt & tested == set()


def test_every_arm_is_asked_the_whole_test(material: Material) -> None:
    """And its figures are of these rows alone."""
    arm = FakeArm(Approach.RAG, "half", right_of("hot", "worn"))
    found = the(run(material, arm), "half")
    assert found.quality.n == len(material.test)
    known = sum(item.label != "calm" for item in material.test) / len(material.test)
    assert found.quality.accuracy == pytest.approx(known)
    assert found.quality.answered == pytest.approx(known)


def test_a_curve_has_nested_points_and_all(material: Material) -> None:
    """Each holds the rows of the smaller ones, as many of each label as it says."""
    arm = FakeArm(Approach.RAG, "curve")
    outcome = run(material, arm)
    sizes = [one.labels_per_class for one in outcome.arms]
    assert sizes == [8, 16, 32, None]
    drawn = sorted((one.examples for one in arm.known if one.examples), key=len)
    by_size = {len(rows): {item.text for item in rows} for rows in drawn}
    assert by_size[24] < by_size[48] < by_size[96]


def test_the_cheap_one_stands_where_no_other_is_ahead(material: Material) -> None:
    """Two that are right alike: the first, which needs least."""
    outcome = run(material, FakeArm(Approach.RAG, "cheap"), FakeArm(Approach.RAG, "dear"))
    assert the(outcome, "cheap").chosen
    assert not the(outcome, "dear").chosen


def test_a_dearer_one_stands_where_it_is_ahead_on_rows_held_back(material: Material) -> None:
    """Whatever the test says: it was right in development and is wrong in the test."""
    tested = {item.text for item in material.test}

    def late(item: Item) -> Reply:
        return Reply("hot", likeliest="hot") if item.text in tested else right(item)

    outcome = run(
        material,
        FakeArm(Approach.RAG, "cheap", right_of("hot", "worn")),
        FakeArm(Approach.RAG, "dear", late),
    )
    assert the(outcome, "dear").chosen
    assert the(outcome, "dear").quality.macro_f1 < the(outcome, "cheap").quality.macro_f1


def test_an_arm_that_cannot_be_set_up_takes_nothing_with_it(material: Material) -> None:
    """It is named with its reason, once; the others are there."""
    outcome = run(
        material,
        FakeArm(Approach.PROMPT, "words"),
        FakeArm(Approach.RAG, "broken", fault=DataFault("No index.", remedy="Make one.")),
        FakeArm(Approach.RAG, "whole"),
    )
    assert {(one.name, one.reason) for one in outcome.failed} == {("broken", "No index. Make one.")}
    assert len({one.labels for one in outcome.failed}) == len(outcome.failed)
    assert the(outcome, "whole").chosen
    assert the(outcome, "words", 0).chosen


def test_an_arm_with_a_fault_of_its_own_is_named_too(
    material: Material, caplog: pytest.LogCaptureFixture
) -> None:
    """Its kind stands in the report, its trace in the log."""
    with caplog.at_level(logging.ERROR):
        outcome = run(
            material, FakeArm(Approach.RAG, "wrong", fault=ZeroDivisionError("division by zero"))
        )
    assert not outcome.arms
    assert all("ZeroDivisionError" in one.reason for one in outcome.failed)
    assert caplog.records[0].exc_info is not None


def test_an_arm_that_goes_away_in_the_middle_is_named(material: Material) -> None:
    """After a while no answer can be had any more."""
    asked: list[Item] = []

    def tiring(item: Item) -> Reply:
        asked.append(item)
        gone = Reply(None, reason="The model server cannot be reached.", failed=True)
        return right(item) if len(asked) < 10 else gone

    outcome = run(
        material, FakeArm(Approach.PROMPT, "tired", tiring), FakeArm(Approach.RAG, "well")
    )
    assert [(one.name, "reached" in one.reason) for one in outcome.failed] == [("tired", True)]
    assert the(outcome, "well").chosen


def test_two_in_turn_are_run_cheap_one_first(material: Material) -> None:
    """The dear one is asked only what the cheap one leaves, and together they are right."""
    dear = FakeArm(Approach.FINETUNE, "dear", lambda item: _priced(right(item)))
    cheap = FakeArm(Approach.PROMPT, "cheap", right_of("hot", "worn"))
    (found,) = run(material, cheap, dear).cascades
    assert (found.first, found.then) == ("prompt/cheap", "finetune/dear")
    assert found.quality.macro_f1 == 1.0
    shares = [item.label != "calm" for item in material.test]
    assert found.share_first == pytest.approx(sum(shares) / len(shares))
    assert 0 < found.cost_per_1000 < 1000
    assert found.gain == pytest.approx(0.0)


def test_one_that_chooses_by_itself_stands_and_is_measured_once(material: Material) -> None:
    """The candidate that it chose is the same thing with all labels, and not measured again."""
    trained = FakeArm(
        Approach.FINETUNE, "trained", answers_as="two", representative=True, sizes=(None,)
    )
    one, two = FakeArm(Approach.FINETUNE, "one"), FakeArm(Approach.FINETUNE, "two")
    outcome = run(material, one, two, trained)
    assert the(outcome, "two").chosen
    assert not the(outcome, "one").chosen
    assert [arm.labels_per_class for arm in outcome.arms if arm.name == "two"] == [8, 16, 32, None]


def test_progress_only_grows_and_ends(material: Material) -> None:
    """Whatever the steps cost."""
    told: list[tuple[str, float]] = []
    run(material, FakeArm(Approach.PROMPT, "words"), FakeArm(Approach.RAG, "near"), told=told)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)


def test_who_only_remembers_is_not_chosen(material: Material) -> None:
    """Rows that it learnt are not those that it is chosen by."""

    class Memory(FakeArm):
        def ready(self, known: Known) -> Answerer:
            learnt = {item.text: item.label for item in known.examples}
            label = learnt.get
            self.says = lambda item: Reply(label(item.text), likeliest=label(item.text, "hot"))
            return super().ready(known)

    cheap = FakeArm(Approach.RAG, "half", right_of("hot", "worn"))
    outcome = run(material, cheap, Memory(Approach.RAG, "memory"))
    assert the(outcome, "half").chosen


def test_the_same_seed_gives_the_same_figures(material: Material) -> None:
    """Times apart."""
    found = [
        [
            (one.name, one.quality, one.consistency)
            for one in run(material, FakeArm(Approach.RAG, "half", right_of("hot"))).arms
        ]
        for _ in range(2)
    ]
    assert found[0] == found[1]


def _priced(reply: Reply) -> Reply:
    return Reply(reply.label, reply.confidence, reply.likeliest, 10, 1, cost=1.0)


def test_figures_that_lead_nowhere_are_kept(
    material: Material, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of the tree costs the decision, not the figures."""
    monkeypatch.setattr("service.comparison.reporting.decide", lambda *_: 1 / 0)
    outcome = run(material, FakeArm(Approach.RAG, "whole"))
    account = Account("id", Target(0.8, "default"), Prices(), 0, "", (), 1.0)
    with caplog.at_level(logging.ERROR):
        report = reported(material, outcome, account)
    assert report.arms == outcome.arms
    assert report.decision.approach is Route.NONE
    assert "Nothing could be decided" in report.notes[-1]


def test_an_arm_that_needs_no_labels_stands_without_them(material: Material) -> None:
    """With all labels it is the same: what they cost would be for nothing."""
    outcome = run(material, FakeArm(Approach.RAG, "table", sizes=(0, 8, None)))
    assert the(outcome, "table", 0).chosen
    assert not the(outcome, "table").chosen
    assert the(outcome, "table", 0).labels == 0 < the(outcome, "table").one_off_cost


def test_a_language_model_is_asked_few_items_and_compared_on_them(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same first ones of the test; with it in turn, others are judged on these alone."""
    for module in ("figures", "cascades"):
        monkeypatch.setattr(f"service.comparison.{module}.MOST_OF_MODEL", 12)
    model = FakeArm(Approach.PROMPT, "model", lambda item: _priced(right(item)))
    outcome = run(material, model, FakeArm(Approach.RAG, "half", right_of("hot")))
    assert the(outcome, "model", 0).quality.n == 12
    assert "12 of the 30" in the(outcome, "model", 0).notes[0]
    assert the(outcome, "half").quality.n == 30
    (both,) = outcome.cascades
    assert (both.first, both.then, both.quality.n) == ("rag/half", "prompt/model", 12)
    assert both.gain == pytest.approx(0.0)


def test_only_what_stands_or_is_cheap_is_measured_further(material: Material) -> None:
    """A candidate of fine-tuning that is not chosen would take a training for each measure."""
    outcome = run(
        material,
        FakeArm(Approach.RAG, "stands"),
        FakeArm(Approach.RAG, "cheap"),
        FakeArm(Approach.FINETUNE, "stands"),
        FakeArm(Approach.FINETUNE, "trained too"),
    )
    whole = {(one.approach, one.name): one for one in outcome.arms if one.labels_per_class is None}
    assert whole[Approach.RAG, "cheap"].consistency is not None
    assert whole[Approach.FINETUNE, "stands"].maintenance is not None
    left = whole[Approach.FINETUNE, "trained too"]
    assert left.consistency is None
    assert "not measured" in left.notes[-1]
    partial = [one for one in outcome.arms if one.labels_per_class == 8]
    assert {one.consistency for one in partial} == {None}
