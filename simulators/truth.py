"""The ground truth of a run: what failed, when, how it showed, and what was published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulators.clock import VirtualClock, stamp
from simulators.faults import Fault


def truth_of(  # what a run was and what came of it
    faults: Sequence[tuple[Fault, tuple[str, ...]]],
    clock: VirtualClock,
    *,
    scenario: str,
    seed: int,
    ended_s: float,
    completed: bool,
    records: int,
    messages: int,
) -> dict[str, Any]:
    """The content of a truth file.

    Args:
        faults: every fault with the codes that it raises.
        clock: of the run.
        scenario: its name.
        seed: of the run.
        ended_s: virtual second at which the run ended.
        completed: whether the scenario came to its end; if not, only faults that had started count.
        records: readings and events published and confirmed.
        messages: in so many messages.
    """
    return {
        "scenario": scenario,
        "seed": seed,
        "speed": clock.speed,
        "started_at": stamp(clock.started_at),
        "ended_at": stamp(clock.wall_time(ended_s)),
        "completed": completed,
        "published": records,
        "messages": messages,
        "faults": [
            _fault(fault, codes, clock, ended_s=ended_s)
            for fault, codes in faults
            if fault.start_s < ended_s
        ],
    }


def write_truth(path: Path, truth: dict[str, Any]) -> None:
    """Write a truth file; a reader sees all of it or none."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _fault(
    fault: Fault, codes: tuple[str, ...], clock: VirtualClock, *, ended_s: float
) -> dict[str, Any]:
    kind = fault.kind
    return {
        "machine": fault.machine,
        "kind": kind.kind,
        "shape": kind.shape,
        "started_at": stamp(clock.wall_time(fault.start_s)),
        "ended_at": stamp(clock.wall_time(min(fault.end_s, ended_s))),
        "severity": round(fault.strength, 3),
        "signals": list(kind.moves),
        "directions": dict(kind.moves),
        "codes": list(codes),
        "defect": kind.defect or None,
        "procedure": {"document": kind.document, "page": kind.page},
    }
