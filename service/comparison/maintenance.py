"""What a change of the codes makes stale, and what the repair takes."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from ingest.errors import DataFault
from service.comparison.nouns import Item, Known, Maintenance
from service.comparison.ports import Answerer, Arm
from service.comparison.recoding import recoding_of
from service.comparison.sampling import asked, drawn, refuse_silence, right, unanswered


def measured_maintenance(
    arm: Arm,
    known: Known,
    test: Sequence[Item],
    *,
    seed: int,
    at_most: int = 100,
    spent: Answerer | None = None,
) -> Maintenance:
    """Renumber the codes and rename labels under an arm that is set up, then renew it.

    Args:
        arm: is set up once, unless `spent` is given, and renewed once.
        known: before the change.
        test: items that the arm never learnt, before the change.
        seed: for the draw of the items and the new numbers.
        at_most: items.
        spent: an answerer that is ready with this `known` and that nobody needs afterwards.

    Raises:
        DataFault: there is nothing to ask, or nothing that could go stale.
        ModelFault: the arm has not one reply to each item, or no answer to too many.
    """
    old = drawn(test, at_most, seed=seed)
    if not old:
        raise DataFault("Maintenance is measured on items of the test, and it has none.")
    recoding = recoding_of(known, seed=seed)
    new = [recoding.item(item) for item in old]
    answerer = spent if spent is not None else arm.ready(known)
    earlier, then = asked(answerer, old), asked(answerer, new)
    began = perf_counter()
    answerer = arm.renewed(answerer, recoding.known(known))
    later = asked(answerer, new[:1])
    seconds = perf_counter() - began
    later += asked(answerer, new[1:])
    every = [*earlier, *then, *later]
    refuse_silence(unanswered(every), len(every))
    before, meanwhile, after = right(old, earlier), right(new, then), right(new, later)
    if not any(before):
        raise DataFault("No answer was right before the change of codes, so none can go stale.")
    stale = [at for at, was in enumerate(before) if was and not meanwhile[at]]
    mended = sum(after[at] for at in stale)
    return Maintenance(
        change=recoding.told(old, known),
        versioned=arm.versioned,
        stale=len(stale) / sum(before),
        repair_s=seconds if mended or not stale else None,
        repaired=mended / len(stale) if stale else 1.0,
        redone=arm.redone,
    )
