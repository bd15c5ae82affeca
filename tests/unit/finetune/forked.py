"""`andon train` again and again, each time a process of its own that may kill itself.

Run as: python forked.py FOLDER, where FOLDER holds rows.csv and encoder/. Each line of standard
input names a home and a moment; the exit status of that training is the line of the answer. What
takes seconds to import is imported once, and every training is forked from there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finetune.examples import Rows
from finetune.ladder import Rung
from service.cli.main import main

HEAVY = (
    *("torch", "transformers", "peft", "safetensors.torch", "skops.io", "matplotlib.pyplot"),
    *("sklearn.linear_model", "sklearn.ensemble", "sklearn.feature_extraction.text"),
)


def deadly(moment: str) -> None:
    """Die as by `kill -9` at a call of a function: its module, its name, the number of the call."""
    place, name, calls = moment.split()
    room, left = import_module(place), [int(calls)]
    kept = getattr(room, name)

    def counting(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept(*given, **named)

    setattr(room, name, counting)


def train(folder: Path, home: str, moment: str) -> None:
    """The whole ladder, to the end of this process; what it prints is in files beside its home."""
    for number, stream in ((1, "out"), (2, "err")):
        file = os.open(folder / f"{home}.{stream}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
    deadly(moment)
    sys.argv = ["andon", "train", "mine", "--data", str(folder / "rows.csv")]
    sys.argv += ["--home", str(folder / home), "--json"]
    main()


def dearest(rungs: Sequence[Rung], labels: Rows, *, seed: int) -> Rung:
    """Small made-up rows are too easy for it to win."""
    return rungs[-1]


def serve(folder: Path) -> None:
    """A training for each line."""
    for name in HEAVY:
        import_module(name)
    for line in sys.stdin:
        home, _, moment = line.strip().partition(" ")
        child = os.fork()
        if not child:
            train(folder, home, moment)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with patch("finetune.ladder.HOPELESS", -1.0), patch("finetune.training.choose", dearest):
        serve(Path(sys.argv[1]))
