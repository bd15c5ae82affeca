"""Why a candidate was chosen, in sentences for the person who trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finetune.examples import Rows
from finetune.ladder import Rung
from finetune.score import share_ahead


def reasons(rungs: Sequence[Rung], chosen: Rung, labels: Rows, *, seed: int) -> tuple[str, ...]:
    """One sentence for each other candidate, from cheap to dear."""
    return tuple(_sentences(rungs, chosen, labels, seed))


def _sentences(rungs: Sequence[Rung], chosen: Rung, labels: Rows, seed: int) -> Iterator[str]:
    dearer = False
    for rung in rungs:
        if rung.name == chosen.name:
            dearer = True
        elif rung.ended:
            yield f"{rung.name}: {rung.ended}."
        else:
            yield _compared(rung, chosen, labels, dearer=dearer, seed=seed)


def _compared(other: Rung, chosen: Rung, labels: Rows, *, dearer: bool, seed: int) -> str:
    seen = min(len(other.predicted), len(chosen.predicted))
    gain = chosen.macro_f1(labels) - other.macro_f1(labels)
    if not dearer:
        ahead = share_ahead(
            chosen.predicted[:seen], other.predicted[:seen], labels[:seen], seed=seed
        )
        return (
            f"{chosen.name} is {_by(gain)} {other.name}, and is ahead in {ahead:.0%} of resamples."
        )
    if gain >= 0:
        return f"{other.name} is dearer and {_by(-gain)} {chosen.name}."
    return (
        f"{other.name} is {_by(-gain)} {chosen.name}, which is less than the noise of "
        f"{len(labels)} rows: the cheaper one is taken."
    )


def _by(gain: float) -> str:
    if round(abs(gain), 3) == 0:
        return "level with"
    side = "ahead of" if gain > 0 else "behind"
    return f"{abs(gain):.3f} macro-F1 {side}"
