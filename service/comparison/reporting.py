"""A report of what was measured: its decision, and everything that the figures rest on."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path

from finetune.course import libraries
from finetune.task import Task
from ingest.errors import SettingsFault
from service.comparison.data import Material
from service.comparison.measuring import attempt
from service.comparison.nouns import Circumstances, CodeRow, Decision, Prices, Report, Route
from service.comparison.quality import by_rows
from service.comparison.run import Outcome
from service.comparison.tree import decide

TARGET = 0.80
"""Macro-F1 that is wanted where nobody says another."""
LIBRARIES = ("andon", "qdrant-edge-py", "rapidfuzz")


@dataclass(frozen=True, slots=True)
class Target:
    """The macro-F1 that is wanted, and who says so."""

    value: float
    source: str
    """`asked`, `task file` or `default`."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a report says of the run itself."""

    id: str
    target: Target
    prices: Prices
    seed: int
    model: str
    """The language model; empty: none is set."""
    codes: tuple[CodeRow, ...]
    seconds: float


def target_of(task: Task | None, asked: float | None) -> Target:
    """Asked for, else of the task file where there is one, else ours.

    Raises:
        SettingsFault: it is no share.
    """
    if asked is not None:
        if not 0 < asked <= 1:
            raise SettingsFault(
                f"The target is a macro-F1 between 0 and 1, not {asked:g}.",
                remedy="Such as --target 0.85.",
            )
        return Target(asked, "asked")
    declared = None if task is None else task.targets.get("macro_f1")
    return Target(TARGET, "default") if declared is None else Target(declared, "task file")


def reported(
    material: Material, outcome: Outcome, account: Account, *, notes: Sequence[str] = ()
) -> Report:
    """With the decision that the figures lead to."""
    task, target, prices = material.task, account.target, account.prices
    counted = Counter(item.label for item in outcome.known.examples)
    given = Circumstances(
        target=target.value,
        target_from=target.source,
        labels={name: counted[name] for name in task.label_names},
        code_rows=len(account.codes),
        reads_texts=task.reads_texts,
        model=account.model,
        prices=prices,
        failed=outcome.failed,
    )
    decision, reason = attempt(partial(decide, outcome.arms, outcome.cascades, given))
    undecided = [f"Nothing could be decided by these figures: {reason}"] if reason else []
    return Report(
        id=account.id,
        task=task.name,
        split=_split(material),
        target=target.value,
        target_from=target.source,
        rows=len(material.data.labels),
        test_rows=len(material.test),
        data_sha256=material.data.sha256,
        seed=account.seed,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=account.seconds,
        versions=versions(),
        machine=machine(),
        model=account.model,
        prices=prices,
        arms=outcome.arms,
        cascades=outcome.cascades,
        decision=decision or Decision(Route.NONE, "", (), ()),
        failed=outcome.failed,
        notes=(*_notes(material), *outcome.notes, *notes, *undecided),
    )


def _split(material: Material) -> str:
    develop, test = len(material.develop), len(material.test)
    return f"{material.split.how}: {develop} rows to develop on, {test} test"


def _notes(material: Material) -> Iterator[str]:
    yield from material.notes
    if by_rows(material.test):
        groups = len({item.group for item in material.test})
        yield (
            f"The test has {groups} group{'s' * (groups != 1)} only: the intervals are drawn over "
            "rows and say nothing of other groups."
        )


def versions() -> Mapping[str, str]:
    """Of what had a part in the figures."""
    return {**libraries(), **{name: installed_version(name) for name in LIBRARIES}}


def machine() -> str:
    """The processor and the system, without the name of the machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        processor = next(named, platform.machine())
    except OSError:
        processor = platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}"
