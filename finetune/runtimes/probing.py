"""A short look at one runtime on this machine: does it compute the same, and how fast is it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from finetune.encoder import Encoder, same_length_batches, units
from finetune.forward import Forward, Rows

TEXTS = 32
WORDS = (
    *("pump", "bearing", "hydraulic", "oil", "temperature", "high", "pressure", "low", "axis"),
    *("following", "error", "drive", "fault", "sensor", "signal", "lost", "conveyor", "jam"),
    *("emergency", "stop", "pressed", "spindle", "vibration", "motor", "overload", "valve"),
)
LONGEST = 30
LEAST_ALIKE = 0.998
"""Cosine between a text's vector here and the one that torch gives at full precision."""
LEAST_SAME = 0.99999
"""Cosine between a text's vector alone and the one that it has among others."""
BUDGET_S = 0.1
"""CPU time for each of the two timings; the whole look stays under two seconds."""

Tokens = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Probed:
    """What was seen of a runtime."""

    kind: str
    alike: float = 0.0
    """Least cosine to torch at full precision."""
    single_ms: float = 0.0
    """CPU time of one text."""
    batch_ms: float = 0.0
    """CPU time of 32 texts."""
    fault: str = ""
    """Why it cannot be used; empty where it can."""

    @property
    def cost_ms(self) -> float:
        """By which runtimes are ranked: one text alone and one of many."""
        return self.single_ms + self.batch_ms / TEXTS

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def probe_tokens(encoder: Encoder) -> list[list[int]]:
    """The same few texts each time, short and long."""
    chance = np.random.default_rng(0)
    lengths = np.linspace(1, LONGEST, TEXTS).astype(int)
    return encoder.tokens([" ".join(chance.choice(WORDS, int(length))) for length in lengths])


def probe(forward: Forward, tokens: Tokens, exact: Rows) -> Probed:
    """Compare, then time; what differs is not timed."""
    together, some = _rows(forward, tokens, exact), range(0, len(tokens), 4)
    alone = np.concatenate([units(forward([tokens[at]])) for at in some])
    alike = float((together * exact).sum(axis=1).min())
    same = float((together[some] * alone).sum(axis=1).min())
    if not alike >= LEAST_ALIKE:
        return Probed(forward.name, alike, fault=f"its vectors differ: cosine {alike:.4f}")
    if not same >= LEAST_SAME:
        return Probed(forward.name, alike, fault="a text's vector depends on its neighbours")
    middle = [tokens[len(tokens) // 2]]
    return Probed(
        forward.name,
        round(alike, 6),
        _cpu_ms(lambda: forward(middle)),
        _cpu_ms(lambda: _rows(forward, tokens, exact)),
    )


def exact_rows(forward: Forward, tokens: Tokens, *, width: int) -> Rows:
    """What torch gives, at length one."""
    return _rows(forward, tokens, np.zeros((len(tokens), width), dtype=np.float32))


def _rows(forward: Forward, tokens: Tokens, like: Rows) -> Rows:
    found = np.zeros_like(like)
    for rows, ids in same_length_batches(tokens, step=forward.step):
        found[rows] = units(forward(ids))
    return found


def _cpu_ms(run: Callable[[], object]) -> float:
    """The least that a run took of the processor, all its threads together."""
    run()
    best, spent = float("inf"), 0.0
    while spent < BUDGET_S:
        started, clock = time.process_time(), time.monotonic()
        run()
        best = min(best, time.process_time() - started)
        spent += time.monotonic() - clock
    return round(1000.0 * best, 3)
