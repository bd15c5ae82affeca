"""Pictures of a test: are confidences true, what is taken for what, what does declining cost."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from finetune.examples import Floats, Rows
from finetune.score import BINS, bins_of, calibration_error, confusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RELIABILITY, CONFUSION = "reliability.png", "confusion.png"
INK, LIGHT, BLUE, ORANGE = "#334155", "#cbd5e1", "#2563eb", "#f59e0b"
LONGEST = 26
"""Characters of a label that are shown."""
LARGEST = 18.0
"""Inches; hundreds of labels get smaller cells, not a picture that fills the memory."""
MARKED = 12
"""Thresholds that are written beside a curve."""
COUNTED = 16
"""Labels up to which the counts stand in the cells."""
FONTS = (
    *("DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "PingFang SC", "Arial Unicode MS"),
)
"""Looked for in this order, as far as they are installed."""


def plot_reliability(path: Path, probabilities: Floats, labels: Rows, *, title: str) -> None:
    """How often answers of each confidence are right, and how many there are of each."""
    figure = _figure(4.4, 4.6)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = bins_of(confidence)
    known = np.unique(bins)
    middles = (np.arange(BINS) + 0.5) / BINS
    number = np.bincount(bins, minlength=BINS)
    said = [confidence[bins == one].mean() for one in known]
    held = [right[bins == one].mean() for one in known]
    axes.plot([0, 1], [0, 1], color=LIGHT, linewidth=1, linestyle="--", label="as sure as right")
    axes.bar(middles[known], held, width=0.09, color=BLUE, alpha=0.25)
    axes.errorbar(
        said,
        held,
        yerr=_intervals(np.array([right[bins == one].sum() for one in known]), number[known]),
        color=BLUE,
        ecolor=BLUE,
        elinewidth=1,
        marker="o",
        markersize=4,
        linestyle="none",
        label="measured, 95 % interval",
    )
    axes.set(ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(
        frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8, title=title
    )
    error = calibration_error(probabilities, labels)
    axes.text(0.98, 0.04, f"ECE {error:.3f}\n{len(labels)} rows", ha="right", fontsize=8, color=INK)
    counts.bar(middles, number, width=0.09, color=ORANGE)
    counts.set(xlabel="confidence", ylabel="rows")
    _save(figure, path, (axes, counts))


def plot_confusion(
    path: Path, probabilities: Floats, labels: Rows, *, names: Sequence[str], title: str
) -> None:
    """What each label was taken for: shares of its rows as colour, counts in the cells."""
    table = confusion(probabilities, labels)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    side = min(2.6 + 0.34 * len(names), LARGEST)
    figure = _figure(side + 0.6, side)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    shown = shortened(names)
    places, size = np.arange(len(names)), 8 if len(names) <= COUNTED else 7
    axes.set_xticks(places, shown, rotation=60, ha="right", rotation_mode="anchor", fontsize=size)
    axes.set_yticks(places, shown, fontsize=size)
    axes.set(xlabel="answered", ylabel="right label", title=title)
    for row, column in zip(*np.nonzero(table), strict=True):
        axes.text(
            column,
            row,
            str(table[row, column]),
            ha="center",
            va="center",
            fontsize=8 if len(names) <= COUNTED else 6,
            color="white" if shares[row, column] > 0.55 else INK,
        )
    bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
    bar.ax.tick_params(labelsize=7, colors=INK)
    bar.outline.set_visible(False)
    _save(figure, path, (axes,))


def plot_abstention(
    path: Path, points: Sequence[Mapping[str, float]], *, auroc: float | None
) -> None:
    """What share is still answered at each share of false answers, and the thresholds on it."""
    figure = _figure(4.4, 4.2)
    axes = figure.subplots()
    false = [100 * point["false_answers"] for point in points]
    answered = [100 * point["answered"] for point in points]
    axes.step(false, answered, where="post", color=BLUE, linewidth=1.5)
    for percent in (1, 2, 5):
        axes.axvline(percent, color=LIGHT, linewidth=1, linestyle="--")
    for number in range(0, len(points), max(len(points) // MARKED, 1)):
        place = (false[number], answered[number])
        axes.plot(*place, color=ORANGE, marker="o", markersize=3)
        axes.annotate(
            f"{points[number]['support_min']:.2f}",
            place,
            textcoords="offset points",
            xytext=(5, -9),
            fontsize=6,
            color=INK,
        )
    axes.set(
        xlabel="% of questions without an answer that are answered",
        ylabel="% of questions with an answer that are answered",
        xlim=(-1, 101),
        ylim=(0, 102),
        title="" if auroc is None else f"AUROC {auroc:.3f}; at the dots: support_min",
    )
    _save(figure, path, (axes,))


def shortened(names: Sequence[str]) -> list[str]:
    """Labels as they fit a picture; one with characters that no font here has goes by its number.

    The card's table has the numbers and the names.
    """
    held = frozenset().union(*(_characters(font) for font in _families()))
    found = []
    for number, name in enumerate(names, start=1):
        shown = " ".join(name.split())
        if any(ord(character) not in held for character in shown):
            found.append(f"label {number}")
        else:
            found.append(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…")
    return found


@cache
def _families() -> tuple[str, ...]:
    """Those of our fonts that are installed; the first one comes with the library."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return tuple(font for font in FONTS if font in installed)


@cache
def _characters(family: str) -> frozenset[int]:
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties(family=[family]))
    return frozenset(font_manager.get_font(path).get_charmap())


def _intervals(hits: Rows, rows: Rows) -> Floats:
    """How far the 95 % interval of each share reaches below and above it."""
    from scipy.stats import binomtest

    found = []
    for count, number in zip(hits.tolist(), rows.tolist(), strict=True):
        interval = binomtest(count, number).proportion_ci(method="wilson")
        share = count / number
        found.append((max(share - interval.low, 0.0), max(interval.high - share, 0.0)))
    return np.array(found).T


def _figure(width: float, height: float) -> Figure:
    """A figure of its own: nothing is shared with other threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path, every: Sequence[Axes]) -> None:
    """One look for all, and the same bytes from the same figures: no date, no version."""
    from matplotlib.text import Text

    for axes in every:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(LIGHT)
        axes.tick_params(colors=INK, length=2)
        axes.title.set_fontsize(10)
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)  # a name may hold a dollar
            text.set_fontfamily(list(_families()))
            if text.get_color() == "black":
                text.set_color(INK)
    figure.savefig(path, dpi=110, metadata={"Software": None})
