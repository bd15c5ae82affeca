"""How many CPU threads the numeric libraries may use, and what they do while they wait."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


def sleep_while_waiting() -> None:
    """Let threads that wait for work sleep instead of spin.

    OpenMP's default is to spin: with other processes on the same two cores that made a pass
    through the encoder five to ten times slower. The libraries read the variable when they are
    first imported, so this comes before.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def bound_torch(threads: int) -> None:
    """Threads of one pass through a transformer, for this process."""
    sleep_while_waiting()
    import torch

    torch.set_num_threads(threads)


@contextmanager
def bounded(threads: int) -> Iterator[None]:
    """Threads of scikit-learn and its linear algebra, inside the block."""
    sleep_while_waiting()
    import_module("sklearn.ensemble")  # the limit holds for libraries that are loaded
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=threads):
        yield
