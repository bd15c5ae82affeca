"""Whether this process trains, or only helps one that does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.candidates.lora import LoraSettings
    from finetune.models import ModelStore


@contextmanager
def leading(store: ModelStore) -> Iterator[LoraSettings | None]:
    """How transformers are to be trained; None where another process led and this one has helped.

    `accelerate launch` starts several; the first of them is the one that reads, writes and prints.
    """
    from finetune.candidates.lora import LoraSettings
    from finetune.candidates.lora_together import led
    from finetune.settings import FinetuneSettings
    from service.settings import read_settings

    read = read_settings(FinetuneSettings)
    settings = LoraSettings(device=read.train_device, precision=read.train_precision)
    with led(store.encoder, settings) as leads:
        yield settings if leads else None
