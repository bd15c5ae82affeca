"""Pictures of a comparison: quality, learning curve, cost, latency, consistency, total cost."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finetune.inline_svg import STAND_INS, inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHAPES = {"prompt": "o", "rag": "s", "finetune": "D", "cascade": "^", "other": "o"}
"""By kind: nobody has to tell them by colour alone."""
SIZES = {"prompt": 6.0, "rag": 5.6, "finetune": 5.2, "cascade": 6.4, "other": 3.2}
WIDTH, HEIGHT = 4.5, 2.9
"""Inches of 72 units; a page scales it."""
INK, SOFT, GRID, PAPER, TARGET = (
    STAND_INS[name] for name in ("ink", "soft", "grid", "paper", "target")
)
LETTERS = 8.5
LEAST_COST, LEAST_MS = 1e-9, 1e-3
"""On a logarithmic axis, where nothing can stand for nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One way to answer, with a figure and its interval."""

    kind: str
    """`prompt`, `rag`, `finetune`, `cascade`, or `other` for one that is not recommended from."""
    name: str
    value: float
    low: float
    high: float
    at: float = 0.0
    """Where on the other axis: labels or cost."""
    main: bool = True
    """Whether it stands for its kind."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One way to answer at growing numbers of labels."""

    kind: str
    name: str
    points: tuple[Mark, ...]
    main: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """What a way costs: once, and for each item."""

    kind: str
    name: str
    once: float
    each: float


def draw_quality(marks: Sequence[Mark], *, target: float, chance: float, words: str) -> str:
    """Macro-F1 with its interval, one below the other, against the target and against chance."""
    figure, axes = _opened(0.95 + 0.42 * len(marks))
    axes.axvline(target, color=TARGET, linewidth=1.3, linestyle=(0, (4, 3)), zorder=1)
    axes.axvline(chance, color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    for row, mark in enumerate(marks):
        colour = STAND_INS[mark.kind]
        axes.plot([mark.low, mark.high], [row, row], color=colour, linewidth=2.6, alpha=0.45)
        axes.plot(mark.value, row, color=colour, marker=SHAPES[mark.kind], markersize=8)
    _named_rows(axes, [mark.name for mark in marks])
    axes.set(xlabel="macro-F1 on the test, 95 % interval", xlim=(0, 1.03))
    _over(axes, target, f"target {target:.2f}", TARGET)
    if abs(target - chance) > 0.22:  # else the two words would stand in one another
        _over(axes, chance, "chance", SOFT)
    return _finished(figure, axes, name="quality", words=words)


def draw_curve(curves: Sequence[Curve], *, target: float, words: str) -> str:
    """Macro-F1 at growing numbers of labelled examples; those that stand for a kind stand out."""
    figure, axes = _opened()
    axes.axhline(target, color=TARGET, linewidth=1.3, linestyle=(0, (4, 3)), zorder=1)
    for curve in sorted(curves, key=lambda one: one.main):
        _draw_one_curve(axes, curve)
    every = sorted({point.at for curve in curves for point in curve.points})
    positive = [at for at in every if at > 0]
    axes.set_xscale("symlog", linthresh=max(min(positive, default=1.0), 1.0), linscale=0.5)
    shown = _apart(every, len(positive))
    axes.set_xticks(shown, [f"{at:,.0f}" for at in shown])
    axes.set_xticks([], minor=True)
    top = max(every, default=1.0)
    axes.set(xlabel="labelled examples learnt from", ylabel="macro-F1", ylim=(0, 1.05))
    axes.set_xlim(-0.06 * max(min(positive, default=1.0), 1.0), max(top, 1.0) * 1.25)
    return _finished(figure, axes, name="curve", words=words, grid="y")


def _draw_one_curve(axes: Axes, curve: Curve) -> None:
    at = [point.at for point in curve.points]
    value = [point.value for point in curve.points]
    if not curve.main:
        axes.plot(at, value, color=STAND_INS["other"], linewidth=0.9, zorder=2)
        return
    colour, shape = STAND_INS[curve.kind], SHAPES[curve.kind]
    low, high = [p.low for p in curve.points], [p.high for p in curve.points]
    if len(at) > 1:
        axes.fill_between(at, low, high, color=colour, alpha=0.16, linewidth=0, zorder=2)
    else:
        axes.plot([at[0], at[0]], [low[0], high[0]], color=colour, linewidth=2.6, alpha=0.45)
    axes.plot(
        at, value, color=colour, linewidth=1.8, marker=shape, markersize=SIZES[curve.kind], zorder=3
    )


def draw_cost(marks: Sequence[Mark], *, target: float, per: str, words: str) -> str:
    """Macro-F1 against the running cost: up and to the left is better."""
    figure, axes = _opened()
    axes.axhline(target, color=TARGET, linewidth=1.3, linestyle=(0, (4, 3)), zorder=1)
    for mark in sorted(marks, key=lambda one: one.main):
        _draw_at_cost(axes, mark)
    axes.set_xscale("log")
    places = [max(mark.at, LEAST_COST) for mark in marks] or [1.0]
    axes.set_xlim(min(places) / 2.5, max(places) * 2.5)
    _plain_numbers(axes)
    axes.set(xlabel=per, ylabel="macro-F1", ylim=(0, 1.05))
    return _finished(figure, axes, name="cost", words=words, grid="both")


def _draw_at_cost(axes: Axes, mark: Mark) -> None:
    at = max(mark.at, LEAST_COST)
    if not mark.main:
        axes.plot(at, mark.value, color=STAND_INS["other"], marker="o", markersize=3, zorder=2)
        return
    colour = STAND_INS[mark.kind]
    axes.plot([at, at], [mark.low, mark.high], color=colour, linewidth=2.6, alpha=0.45, zorder=3)
    axes.plot(at, mark.value, color=colour, marker=SHAPES[mark.kind], markersize=8, zorder=4)


def draw_latency(marks: Sequence[Mark], *, words: str) -> str:
    """Milliseconds of one item: the median as a mark, a line from there to the 95th of 100."""
    figure, axes = _opened(0.95 + 0.42 * len(marks))
    for row, mark in enumerate(marks):
        colour, value = STAND_INS[mark.kind], max(mark.value, LEAST_MS)
        high = max(mark.high, value)
        axes.plot([value, high], [row, row], color=colour, linewidth=2.6, alpha=0.45)
        axes.plot(high, row, color=colour, marker="|", markersize=9, markeredgewidth=1.6)
        axes.plot(value, row, color=colour, marker=SHAPES[mark.kind], markersize=8)
    _named_rows(axes, [mark.name for mark in marks])
    axes.set_xscale("log")
    axes.set_xlim(
        min(max(mark.value, LEAST_MS) for mark in marks) / 2,
        max(max(mark.high, mark.value, LEAST_MS) for mark in marks) * 2,
    )
    _plain_numbers(axes)
    axes.set(xlabel="ms for one item: median, and a line to the 95th percentile")
    return _finished(figure, axes, name="latency", words=words)


def draw_consistency(kinds: Sequence[str], marks: Sequence[Sequence[Mark]], *, words: str) -> str:
    """Share of equal answers, a group of bars for each way to ask otherwise."""
    figure, axes = _opened()
    room = 0.78 / max((len(group) for group in marks), default=1)
    for place, group in enumerate(marks):
        for number, mark in enumerate(group):
            at = place - 0.39 + room * (number + 0.5)
            axes.bar(at, 100 * mark.value, width=room * 0.86, color=STAND_INS[mark.kind])
    axes.set_xticks(range(len(kinds)), kinds)
    axes.set(ylabel="% of answers that stay the same", ylim=(0, 102))
    return _finished(figure, axes, name="consistency", words=words, grid="y")


def draw_total(
    lines: Sequence[Line], *, currency: str, span: tuple[float, float], words: str
) -> str:
    """What each way has cost in all after so many items."""
    import numpy as np

    figure, axes = _opened()
    items = np.geomspace(*span, 60)
    for line in lines:
        colour = STAND_INS[line.kind]
        cost = np.maximum(line.once + items * line.each, LEAST_COST)
        axes.plot(items, cost, color=colour, linewidth=1.8)
        axes.plot(items[-1], cost[-1], color=colour, marker=SHAPES[line.kind], markersize=7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _plain_numbers(axes, vertical=True)
    axes.set(xlabel="items answered", ylabel=f"{currency} in all, set-up included")
    return _finished(figure, axes, name="total", words=words, grid="both")


def _opened(height: float = HEIGHT) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="none")
    FigureCanvasSVG(figure)
    return figure, figure.subplots()


def _named_rows(axes: Axes, names: Sequence[str]) -> None:
    """The first on top."""
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)


