"""Figures over hand-made trials, and the keys that are promised outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.vocabulary import Account
from prompting.evaluation.faults import FaultKind
from prompting.evaluation.figures import by_kind, false_kinds, figures
from prompting.evaluation.planted import planted_errors
from prompting.evaluation.report import write_report
from prompting.evaluation.run import Order, Results, run
from prompting.evaluation.scoring import FalseAlarm, Found
from prompting.evaluation.telling import Injection, Told
from prompting.evaluation.trial import DETERMINISTIC, Stability, Trial
from prompting.settings import PromptingSettings

PROMISED = [
    "shifts",
    "coverage_at_10",
    "kind_accuracy",
    "onset_error_s_p50",
    "false_alarms_per_shift",
    "quiet_false_alarms",
    "planted_errors",
    "planted_false_alarms",
    "prompt_tokens_p95",
]
PLANTED = {"fabricated", "other_item", "wrong_minute", "wrong_machine", "direction", "role"}
RIGHT = Found(
    FaultKind.STEP,
    sudden=True,
    listed=True,
    cited=True,
    told_as="step",
    kind_right=True,
    late_s=-20.0,
    magnitude_error=0.1,
)
WRONG = Found(
    FaultKind.DRIFT,
    sudden=False,
    listed=True,
    cited=False,
    told_as="step",
    late_s=900.0,
    magnitude_error=0.3,
)
MISSED = Found(FaultKind.STEP, sudden=True, listed=False, cited=False)
FALSE = FalseAlarm("spike", "oil_flow", "info")


def told(**changed: int | bool | None) -> Told:
    """A summary of four sentences, all faithful unless said otherwise."""
    plain = {
        "statements": 4,
        "faithful": 4,
        "replaced": 0,
        "earliest_first": None,
        "first_out_first": None,
        "ease": 60.0,
        "prompt_tokens": 1000,
        "account": Account(tokens_in=900, tokens_out=100, cost=0.5, fallback="slow"),
    }
    return Told(**{**plain, **changed})  # type: ignore[arg-type]


def trials() -> list[Trial]:
    """Two shifts with faults, one quiet one, and one of another arm."""
    good = Injection(severity=False, machine=False, citations=False, leaked=False)
    bad = Injection(severity=False, machine=False, citations=True, leaked=False)
    return [
        Trial(DETERMINISTIC, 1, False, 50, (RIGHT, MISSED), (FALSE,), told(earliest_first=True),
              Stability(same=True, jaccard=0.5), good),
        Trial(DETERMINISTIC, 2, False, 5, (WRONG,), (), told(faithful=2, prompt_tokens=2000),
              injection=bad),
        Trial(DETERMINISTIC, 1, True, 5, (), (FALSE, FALSE), told()),
        Trial("evidence", 1, True, 5, (), (), told(statements=0, faithful=0)),
    ]  # fmt: skip


def test_the_figures_are_those_of_the_trials() -> None:
    """Quiet shifts count for the false alarms of quiet shifts alone."""
    found = figures(DETERMINISTIC, trials())
    assert (found.shifts, found.quiet_shifts, found.faults) == (2, 1, 3)
    assert found.coverage_at_10 == pytest.approx(2 / 3)
    assert found.coverage_in_summary == pytest.approx(1 / 3)
    assert found.kind_accuracy == 0.5
    assert (found.onset_error_s_p50, found.drift_onset_error_s_p50) == (20.0, 900.0)
    assert found.onset_within_60_s == 1.0
    assert found.magnitude_error_p50 == pytest.approx(0.2)
    assert (found.false_alarms_per_shift, found.quiet_false_alarms) == (0.5, 2)
    assert found.faithfulness == pytest.approx(10 / 12)
    assert (found.earliest_first, found.first_out_first) == (1.0, None)
    assert (found.same_evidence_same_words, found.other_noise_jaccard) == (1.0, 0.5)
    assert (found.injections, found.injection_effects) == (2, 1)
    assert found.prompt_tokens_p95_large == 1000
    assert (found.cost, found.fallbacks) == (1.5, 3)


def test_nothing_to_count_is_nothing_and_no_zero() -> None:
    """An arm without faults has no coverage; one without trials has no shifts."""
    quiet = figures("evidence", trials())
    assert (quiet.coverage_at_10, quiet.faithfulness, quiet.shifts) == (None, None, 0)
    assert figures("raw-log", trials()).reading_ease is None


def test_misses_are_told_by_kind() -> None:
    """With what a fault was called instead."""
    step, drift = by_kind(DETERMINISTIC, trials())
    assert (step.kind, step.faults, step.coverage_at_10, step.kind_accuracy) == ("step", 2, 0.5, 1)
    assert (drift.kind_accuracy, drift.told_as) == (0.0, {"step": 1})
    assert false_kinds(DETERMINISTIC, trials()) == {"spike": 3}


def test_the_record_has_the_promised_keys_first_and_is_json() -> None:
    """Shares are of 1."""
    order = Order(shifts=2, quiet=1, planted=5)
    results = Results(order, tuple(trials()), planted_errors(seed=1, each=5), 1.0)
    record = json.loads(json.dumps(results.record()))
    assert list(record)[: len(PROMISED)] == PROMISED
    assert set(record["planted_errors"]) == PLANTED
    assert all(0 <= share <= 1 for share in record["planted_errors"].values())
    assert record["arms"][DETERMINISTIC]["injection_effects"] == 1


def test_a_report_is_a_page_and_its_figures(tmp_path: Path) -> None:
    """Words of the data are shown and never read as markup."""
    odd = Trial("<b>", 1, False, 5, (RIGHT,), (FALSE,), told())
    results = Results(Order(shifts=1, quiet=0, arms=("<b>",)), (odd,), None, 1.0)
    page = write_report(results, tmp_path / "new" / "report")
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert json.loads((page.parent / "figures.json").read_text())["shifts"] == 1


def test_several_processes_find_what_one_finds() -> None:
    """In the same order, with every shift counted once."""
    seen: list[tuple[int, int]] = []
    both = [
        run(
            Order(shifts=2, quiet=1, seed=10_005, planted=0, workers=workers),
            PromptingSettings(),
            progress=lambda done, total: seen.append((done, total)),
        )
        for workers in (1, 2)
    ]
    first, second = ([(t.seed, t.quiet, t.found, t.false) for t in one.trials] for one in both)
    assert first == second
    assert seen == [(1, 3), (2, 3), (3, 3)] * 2
