"""A training in several processes: one does everything, the others help where it is dear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import follow
from finetune.encoder import Encoder
from finetune.place import place_of
from finetune.ranks import Ranks


@contextmanager
def led(encoder: Callable[[], Encoder], settings: LoraSettings) -> Iterator[bool]:
    """Whether this process leads: reads the data, decides, writes and prints.

    One that does not lead has done its share by the time that the block begins, and has nothing
    more to do. Started by itself a process leads nobody.
    """
    ranks = Ranks(cpu=place_of(settings.device, settings.precision).device == "cpu")
    if ranks.leads:
        yield True
        ranks.told(None)
    else:
        follow(encoder(), ranks)
        yield False
    ranks.part()
