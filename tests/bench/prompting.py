"""The prompt path: evidence on generated shifts and recorded faults, summaries and their check."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.baseline import learn
from ingest.evidence import extract
from ingest.vocabulary import Evidence, Statement
from prompting.evaluation.figures import ArmFigures
from prompting.evaluation.look import look
from prompting.evaluation.planted import planted_errors
from prompting.evaluation.run import Order, run
from prompting.evaluation.shifts import Shift, generate
from prompting.evaluation.telling import ZONE, Teller
from prompting.evaluation.trial import DETERMINISTIC
from prompting.library import PromptLibrary
from prompting.settings import PromptingSettings
from prompting.summarizer import Summarizer
from service.cli.recorded import read_recording
from tests.bench.measure import Measurement

DATA = Path(os.environ.get("ANDON_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SHIFTS, QUIET, SEED = 24, 8, 20_000
NORMAL_ROWS = 400
SIGMAS = 4.0
"""Of the plain rule: a row in which any signal is this far from its mean."""
EACH = 100
SECONDS = 1.0


def all_figures() -> list[Measurement]:
    """What this module measures."""
    return [*shifts(), *recorded_faults(), summaries(), checks()]


def shifts() -> list[Measurement]:
    """The figures of `andon prompts test` on a few shifts, beside what they have to reach."""
    order = Order(shifts=SHIFTS, quiet=QUIET, seed=SEED, planted=0, workers=os.cpu_count() or 1)
    results = run(order, PromptingSettings(), progress=lambda _done, _total: None)
    found: ArmFigures = results.arm(DETERMINISTIC)
    wanted: tuple[tuple[str, str, float | None, float, bool], ...] = (
        ("coverage@10", "share", found.coverage_at_10, 0.95, True),
        ("kind right", "share", found.kind_accuracy, 0.90, True),
        ("onset of sudden faults, p50", "s", found.onset_error_s_p50, 60.0, False),
        ("false alarms a shift", "items", found.false_alarms_per_shift, 1.0, False),
        ("false alarms in quiet shifts", "items", found.quiet_false_alarms, 0.0, False),
        ("sentences that hold", "share", found.faithfulness, 1.0, True),
        ("prompt, p95", "tokens", found.prompt_tokens_p95, 2500.0, False),
    )
    return [
        Measurement(f"shifts: {name}", unit, ours or 0.0, goal, "wanted", more_is_better=more)
        for name, unit, ours, goal, more in wanted
    ]


def recorded_faults() -> list[Measurement]:
    """F1 over labelled rows of the SKAB runs of valve1, beside a plain rule on the same rows."""
    runs = sorted((DATA / "skab").glob("valve1_*.csv"))
    if not runs:
        return []
    ours, plain = (float(np.mean([f1(path, rule) for path in runs])) for rule in (_ours, _plain))
    name = f"any signal {SIGMAS:g} sigmas off"
    return [Measurement("SKAB valve1: labelled rows", "F1", ours, plain, name)]


def f1(path: Path, rule: Callable[[Path], np.ndarray]) -> float:
    """Of one run; normal behaviour is learnt from its first rows."""
    labels = pd.read_csv(path, sep=";")["anomaly"].to_numpy() > 0
    flags = rule(path)
    hits = np.count_nonzero(flags & labels)
    return float(2 * hits / (np.count_nonzero(flags) + np.count_nonzero(labels)))


def _ours(path: Path) -> np.ndarray:
    recording = read_recording(path)
    items = extract(recording.window(NORMAL_ROWS), learn(recording.window(0, NORMAL_ROWS)), {})
    times = np.asarray(recording.times)
    flags = np.zeros(len(times), dtype=bool)
    for item in items:
        flags |= (times >= item.start.timestamp()) & (times <= item.end.timestamp())
    return flags


def _plain(path: Path) -> np.ndarray:
    values = np.column_stack(list(read_recording(path).columns.values()))
    normal = values[:NORMAL_ROWS]
    off = np.abs(values - normal.mean(axis=0)) > SIGMAS * normal.std(axis=0)
    return np.asarray(off.any(axis=1))


def summaries() -> Measurement:
    """Summaries a second by rule, checked sentence by sentence, beside listing the evidence."""
    shift = generate(SEED)
    evidence = look(shift)
    prompts = PromptLibrary()
    teller = Teller(Summarizer(None, prompts, timezone=ZONE), prompts)
    return Measurement(
        "summary by rule, checked",
        "1/s",
        _rate(lambda: teller.tell(shift, evidence)),
        _rate(lambda: _listed(shift, evidence)),
        "the evidence listed, unchecked",
    )


def _listed(shift: Shift, evidence: tuple[Evidence, ...]) -> list[Statement]:
    machine = shift.window.machine
    return [Statement(f"{machine} {e.start:%H:%M}: {e.statement}", (e.id,)) for e in evidence]


def checks() -> Measurement:
    """Sentences checked a second, true and with a planted error."""
    began = time.perf_counter()
    planted = planted_errors(seed=SEED, each=EACH)
    spent = time.perf_counter() - began
    count = sum(tally.sentences for tally in planted.tallies.values())
    caught = min(planted.shares.values())
    return Measurement(
        f"truth check: {caught:.1%} of the worst class caught", "sentences/s", count / spent, 100.0,
        "wanted",
    )  # fmt: skip


def _rate(work: Callable[[], object]) -> float:
    """Times a second."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - began)
