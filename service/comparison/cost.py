"""What an arm costs: a thousand items, and once before the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from service.comparison.nouns import ArmResult, Prices, Reply

HOUR_S = 3600.0
HOUR_MINUTES = 60.0
THOUSAND = 1000.0


def cost_per_1000(replies: Sequence[Reply], cpu_s_per_1000: float, prices: Prices) -> float:
    """Tokens of these replies and CPU together, for as many items as make a thousand.

    A language model without a price is reckoned as one core for as long as it took, not as free.
    """
    tokens = sum(reply.cost for reply in replies) / len(replies) * THOUSAND
    unpriced_s = sum(reply.unpriced_s for reply in replies) / len(replies) * THOUSAND
    return tokens + (cpu_s_per_1000 + unpriced_s) / HOUR_S * prices.cpu_hour


def tokens_per_1000(replies: Sequence[Reply]) -> float:
    """Read and written."""
    return sum(one.tokens_in + one.tokens_out for one in replies) / len(replies) * THOUSAND


def one_off_cost(setup_cpu_s: float, labels: int, prices: Prices) -> float:
    """Of setting up, and of a person who labels what it learns from."""
    return labelling_cost(labels, prices) + setup_cpu_s / HOUR_S * prices.cpu_hour


def one_off_cost_of_both(one: ArmResult, other: ArmResult, prices: Prices) -> float:
    """Of two arms that are kept up together: examples that both learn from are labelled once."""
    shared = labelling_cost(min(one.labels, other.labels), prices)
    return one.one_off_cost + other.one_off_cost - shared


def labelling_cost(labels: int, prices: Prices) -> float:
    """Of a person who labels so many, in the currency of the prices."""
    return labels * prices.label_minutes / HOUR_MINUTES * prices.labour_hour
