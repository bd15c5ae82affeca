"""Maintenance tells what a change of the codes makes stale, and whether a renewal mends it."""

from __future__ import annotations

import pytest

from ingest.errors import DataFault, ModelFault
from service.comparison import maintenance
from service.comparison.maintenance import measured_maintenance
from service.comparison.nouns import Known
from service.comparison.recoding import recoding_of
from tests.unit.service.comparison.measured_fakes import (
    FakeArm,
    Saying,
    Says,
    by_code,
    by_words,
    honest,
    mostly_away,
    plant_known,
    plant_test,
    rigid,
)


def test_an_arm_that_is_renewed_is_right_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the repair is that of the renewal alone."""
    moments = iter((3.0, 5.5))
    monkeypatch.setattr(maintenance, "perf_counter", lambda: next(moments))
    found = measured_maintenance(honest(), plant_known(), plant_test(), seed=1)
    assert found.stale == pytest.approx(12 / 18)
    assert (found.repair_s, found.repaired) == (2.5, 1.0)
    assert found.versioned == ("the examples",)
    assert found.redone == "the examples are read again"
    assert found.change == (
        "30 identifiers renumbered in items, examples and code table; 2 of 3 labels renamed"
    )


def test_an_arm_that_is_never_renewed_stays_stale() -> None:
    """A repair that does not help has no time."""
    found = measured_maintenance(rigid(), plant_known(), plant_test(), seed=1)
    assert found.stale == pytest.approx(12 / 18)
    assert (found.repair_s, found.repaired) == (None, 0.0)


def test_what_goes_by_the_code_is_staler_than_what_goes_by_the_words() -> None:
    """The renumbered codes are in no table, so that labels that kept their names go stale too."""
    found = measured_maintenance(honest(by_code), plant_known(), plant_test(), seed=1)
    assert found.stale == 1.0
    assert found.repaired == 1.0


def test_half_a_repair_is_seen() -> None:
    """New names are taken in, new numbers are not."""

    def names_only(old: Saying, known: Known) -> Saying:
        names = dict(zip(plant_known().labels, known.labels, strict=True))
        return lambda item: names.get(old(item), "")

    arm = FakeArm(by_words, names_only)
    assert measured_maintenance(arm, plant_known(), plant_test(), seed=1).repaired == 1.0
    arm = FakeArm(by_code, names_only)
    assert measured_maintenance(arm, plant_known(), plant_test(), seed=1).repaired == 0.0


def test_what_is_not_stale_needs_no_repair() -> None:
    """An arm that is only ever right about a label that keeps its name."""
    arm = FakeArm(lambda known: lambda item: "jam", lambda old, known: old)
    found = measured_maintenance(arm, plant_known(), plant_test(), seed=1)
    assert (found.stale, found.repaired) == (0.0, 1.0)
    assert found.repair_s is not None


def test_an_arm_that_was_never_right_has_nothing_to_lose() -> None:
    """That is no praise of its upkeep, and is not measured."""
    arm = FakeArm(lambda known: lambda item: "", lambda old, known: old)
    with pytest.raises(DataFault, match="No answer was right before the change"):
        measured_maintenance(arm, plant_known(), plant_test(), seed=1)


def test_nothing_to_ask_is_said() -> None:
    """Rather than a share of nothing."""
    with pytest.raises(DataFault, match="it has none"):
        measured_maintenance(honest(), plant_known(), [], seed=1)


def test_an_answerer_that_is_no_longer_needed_saves_a_set_up() -> None:
    """A training may take minutes."""
    arm, known = honest(), plant_known()
    spent = arm.ready(known)
    given = measured_maintenance(arm, known, plant_test(), seed=1, spent=spent)
    assert len(arm.set_up) == 1
    assert isinstance(spent, Says)
    assert spent.seen
    own = measured_maintenance(arm, known, plant_test(), seed=1)
    assert len(arm.set_up) == 2
    assert (given.stale, given.repaired) == (own.stale, own.repaired)


def test_the_arm_is_renewed_with_everything_changed_alike() -> None:
    """Names, examples and code table agree after the change."""
    known = plant_known()
    changed = recoding_of(known, seed=1).known(known)
    assert changed.labels == ("leak (revised)", "jam", "sensor (revised)")
    assert {item.label for item in changed.examples} == set(changed.labels)
    codes = {row.code.replace("-", ""): row.label for row in changed.codes}
    assert not {row.code for row in changed.codes} & {row.code for row in known.codes}
    assert all(codes[item.text.split()[0]] == item.label for item in changed.examples)


def test_a_server_that_is_mostly_away_is_said() -> None:
    """Rather than a figure of the few that came through."""
    with pytest.raises(ModelFault, match=r"For \d+ of \d+ .* The server is away"):
        measured_maintenance(mostly_away(), plant_known(), plant_test(), seed=1)
