"""In words: which runtime serves, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from finetune.encoder_folder import EncoderFolder
from finetune.forward import EXACT
from finetune.runtimes.keeping import Keeping
from finetune.runtimes.kinds import TORCH, absent, kinds_of
from finetune.runtimes.probing import Probed


def standing(models: Path, encoder: EncoderFolder, *, wanted: str, threads: int) -> str:
    """What the last look at the runtimes found; changes and loads nothing.

    Args:
        models: folder of the models.
        encoder: in use.
        wanted: what ANDON_RUNTIME says.
        threads: what ANDON_THREADS says.
    """
    if wanted == TORCH:
        return f"{EXACT}: ANDON_RUNTIME asks for no other"
    seen = Keeping(models / ".runtimes", encoder).seen(threads)
    able = [one for one in seen.values() if not one.fault]
    first = min(able, key=lambda one: one.cost_ms).kind if able else EXACT
    return "; ".join([f"{first} serves where a model's gate let it", *_each(wanted, seen)])


def _each(wanted: str, seen: dict[str, Probed]) -> Iterator[str]:
    for kind in kinds_of(wanted):
        one = seen.get(kind.name)
        if reason := absent(kind):
            yield f"{kind.name}: {reason}"
        elif one is None:
            yield f"{kind.name}: looked at by the next training"
        elif one.fault:
            yield f"{kind.name}: {one.fault}"
        else:
            yield f"{kind.name}: {one.single_ms:.1f} ms a text, {one.batch_ms:.0f} ms for 32"