def _over(axes: Axes, at: float, words: str, colour: str) -> None:
    """Words above the drawing, at a line."""
    axes.text(
        at,
        1.02,
        words,
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="bottom",
        color=colour,
        fontsize=LETTERS - 0.5,
    )


def _apart(places: Sequence[float], positive: int) -> list[float]:
    """Those of the places whose numbers do not stand in one another."""
    if positive <= 1:
        return list(places)
    kept: list[float] = []
    for at in sorted(places, reverse=True):
        if not kept or at == 0 or at * 1.45 <= kept[-1]:
            kept.append(at)
    return kept[::-1]


def _plain_numbers(axes: Axes, *, vertical: bool = False) -> None:
    """1,000 and 0.01 in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for axis in (axes.xaxis, axes.yaxis) if vertical else (axes.xaxis,):
        axis.set_major_locator(LogLocator(numticks=7))
        axis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
        axis.set_minor_locator(NullLocator())


def _plain(value: float) -> str:
    """Never as a power of ten."""
    return f"{value:,.9f}".rstrip("0").rstrip(".")


def _finished(figure: Figure, axes: Axes, *, name: str, words: str, grid: str = "x") -> str:
    """One look for all."""
    axes.set_facecolor("none")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(which="both", colors=INK, length=0, labelsize=LETTERS)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=grid, color=GRID, linewidth=0.6)  # type: ignore[arg-type]
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=SOFT, fontsize=LETTERS, parse_math=False)  # a currency may be a dollar
    with warnings.catch_warnings():
        # The page has its own fonts: a character that none here knows is measured as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        return inline_svg(figure, name=name, words=words)
