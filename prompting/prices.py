"""What a model's tokens cost: a price table by name of model."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

MILLION = 1e6


class Price(BaseModel):
    """Of a million tokens, in whatever currency the table is kept in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(default=0.0, ge=0)
    output: float = Field(default=0.0, ge=0)


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    """That of the first entry whose name fits, where `*` stands for anything; None: none does."""
    return next((one for name, one in prices.items() if fnmatchcase(model, name)), None)


def cost_of(prices: Mapping[str, Price], model: str, *, tokens_in: int, tokens_out: int) -> float:
    """By that price; 0 where there is none."""
    price = price_of(prices, model) or Price()
    return (tokens_in * price.input + tokens_out * price.output) / MILLION
