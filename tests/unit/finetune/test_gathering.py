"""Questions of several threads: in one pass where that saves time, and never to another's harm."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from finetune.gathering import Gathered

PATIENCE_S = 60.0


class _Doubling:
    """Doubles numbers; remembers its passes, and can be held in the first of them."""

    def __init__(self, *, held: bool = False) -> None:
        self.passes: list[list[int]] = []
        self.entered, self.free = threading.Event(), threading.Event()
        if not held:
            self.free.set()

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.passes.append(list(asked))
        self.entered.set()
        assert self.free.wait(PATIENCE_S)
        if 13 in asked:
            raise ValueError("thirteen")
        return [2 * one for one in asked]


def gathered(run: _Doubling, *, most: int = 100) -> Gathered[int, int]:
    return Gathered(run, size=lambda _: 1, most=most)


def ask_while_held(
    run: _Doubling, asks: Gathered[int, int], later: Sequence[int]
) -> Sequence[object]:
    """The answers, or faults, to questions that come while the pass of the first one runs."""
    with ThreadPoolExecutor(len(later) + 1) as pool:
        first = pool.submit(asks, 1)
        assert run.entered.wait(PATIENCE_S)
        rest = [pool.submit(asks, one) for one in later]
        while len(asks._waiting) < len(later):
            threading.Event().wait(0.005)
        run.free.set()
        return [future.exception(PATIENCE_S) or future.result() for future in [first, *rest]]


def test_what_is_asked_during_a_pass_goes_into_the_next_one_together() -> None:
    """Three questions that wait are one pass, and each gets its own answer."""
    run = _Doubling(held=True)
    assert ask_while_held(run, gathered(run), [2, 3, 4]) == [2, 4, 6, 8]
    assert [sorted(asked) for asked in run.passes] == [[1], [2, 3, 4]]


def test_a_pass_takes_no_more_than_fits() -> None:
    """Five questions of size one need three passes of two after the first."""
    run = _Doubling(held=True)
    assert ask_while_held(run, gathered(run, most=2), [2, 3, 4, 5, 6]) == [2, 4, 6, 8, 10, 12]
    assert [len(asked) for asked in run.passes] == [1, 2, 2, 1]


def test_one_bad_question_does_not_touch_its_neighbours() -> None:
    """The others are answered; only who asked it gets the fault."""
    run = _Doubling(held=True)
    found = ask_while_held(run, gathered(run), [2, 13, 4])
    assert [found[0], found[1], found[3]] == [2, 4, 8]
    assert isinstance(found[2], ValueError)


def test_alone_a_question_waits_for_nobody() -> None:
    """One thread gets one pass a question, and a fault leaves the next question be."""
    run = _Doubling()
    asks = gathered(run)
    assert asks(5) == 10
    with pytest.raises(ValueError, match="thirteen"):
        asks(13)
    assert asks(6) == 12
    assert run.passes == [[5], [13], [6]]
