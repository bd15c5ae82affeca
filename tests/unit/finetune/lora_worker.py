"""One LoRA training in a process of its own, which kills itself in the middle of an epoch.

Run as: python lora_worker.py ENCODER CHECKPOINT SHARE
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from finetune.candidates.lora import LoraSettings
from finetune.candidates.lora_training import train_lora
from finetune.encoder import load_encoder
from finetune.threads import bounded
from tests.unit.finetune.test_candidates import texts

SHORT = LoraSettings(epochs=6, learning_rate=5e-3, batch=16)


def main(encoder_folder: str, checkpoint: str, share: str) -> None:
    """Train until that share is done, then die as by `kill -9`."""

    def advance(done: float) -> None:
        if done > float(share):
            os.kill(os.getpid(), signal.SIGKILL)

    encoder = load_encoder(encoder_folder, threads=1)
    with bounded(1):
        train_lora(
            encoder,
            texts(encoder),
            texts(encoder, seed=1),
            classes=3,
            seed=0,
            advance=advance,
            settings=SHORT,
            checkpoint=Path(checkpoint),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
