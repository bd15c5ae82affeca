"""Figures and names as a person reads them in a report of a comparison."""

from __future__ import annotations

import unicodedata

from service.comparison.nouns import Approach, ArmResult, CascadeResult, Quality, Route

NAMES = {
    Approach.PROMPT: "Prompting",
    Approach.RAG: "Retrieval",
    Approach.FINETUNE: "Fine-tuning",
}
VERDICTS = {
    Route.PROMPT: "A prompt is enough",
    Route.RAG: "Retrieval is enough",
    Route.FINETUNE: "Fine-tune a model",
    Route.CASCADE: "Ask the cheap one first",
    Route.NONE: "None of them reaches the target yet",
}
KEY_WORDS = "key words"
STAND_INS = {KEY_WORDS: "Key words are enough"}
"""Verdicts on what stands in for a prompt where no language model is set."""
RULE = "A simple rule is enough"
CASCADE = "Cascade"
LONGEST = 400
"""Characters of a text that came from outside."""
LEAST_MONEY = 0.01
"""What is less is told for a million items."""
TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Characters that turn the direction of what follows them: a label could dress as another."""


def plain(text: str, most: int = LONGEST) -> str:
    """A text without control characters, on one line, not too long."""
    kept = "".join(
        " " if unicodedata.category(one) in {"Cc", "Cs"} else one
        for one in text[: 2 * most]
        if unicodedata.bidirectional(one) not in TURNING
    )
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def money(amount: float, currency: str) -> str:
    """Two decimals, or two figures of what is smaller than that."""
    if amount == 0:
        return f"0 {currency}"
    if abs(amount) >= 100:
        return f"{amount:,.0f} {currency}"
    if abs(amount) >= 0.1:
        return f"{amount:.2f} {currency}"
    if abs(amount) < 1e-6:
        return f"under 0.000001 {currency}"
    return f"{_two_figures(amount)} {currency}"


def short_money(amount: float, currency: str) -> str:
    """The same, without what is next to nothing."""
    tiny = 0 < amount < LEAST_MONEY
    return f"under {LEAST_MONEY} {currency}" if tiny else money(amount, currency)


def running(cost_per_1000: float, currency: str) -> tuple[str, str]:
    """What 1,000 items cost; where that is next to nothing, also what a million do."""
    tiny = 0 < cost_per_1000 < LEAST_MONEY
    of_million = f"{money(1000 * cost_per_1000, currency)} for a million" if tiny else ""
    return short_money(cost_per_1000, currency), of_million


def milliseconds(value: float) -> str:
    """A time to answer one item."""
    return seconds(value / 1000)


def seconds(value: float | None) -> str:
    """A duration in the unit that fits it."""
    if value is None:
        return "not possible"
    if value < 1e-3:
        return f"{_two_figures(value * 1000)} ms" if value > 1e-6 else "0 ms"
    if value < 1:
        return f"{_two_figures(value * 1000)} ms"
    if value < 90:
        return f"{value:.1f} s"
    if value < 5400:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.1f} h"


def percent(share: float | None) -> str:
    """A share of 1 in per cent."""
    return "none" if share is None else f"{100 * share:.0f} %"


def f1(quality: Quality) -> str:
    """The macro-F1."""
    return f"{quality.macro_f1:.2f}"


def interval(quality: Quality) -> str:
    """Its 95 % interval."""
    low, high = quality.ci95
    return f"{low:.2f} to {high:.2f}"


def arm_id(one: ArmResult) -> str:
    """As decisions and cascades name it."""
    return f"{one.approach}/{one.name}"


def cascade_id(one: CascadeResult) -> str:
    """As a decision names it."""
    return f"{one.first} + {one.then}"


def verdict_on(route: Route, arm: str, *, baseline: bool) -> str:
    """The headline: what is recommended."""
    return STAND_INS.get(arm, RULE) if baseline else VERDICTS[route]


def steps(cascade: CascadeResult) -> str:
    """Its two steps by name."""
    first, then = (name.split("/", 1)[-1] for name in (cascade.first, cascade.then))
    return plain(f"{first}, then {then}", 120)


def count(number: float) -> str:
    """A number of things."""
    return f"{number:,.0f}"


def _two_figures(value: float) -> str:
    """Two significant figures, never as a power of ten."""
    from decimal import Decimal

    if value >= 10:
        return f"{value:.0f}"
    return f"{Decimal(f'{value:.1e}'):f}"
