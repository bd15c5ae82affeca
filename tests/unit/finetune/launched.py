"""`andon` as `accelerate launch` starts it, with LoRA chosen whatever the folds say."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

from finetune.examples import Rows
from finetune.ladder import Rung
from service.cli.main import main


def lora_of(rungs: Sequence[Rung], labels: Rows, *, seed: int) -> Rung:
    """So that what is stored is what the processes trained together."""
    return next(rung for rung in rungs if rung.name == "lora")


if __name__ == "__main__":
    with patch("finetune.training.choose", lora_of):
        main()
